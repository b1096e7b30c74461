import type { Range } from '../json-text.js';
import { skipSpace, stringEnd, valueEnd } from '../json-text.js';
import { parseJson } from './json.js';

/**
 * Where the values of secret members lie in a JSON text: inside the quotes of a string, all of anything else.
 * The text must be one that JSON.parse takes; JSON.parse itself does not tell where things are.
 */
export function jsonSecrets(text: string, isSecret: (name: string) => boolean): Range[] {
  const ranges: Range[] = [];
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at)) {
    const end = stringEnd(text, at);
    const colon = skipSpace(text, end);
    const name = text[colon] === ':' ? parseJson(text.slice(at, end)) : undefined;
    at = end;
    if (typeof name !== 'string' || !isSecret(name)) continue;
    const from = skipSpace(text, colon + 1);
    at = valueEnd(text, from);
    if (text[from] === '"') ranges.push([from + 1, at - 1]);
    else ranges.push([from, at]);
  }
  return ranges;
}
