import { hash } from 'node:crypto';
import type { RawMessage } from '../../model/exchange.js';
import type { HeaderList } from '../../model/message.js';
import { header, parseHead } from '../../model/message.js';
import { contentOf, isCut, targetOf } from '../raw.js';
import { isObject, parseJson } from './json.js';

/**
 * A session of the app, as it crossed, and the value `session` of an account: with it the account's readings can be
 * asked for without signing in, which would throw the phone out. Lists are in the app's own order and case.
 *
 *     {"api":"new","token":"..","userId":"..","headers":[["token",".."],["appVersion","7.6.4"],...]}
 *     {"api":"old","key":"..","userId":"..","query":[["app_id","Renpho"],...],"headers":[["User-Agent",".."],...]}
 */
export type RenphoSession = NewSession | OldSession;

/** Of cloud.renpho.com: the token and the user id are among the headers, too. */
interface NewSession {
  readonly api: 'new';
  readonly token: string;
  readonly userId: string;
  readonly headers: HeaderList;
}

/** Of *.qnclouds.com: the key is a parameter, and `query` has the parameters that are the same in every call. */
interface OldSession {
  readonly api: 'old';
  readonly key: string;
  readonly userId: string;
  readonly query: HeaderList;
  readonly headers: HeaderList;
}

/** Headers of one call or one connection, and not of the session. */
const perCall =
  /^(?:host|connection|keep-alive|content-length|content-encoding|transfer-encoding|te|trailer|upgrade|expect|cookie|proxy-.*|if-.*|range|date)$/i;

/**
 * The parameters that the old app sends with every call, as published in a capture of its version 3.11.10; those of
 * the single call, the key and the user id are none of them.
 */
const common: ReadonlySet<string> = new Set([
  'address',
  'app_id',
  'app_revision',
  'area_code',
  'cellphone_type',
  'locale',
  'platform',
  'system_type',
  'zone',
]);

/** The session in the text of a value; null when it is none, as when its token is covered. */
export function sessionOf(text: string): RenphoSession | null {
  const json = parseJson(text);
  if (!isObject(json) || !isAccount(json.userId) || !isPairs(json.headers)) return null;
  const { userId, headers, token, key, query } = json;
  if (json.api === 'new' && isCredential(token)) return { api: 'new', token, userId, headers };
  if (json.api === 'old' && isCredential(key) && isPairs(query)) {
    return { api: 'old', key, userId, query, headers };
  }
  return null;
}

export function sessionText(session: RenphoSession): string {
  return JSON.stringify(session);
}

/** What tells one session from another and does not show it: 12 letters. */
export function sessionMark(session: RenphoSession): string {
  const secret = session.api === 'new' ? session.token : session.key;
  return hash('sha256', `${session.api} ${secret}`, 'base64url').slice(0, 12);
}

/** The session of the new API in a request's headers; null when there is none. Names are of any case. */
export function newSession({ head }: RawMessage): RenphoSession | null {
  const headers = headersOf(head);
  const token = header(headers, 'token');
  const userId = header(headers, 'userid');
  if (!isCredential(token) || !isAccount(userId)) return null;
  return { api: 'new', token, userId, headers: ofSession(headers) };
}

/** The session that a login of the new API has opened: its answer with the headers of its request. */
export function loggedIn({ head }: RawMessage, token: unknown, userId: unknown): RenphoSession | null {
  if (!isCredential(token) || !isAccount(userId)) return null;
  const others = ofSession(headersOf(head)).filter(([name]) => !/^(?:token|userid)$/i.test(name));
  return { api: 'new', token, userId, headers: [...others, ['token', token], ['userId', userId]] };
}

/** The session of the old API in a request, or the one that a sign-in has opened; null when there is none. */
export function oldSession(request: RawMessage, key: unknown, userId: unknown): RenphoSession | null {
  if (!isCredential(key) || !isAccount(userId)) return null;
  const query = paramsOf(request).filter(([name]) => common.has(name));
  const headers = ofSession(headersOf(request.head)).filter(([name]) => !/^content-type$/i.test(name));
  return { api: 'old', key, userId, query, headers };
}

/** The header list of a raw head. */
export function headersOf(head: Uint8Array): HeaderList {
  return parseHead(head).headers;
}

/** The parameters of a request, those of its query and then those of its form, decoded and in order. */
export function paramsOf(request: RawMessage): HeaderList {
  const target = targetOf(request.head);
  const mark = target.indexOf('?');
  const query = mark < 0 ? '' : target.slice(mark + 1);
  const type = header(headersOf(request.head), 'content-type') ?? '';
  const isForm = /^application\/x-www-form-urlencoded/i.test(type) && !isCut(request);
  const form = isForm ? contentOf(request).toString('latin1') : '';
  return [...new URLSearchParams(query), ...new URLSearchParams(form)];
}

function ofSession(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => !perCall.test(name));
}

/** Whether it may be a token or key: one to 4,096 printable characters, not covered ones out of an export. */
export function isCredential(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,4096}$/.test(value) && !/^\*+$/.test(value);
}

/** Whether it is the id of an account or a person. */
export function isAccount(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,20}$/.test(value);
}

/** Whether it is a list of names with their values. */
export function isPairs(value: unknown): value is HeaderList {
  return (
    Array.isArray(value) &&
    value.every(
      (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string'),
    )
  );
}
