import { Form, isClean, parseForm } from '../form.js';
import type { Range } from '../json-text.js';
import { normalMac } from '../mac.js';
import type { ValueRules } from '../vendor.js';
import { isSecretText } from './hash.js';
import { isObject, member, parseJson } from './json.js';
import { jsonSecrets } from './json-secrets.js';
import { isGravity } from './limits.js';
import { secretNames } from './redaction.js';
import { isHead, replyNames } from './reply-head.js';

/** What each value may be, and how a text that is not that is called. */
const shapes: Readonly<Record<string, readonly [holds: (text: string) => boolean, otherwise: string]>> = {
  once: [(text) => /^[\x21-\x7e]{1,31}$/.test(text), 'is not 1 to 31 printable characters'],
  session: [
    (text) => Number.isInteger(member(parseJson(text), 'status')),
    'is not the JSON object of a session reply, with a status',
  ],
  users: [isListOfObjects, 'is not a JSON list of users, such as [{"id":1744475,"sn":"ANA"}]'],
  secret: [isSecretText, 'is not 1 to 64 printable characters'],
  offsets: [(text) => isObject(parseJson(text)), 'is not a JSON object'],
  gravity: [
    (text) => /^\d{5}$/.test(text) && isGravity(Number(text)),
    'is not a whole number from 97000 to 99000, in 0.0001 m/s²',
  ],
  units: [(text) => isObject(parseJson(text)), 'is not a JSON object'],
  language: [(text) => /^[\w-]{1,31}$/.test(text), 'is not a language, such as en_GB'],
  'request.session': [
    (text) => formOf(text)?.first('auth') !== undefined,
    'is not the form of a session request, with a field auth',
  ],
  'learn-secret': [(text) => text === '' || text === '1', 'is neither 1 nor empty'],
};

const replies = replyNames.map((name) => `reply.${name}`);

/** The values of a Withings scale, as learn.ts leaves them. */
export const valueRules: ValueRules = {
  names: [...Object.keys(shapes), ...replies],
  // The second takes back that the first is asked for.
  always: ['secret', 'learn-secret'],
  device: normalMac,

  problem(name, text) {
    // SQLite takes a NUL for the end of a text.
    if (text.includes('\0')) return 'has a NUL character in it';
    if (replies.includes(name)) {
      return isHead(member(parseJson(text), 'head'))
        ? null
        : 'is not a JSON object with a head, such as {"head":["HTTP/1.1 200 OK","Date:"]}';
    }
    const [holds, otherwise] = (Object.hasOwn(shapes, name) ? shapes[name] : undefined) ?? [];
    if (holds === undefined) return 'is not a value that this scaletap knows';
    return holds(text) ? null : (otherwise ?? null);
  },

  cover(name, text) {
    let covered = text;
    for (const [from, to] of secretRanges(name, text)) {
      covered = covered.slice(0, from) + '*'.repeat(to - from) + covered.slice(to);
    }
    return covered;
  },
};

function secretRanges(name: string, text: string): readonly Range[] {
  const all: Range[] = [[0, text.length]];
  if (!Object.hasOwn(shapes, name) && !replies.includes(name)) return all;
  switch (name) {
    case 'secret':
      return all;
    case 'once':
    case 'gravity':
    case 'language':
    case 'learn-secret':
      return [];
    case 'request.session': {
      const fields = formOf(text)?.fields.filter((field) => isSecret(field.name));
      return fields?.map(({ from, to }): Range => [from, to]) ?? all;
    }
    default:
      return parseJson(text) === undefined ? all : jsonSecrets(text, isSecret);
  }
}

/**
 * What is a secret in an exchange, and the session hash: with it and what it was made of, a weak secret could be
 * found by trying.
 */
function isSecret(name: string): boolean {
  return /hash|challenge/i.test(name) || inExchanges(name);
}

const inExchanges = secretNames('/cgi-bin/session');

function formOf(text: string): Form | undefined {
  const form = parseForm(text);
  return form instanceof Form && isClean(text, form) ? form : undefined;
}

function isListOfObjects(text: string): boolean {
  const parsed = parseJson(text);
  return Array.isArray(parsed) && parsed.every(isObject);
}
