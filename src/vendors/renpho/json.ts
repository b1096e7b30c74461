import { stringEnd } from '../json-text.js';

/** Small steps through JSON of unknown shape, whose whole numbers may be longer than a double can hold. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** A page of a hundred thousand rows has some 20 million characters. */
const LONGEST_TEXT = 32 * 1024 * 1024;
/** Members and elements, by the commas and brackets: what the values of a text cost in memory has a bound by it. */
const MOST_VALUES = 8_000_000;
export const DEEPEST = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * A number as it stands in the text, as far as it goes. One of 16 and more digits may be more than a double can tell
 * from its neighbours: ids of the new cloud have 19 (renpho notes, Ids).
 */
const numberToken = /-?[\d.eE+-]*/y;
const longWhole = /^-?[1-9]\d{15,}$/;
const thenColon = /[ \t\r\n]*:/y;

/**
 * The value of a JSON text without loss: whole numbers of 16 and more digits are given as text. Undefined, which no
 * JSON text gives, when it is none, is nested deeper than that, or is too large. Never throws; linear in the text.
 */
export function parseJson(text: string, deepest = DEEPEST): unknown {
  const lossless = withLongNumbersQuoted(text, deepest);
  if (lossless === undefined) return undefined;
  try {
    return JSON.parse(lossless);
  } catch {
    return undefined;
  }
}

/** The text with quotes around its long whole numbers; undefined when it is beyond the limits. */
function withLongNumbersQuoted(text: string, deepest: number): string | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const pieces: string[] = [];
  let from = 0;
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === QUOTE) at = stringEnd(text, at) - 1;
    else if (c === OPEN_LIST || c === OPEN_OBJECT) {
      if (++depth > deepest || ++values > MOST_VALUES) return undefined;
    } else if (c === CLOSE_LIST || c === CLOSE_OBJECT) depth--;
    else if (c === COMMA) {
      if (++values > MOST_VALUES) return undefined;
    } else if (c === MINUS || (c >= ZERO && c <= NINE)) {
      numberToken.lastIndex = at;
      const token = numberToken.exec(text)?.[0] ?? '';
      const end = at + token.length;
      if (token.length > 15 && longWhole.test(token) && !isKey(text, end)) {
        pieces.push(text.slice(from, at), '"', token, '"');
        from = end;
      }
      at = end - 1;
    }
  }
  return pieces.length === 0 ? text : pieces.join('') + text.slice(from);
}

/** A bare number before a colon is no JSON, and quotes must not make it so. */
function isKey(text: string, end: number): boolean {
  thenColon.lastIndex = end;
  return thenColon.test(text);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of what may be an object; undefined when there is none. */
export function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** An id as text: a string of 1 to 20 digits, or a whole number that is exact. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? String(value) : undefined;
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? value : undefined;
}

/** A finite number, or the one that a string has: some clients send all numbers as strings. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.length > 40) return undefined;
  if (!/^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(value)) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}
