import { skipSpace, stringEnd, valueEnd } from '../json-text.js';
import { parseJson } from './json.js';

/** `[from, to)` of a text, and whether it is the inside of a JSON string or a bare value. */
export interface JsonSpan {
  readonly from: number;
  readonly to: number;
  readonly bare: boolean;
}

/** What makes a part of JSON secret. */
export interface SecretTests {
  /** By the name of a member, or by the first of a list, as in `["token","x"]`. */
  name(name: string): boolean;
  /** By a text itself. */
  text(text: string): boolean;
}

/** JSON in a text in JSON in a text: deeper than this, nobody looks. */
const DEEPEST_TEXT = 4;

/**
 * Where the secrets of a JSON text are: the values of secret names as a whole, and texts that are secret in themselves
 * or are JSON with secrets in it. What holds nothing, `null`, `""`, `[]` and `{}`, is none. The text must be one that
 * parseJson takes. Time is linear, and nothing is nested here.
 */
export function jsonSpans(text: string, tests: SecretTests, depth = 0): JsonSpan[] {
  const spans: JsonSpan[] = [];
  const add = (from: number, to: number): void => {
    const quoted = text[from] === '"';
    const span = quoted ? { from: from + 1, to: to - 1, bare: false } : { from, to, bare: true };
    if (span.to > span.from && !(span.bare && isNothing(text, span))) spans.push(span);
  };
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at)) {
    const from = at;
    const end = stringEnd(text, from);
    const next = skipSpace(text, end);
    const decoded = stringAt(text, from, end);
    at = end;
    if (text[next] === ':') {
      const value = skipSpace(text, next + 1);
      if (tests.name(decoded) || isWrapped(text, decoded, value)) {
        at = valueEnd(text, value);
        add(value, at);
      } else if (isSecretText(decoded, tests, depth)) add(from, end);
    } else if (isSecretText(decoded, tests, depth)) add(from, end);
    else if (text[next] === ',' && isFirst(text, from) && tests.name(decoded)) {
      at = next;
      while (text[at] === ',') {
        const value = skipSpace(text, at + 1);
        const after = valueEnd(text, value);
        add(value, after);
        at = skipSpace(text, after);
      }
    }
  }
  return spans;
}

/** What a string of a JSON text says. */
function stringAt(text: string, from: number, to: number): string {
  const raw = text.slice(from + 1, to - 1);
  if (!raw.includes('\\')) return raw;
  const decoded = parseJson(text.slice(from, to));
  return typeof decoded === 'string' ? decoded : raw;
}

/**
 * Whether a member is what the new API wraps, and its wrapping could not be undone. The cipher works block by block, so
 * that much of it can be read all the same. The day in `{"data":"2026-01-31"}` is none.
 */
function isWrapped(text: string, name: string, value: number): boolean {
  if ((name !== 'encryptData' && name !== 'data') || text[value] !== '"') return false;
  const end = stringEnd(text, value);
  return end - value > 34 || !/^"[\d :.-]*"$/.test(text.slice(value, end));
}

/** Whether a text is secret in itself, or is JSON with secrets in it. What only looks like JSON may have any. */
export function isSecretText(text: string, tests: SecretTests, depth = 0): boolean {
  if (tests.text(text)) return true;
  if (!/^\s*[[{]/.test(text) || !text.includes('"')) return false;
  return (
    parseJson(text) === undefined || depth >= DEEPEST_TEXT || jsonSpans(text, tests, depth + 1).length > 0
  );
}

/** Whether a value is the first of a list. */
function isFirst(text: string, from: number): boolean {
  let at = from - 1;
  while (at >= 0 && ' \t\r\n'.includes(text[at] ?? '')) at--;
  return text[at] === '[';
}

function isNothing(text: string, { from, to }: JsonSpan): boolean {
  return to - from < 64 && /^(?:null|\[\s*\]|\{\s*\})$/.test(text.slice(from, to));
}
