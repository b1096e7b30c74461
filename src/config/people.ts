import { printable } from '../model/escape.js';
import type { Person } from '../model/person.js';
import type { VendorName } from '../model/vendor.js';
import { didYouMean } from './nearest.js';
import {
  parseBirthDate,
  parseHeight,
  parseId,
  parseName,
  parseSex,
  parseShortName,
} from './person-fields.js';
import { InvalidValue, parseNumber, parseSwitch } from './values.js';

const keys = [
  'name',
  'short-name',
  'height-m',
  'birth-date',
  'sex',
  'athlete',
  'weight-kg',
  'withings-id',
  'renpho-id',
] as const;

type Key = (typeof keys)[number];

/** One person as it was written: every value a text, those that are left out not there. */
type Written = ReadonlyMap<Key, string>;

const kilograms = { unit: 'kilograms', example: 70, min: 2, max: 300, fraction: true };

/** The user id of a vendor. */
export const parseVendorId: Readonly<Record<VendorName, (text: string) => string>> = {
  withings: (text) => parseId(text, 2 ** 32),
  renpho: (text) => parseId(text, Number.POSITIVE_INFINITY),
};

/**
 * The people of the house, out of JSON texts, each of one person or of a list of them. In the YAML file every scalar
 * is a text, so that no digit of an id is lost. What is not known is a warning; anything else that is wrong throws an
 * {@link InvalidValue} with the number of the item in it.
 */
export function readPeople(texts: readonly string[]): {
  readonly value: readonly Person[];
  readonly warnings: readonly string[];
} {
  const people: Person[] = [];
  const warnings: string[] = [];
  for (const item of texts.flatMap(itemsOf)) {
    const place = `item ${people.length + 1}`;
    try {
      const { written, unknown } = entriesOf(item);
      for (const key of unknown) {
        warnings.push(
          `${place}: ${printable(key)} is not known of a person and is passed over${didYouMean(key, keys)}`,
        );
      }
      people.push(personOf(written));
    } catch (cause) {
      if (!(cause instanceof InvalidValue)) throw cause;
      throw new InvalidValue(`${place}: ${cause.message}`);
    }
  }
  if (people.length === 0) throw new InvalidValue('is an empty list; name somebody or leave it out');
  for (const vendor of ['withings', 'renpho'] as const) {
    const again = firstAgain(people, ({ ids }) => ids[vendor]);
    if (again !== undefined)
      throw new InvalidValue(`${again} have the same ${vendor}-id; each needs its own`);
  }
  const alike = firstAgain(people, ({ shortName }) => shortName);
  if (alike !== undefined) warnings.push(`${alike} have the same short-name: a scale shows them alike`);
  return { value: people, warnings };
}

function itemsOf(text: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new InvalidValue('is not JSON; write [{"name": "Ana"}], or use the file, where it is YAML');
  }
  return Array.isArray(parsed) ? parsed : [parsed];
}

function entriesOf(item: unknown): { written: Written; unknown: string[] } {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new InvalidValue('is not a person; write its keys and values, at least a name');
  }
  const written = new Map<Key, string>();
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(item as Record<string, unknown>)) {
    const key = keys.find((known) => known === name);
    if (key === undefined) unknown.push(name);
    else if (value !== null && value !== '') written.set(key, textOf(key, value));
  }
  return { written, unknown };
}

function textOf(key: Key, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && key.endsWith('-id') && !Number.isSafeInteger(value)) {
    throw new InvalidValue(`${key} has more digits than a number of JSON can hold; put it in quotes`);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new InvalidValue(`${key} is a structure where a value should be`);
}

function personOf(written: Written): Person {
  const name = read(written, 'name', parseName);
  if (name === null) throw new InvalidValue('has no name; add one, such as name: Ana');
  const withings = read(written, 'withings-id', parseVendorId.withings);
  const renpho = read(written, 'renpho-id', parseVendorId.renpho);
  return {
    name,
    shortName: read(written, 'short-name', parseShortName) ?? shortNameOf(name),
    heightM: read(written, 'height-m', parseHeight),
    birthDate: read(written, 'birth-date', parseBirthDate),
    sex: read(written, 'sex', parseSex),
    athlete: read(written, 'athlete', parseSwitch) ?? false,
    weightKg: read(written, 'weight-kg', (text) => parseNumber(text, kilograms)),
    ids: { ...(withings && { withings }), ...(renpho && { renpho }) },
  };
}

/** The value of a key, null when it is left out. What is wrong with it is told with the key and the text. */
function read<T>(written: Written, key: Key, parse: (text: string) => T): T | null {
  const text = written.get(key);
  if (text === undefined) return null;
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof InvalidValue)) throw cause;
    throw new InvalidValue(`${key}: ${printable(JSON.stringify(text))} ${cause.message}`);
  }
}

/** The first three letters of a name, as a scale can show them. */
function shortNameOf(name: string): string {
  const short = name
    .normalize('NFD')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, 3);
  if (short === '') throw new InvalidValue('needs a short-name: none can be made of the name');
  return short;
}

/** `item 1 and item 3`, the first two that have the same. */
function firstAgain(
  people: readonly Person[],
  of: (person: Person) => string | undefined,
): string | undefined {
  const seen = new Map<string, number>();
  for (const [i, person] of people.entries()) {
    const value = of(person);
    if (value === undefined) continue;
    const before = seen.get(value);
    if (before !== undefined) return `item ${before + 1} and item ${i + 1}`;
    seen.set(value, i);
  }
  return undefined;
}
