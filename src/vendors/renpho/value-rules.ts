import type { ValueRules } from '../vendor.js';
import { isObject, parseJson } from './json.js';
import { jsonSpans } from './json-spans.js';
import { looksSecret, secretNames } from './secret-names.js';
import { isAccount, isCredential, isPairs, sessionOf } from './session.js';

type Shape = readonly [holds: (json: unknown, text: string) => boolean, otherwise: string];

const shapes: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['session', [(_, text) => sessionOf(text) !== null, 'is not the JSON object of a session with its token']],
  [
    'stale',
    [
      (json) => isObject(json) && typeof json.mark === 'string' && typeof json.why === 'string',
      'is not a JSON object with mark and why',
    ],
  ],
  [
    'profile',
    [
      (json) => isObject(json) && typeof json.name === 'string',
      'is not a JSON object with a name, such as {"name":"Ana"}',
    ],
  ],
  ['family', [isIds, 'is not a JSON list of user ids as texts']],
  ['friends', [isIds, 'is not a JSON list of user ids as texts']],
  ['tables', [isTables, 'is not a JSON list such as [{"userIds":["1"],"tableName":"measurements_info_1"}]']],
  ['pulled', [isObject, 'is not a JSON object, as pull leaves it']],
  ['password-form', [isPasswordForm, 'is not a JSON object with the form of a sign-in and its password']],
]);

/** The values of a Renpho account, as learn.ts leaves them. */
export const valueRules: ValueRules = {
  names: [...shapes.keys()],
  // A pull works by these alone.
  always: ['session', 'stale'],

  device: (text) => (isAccount(text.trim()) ? text.trim() : null),

  problem(name, text) {
    // SQLite takes a NUL for the end of a text.
    if (text.includes('\0')) return 'has a NUL character in it';
    const [holds, otherwise] = shapes.get(name) ?? [];
    if (holds === undefined || otherwise === undefined) return 'is not a value that this scaletap knows';
    const json = parseJson(text);
    return json !== undefined && holds(json, text) ? null : otherwise;
  },

  cover(name, text) {
    if (!shapes.has(name) || parseJson(text) === undefined) return '*'.repeat(text.length);
    // The name in a profile is there to be shown, unless it is an address.
    const byName = name === 'profile' ? () => false : isSecretName;
    const covered: string[] = [];
    let at = 0;
    for (const { from, to } of jsonSpans(text, { name: byName, text: isSecret })) {
      covered.push(text.slice(at, from), '*'.repeat(to - from));
      at = to;
    }
    return covered.join('') + text.slice(at);
  },
};

const isSecretName = secretNames(true);

function isSecret(text: string): boolean {
  return looksSecret(text, isSecretName);
}

function isIds(json: unknown): boolean {
  return Array.isArray(json) && json.every(isAccount);
}

function isTables(json: unknown): boolean {
  return (
    Array.isArray(json) &&
    json.every((entry) => isObject(entry) && typeof entry.tableName === 'string' && isIds(entry.userIds))
  );
}

function isPasswordForm(json: unknown): boolean {
  if (!isObject(json) || !isPairs(json.form)) return false;
  return json.form.some(([name, value]) => name === 'password' && isCredential(value));
}
