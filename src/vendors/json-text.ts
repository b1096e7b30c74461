/** Finds where things are in a JSON text, which JSON.parse does not tell. The text must be one that it takes. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** `[from, to)` in a text. */
export type Range = readonly [from: number, to: number];

/** The index after a string's closing quote. */
export function stringEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === BACKSLASH) at++;
    else if (c === QUOTE) return at + 1;
  }
  return text.length;
}

/** The index of the next character that is not white space. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text[at] ?? '')) at++;
  return at;
}

/** The index after a value, whatever it is. */
export function valueEnd(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const c = text[at] ?? '';
    if (c === '"') {
      at = stringEnd(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (c === '{' || c === '[') depth++;
    else if (c === '}' || c === ']') {
      // The end of what the value, a bare word, stands in.
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && ', \t\r\n'.includes(c)) return at;
    at++;
  }
  return at;
}
