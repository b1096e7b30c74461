import { parseJson } from './json.js';

/** User ids with their short names, out of a user table: a JSON list of `{id, sn}`. What is not so is passed over. */
export function shortNames(table = '[]'): ReadonlyMap<string, string> {
  const parsed = parseJson(table);
  const users: readonly unknown[] = Array.isArray(parsed) ? parsed : [];
  const found = new Map<string, string>();
  for (const user of users) {
    const { id, sn }: { id?: unknown; sn?: unknown } = Object(user);
    if (typeof id === 'number' && typeof sn === 'string') found.set(String(id), sn);
  }
  return found;
}
