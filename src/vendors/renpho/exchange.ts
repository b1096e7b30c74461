import type { Exchange } from '../../model/exchange.js';
import { lowerHeader, targetOf, view } from '../raw.js';
import { isObject, member } from './json.js';
import { type Opened, openMessage } from './open.js';
import { isSuccess } from './outcome.js';
import type { RenphoRefusal } from './refusals.js';

/** An exchange of the app with one of the two clouds, taken apart. It may have been opened before or not. */
export interface RenphoExchange {
  readonly exchange: Exchange;
  /** `new` is cloud.renpho.com (Renpho Health), `old` all below qnclouds.com. */
  readonly api: 'old' | 'new';
  /** The request target up to `?`, without a host. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  /** The fields of an urlencoded body, the first of each name; empty otherwise. */
  readonly form: ReadonlyMap<string, string>;
  /** The JSON of the request's body, out of its envelope; undefined when there is none. */
  readonly sent: unknown;
  /** The JSON of the answer: what the new cloud gives with a success, all of it from the old one. */
  readonly got: unknown;
  /** What the cloud says of itself: `code` of the new one, `status_code` of the old one; null when it says nothing. */
  readonly code: string | null;
  /** Of HTTP; 0 without an answer, and when the answer is ours. */
  readonly status: number;
  readonly refusals: readonly RenphoRefusal[];
}

/** The app's own cloud is the new one; every other host that we are asked about is of the old platform. */
export const NEW_HOST = 'cloud.renpho.com';

const noFields: ReadonlyMap<string, string> = new Map();

export function renphoExchange(exchange: Exchange): RenphoExchange {
  const { head } = exchange.request;
  const target = targetOf(head).replace(/^https?:\/\/[^/?#]*/i, '');
  const mark = target.indexOf('?');
  const response = exchange.answered === 'refused' ? null : exchange.response;
  const sent = openMessage(exchange.request);
  const got = response && openMessage(response);
  const api = lowerHeader(head, 'host', 'first')?.replace(/:\d*$/, '') === NEW_HOST ? 'new' : 'old';
  const code = codeOf(got?.json, api);
  const answer = api === 'new' && code !== null ? dataOf(got?.json, code) : got?.json;
  return {
    exchange,
    api,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? noFields : fieldsOf(target.slice(mark + 1)),
    form: formOf(head, sent),
    sent:
      isObject(sent.json) && Object.hasOwn(sent.json, 'encryptData')
        ? inside(sent.json.encryptData)
        : sent.json,
    got: answer,
    code,
    status: response === null ? 0 : statusOf(response.head),
    refusals: [...refusalsOf(sent, 'request'), ...(got === null ? [] : refusalsOf(got, 'answer'))],
  };
}

/** An envelope with nothing in it stands as an empty text. */
function inside(contents: unknown): unknown {
  return contents === '' ? undefined : contents;
}

function codeOf(json: unknown, api: RenphoExchange['api']): string | null {
  const own = api === 'old' ? member(json, 'status_code') : undefined;
  const code = own ?? member(json, 'code');
  if (typeof code === 'number') return String(code);
  return typeof code === 'string' && code.length <= 20 ? code : null;
}

function dataOf(json: unknown, code: string): unknown {
  return isSuccess(code) ? inside(member(json, 'data')) : undefined;
}

function statusOf(head: Uint8Array): number {
  const [, digits] = /^HTTP\/\d\.\d (\d{3})\b/.exec(view(head).toString('latin1', 0, 20)) ?? [];
  return Number(digits ?? 0);
}

/** Pairs as in a query; what is broken in their encoding stays as it is. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) if (!fields.has(name)) fields.set(name, value);
  return fields;
}

function formOf(head: Uint8Array, { text, json }: Opened): ReadonlyMap<string, string> {
  if (text === undefined || text === '' || json !== undefined) return noFields;
  const type = lowerHeader(head, 'content-type', 'first') ?? '';
  const isForm = type === '' ? /^[\w%.+-]{1,64}=/.test(text) : type.includes('x-www-form-urlencoded');
  return isForm ? fieldsOf(text) : noFields;
}

function refusalsOf(opened: Opened, name: 'request' | 'answer'): RenphoRefusal[] {
  const { text, json, refusals } = opened;
  const found = refusals.map((reason) => ({ reason, detail: `body of the ${name}` }));
  if (text === undefined || text === '' || json !== undefined) return found;
  const isJson =
    /^\s*[[{]/.test(text) || lowerHeader(opened.message.head, 'content-type', 'first')?.includes('json');
  return isJson ? [...found, { reason: 'not-json', detail: `body of the ${name}` }] : found;
}
