import { readFileSync } from 'node:fs';
import type { Exchange, RawMessage } from '../../../src/model/exchange.js';
import { wrap } from '../../../src/vendors/renpho/envelope.js';

/** Calls of both apps for the tests of what is learnt and covered, with made-up people. */

export const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
export const text = (raw: Uint8Array | undefined): string => Buffer.from(raw ?? []).toString('latin1');

/** A message that is whole, with a Content-Length. */
export function message(head: string, body: string | Uint8Array = ''): RawMessage {
  const raw = typeof body === 'string' ? Buffer.from(body) : body;
  const length = raw.length === 0 ? '' : `Content-Length: ${raw.length}\r\n`;
  return { head: bytes(`${head}${length}\r\n`), body: raw, bodyBytes: raw.length, complete: true };
}

export const plain = {
  connection: 'c1',
  source: 'live',
  startedAtUs: 1_790_000_000_000_000,
  responseAfterUs: 10_000,
  endedAfterUs: 10_100,
  client: '192.0.2.7:49152',
  upstream: 'cloud.renpho.com 192.0.2.80:443',
  answered: 'upstream',
  reason: null,
  interim: new Uint8Array(0),
} as const satisfies Partial<Exchange>;

/** What the new app sends with every call (renpho notes, Headers). */
export const appHeaders =
  'User-Agent: Renpho/7.6.4\r\nlanguage: en\r\nlanguageCode: en\r\narea: GB\r\nuserArea: GB\r\ntimeZone: 1\r\n' +
  'zoneId: Europe/London\r\nsystemVersion: 15\r\nphone: Pixel 7\r\ndevId: 5f1c2d3e4a5b6c7d\r\nappVersion: 7.6.4\r\n' +
  'platform: android\r\nContent-Type: application/json;charset=UTF-8\r\nAccept-Encoding: gzip\r\n';

export const account = '5245536005636456320';

interface NewCall {
  readonly path: string;
  /** What the envelope of the request holds; undefined for no bytes at all. */
  readonly sent?: unknown;
  readonly token?: string;
  readonly userId?: string;
  /** What the envelope of the answer holds. */
  readonly got?: unknown;
  readonly code?: number;
  readonly status?: number;
}

/** JSON with ids of 19 digits as bare numbers, where they stand in texts that begin with `#`. */
export function json(value: unknown): string {
  return JSON.stringify(value).replace(/"#(\d+)"/g, '$1');
}

/** A call of the new API. */
export function call(given: NewCall, over: Partial<Exchange> = {}): Exchange {
  const { path, sent, token, userId = account, got = null, code = 101, status = 200 } = given;
  const session = token === undefined ? '' : `token: ${token}\r\nuserId: ${userId}\r\n`;
  const inside = sent === undefined ? '' : json(sent);
  const data = got === null ? 'null' : `"${wrap(Buffer.from(json(got)))}"`;
  const head = `POST /${path} HTTP/1.1\r\nHost: cloud.renpho.com\r\n${session}${appHeaders}Connection: Keep-Alive\r\n`;
  return {
    ...plain,
    request: message(head, `{"encryptData":"${wrap(Buffer.from(inside))}"}`),
    response: message(
      `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\n`,
      `{"code":${code},"msg":"success","data":${data}}`,
    ),
    ...over,
  };
}

const oldHead =
  'Host: renpho.qnclouds.com\r\nUser-Agent: Renpho/3.11.10 (iPhone; iOS 15.4.1; Scale/3.00)\r\nAccept: */*\r\n' +
  'Accept-Language: en-BE;q=1\r\nAccept-Encoding: gzip, deflate\r\nConnection: close\r\n';

const oldCommon =
  'address=&app_id=Renpho&app_revision=3.11.10&area_code=BE&cellphone_type=iPhone14%2C2&locale=en';

const oldRest = 'platform=iphone&system_type=15.4.1&zone=Europe/Brussels';

/** A GET of the old API; `extra` stands behind the common parameters. */
export function get(path: string, extra: string, got: unknown, over: Partial<Exchange> = {}): Exchange {
  const target = `/${path}?${oldCommon}&${oldRest}${extra}`;
  return {
    ...plain,
    upstream: 'renpho.qnclouds.com 192.0.2.81:443',
    request: message(`GET ${target} HTTP/1.1\r\n${oldHead}`),
    response: message('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n', json(got)),
    ...over,
  };
}

/** The sign-in of the old API, with its form as it was captured. */
export function signIn(form: string, got: unknown, over: Partial<Exchange> = {}): Exchange {
  const head = `POST /api/v3/users/sign_in.json HTTP/1.1\r\n${oldHead}`;
  const request = message(
    `${head}Content-Type: application/x-www-form-urlencoded\r\n`,
    `${oldCommon}&${form}&${oldRest}`,
  );
  return {
    ...plain,
    request,
    response: message('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n', json(got)),
    ...over,
  };
}

/** A file of `captures/renpho/`. */
export function capture(name: string): string {
  return readFileSync(new URL(`../../../captures/renpho/${name}`, import.meta.url), 'utf8');
}
