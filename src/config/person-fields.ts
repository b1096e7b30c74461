import { printable } from '../model/escape.js';
import type { NumberRange } from './values.js';
import { InvalidValue, parseNumber } from './values.js';

/*
 * What is known of a person, field by field, for the people of the settings and for those of the command `people`. Each
 * function throws an InvalidValue.
 */

const metres = { unit: 'metres', example: 1.7, min: 0.5, max: 2.5, fraction: true } satisfies NumberRange & {
  readonly example: number;
};

export function parseName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > 64 || printable(name) !== name || /\p{Cs}/u.test(name)) {
    throw new InvalidValue('is not a name of 1 to 64 characters');
  }
  return name;
}

export function parseShortName(text: string): string {
  if (!/^[\x21-\x7e]{1,3}$/.test(text)) {
    throw new InvalidValue('is not 1 to 3 characters of ASCII, which is all that a scale can show');
  }
  return text;
}

export function parseHeight(text: string): number {
  return parseNumber(text, metres);
}

export function parseBirthDate(text: string): string {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // A date such as 2023-02-31 is read as one in March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) {
    throw new InvalidValue('is not a date; write one such as 1992-08-14');
  }
  if (time >= Date.now() || text < '1900') throw new InvalidValue('is not a date from 1900 to today');
  return text;
}

export function parseSex(text: string): 'female' | 'male' {
  const sex = text.toLowerCase();
  if (sex !== 'female' && sex !== 'male') throw new InvalidValue('is neither female nor male');
  return sex;
}

/** `#1f77b4`, which may be written without the `#`, as that begins a comment in a shell. */
export function parseColour(text: string): string {
  const [, digits] = /^#?([0-9a-f]{6})$/i.exec(text) ?? [];
  if (digits === undefined) throw new InvalidValue('is not a colour; write one such as 1f77b4');
  return `#${digits.toLowerCase()}`;
}

export function parseId(text: string, below: number): string {
  if (!/^[1-9]\d{0,19}$/.test(text)) throw new InvalidValue('is not an id of 1 to 20 digits');
  if (Number(text) >= below) throw new InvalidValue(`is not below ${below}, as an id of this vendor is`);
  return text;
}
