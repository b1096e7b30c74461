import type { Exchange, RawMessage } from '../model/exchange.js';
import type { Found } from './reasons.js';
import { fromRecord } from './record.js';

/** Thrown and caught in this file: what an entry lacks. */
class BadEntry extends Error {}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The exchange of one HAR entry, which may be anything. One of ours comes back exactly. One of another tool has
 * no raw bytes: its heads are rebuilt from the list of headers, its bodies stand without the chunking and the
 * content coding that the tool has undone, and the head says so: Content-Length instead of Transfer-Encoding and
 * Content-Encoding. `source` is the name of the file, `at` the offset of the entry in it.
 */
export function fromHarEntry(entry: unknown, source: string, at: number): Found {
  try {
    const fields = object(entry, 'the entry');
    if (fields._scaletap === undefined) return { exchange: rebuild(fields, source), masked: false };
    const read = fromRecord(fields._scaletap);
    if ('exchange' in read) return read;
    return { problem: { reason: 'bad-record', at, detail: `_scaletap: ${read.wrong}` } };
  } catch (cause) {
    if (!(cause instanceof BadEntry)) throw cause;
    return { problem: { reason: 'bad-entry', at, detail: cause.message } };
  }
}

function rebuild(entry: Fields, source: string): Exchange {
  const timings = entry.timings === undefined ? {} : object(entry.timings, 'timings');
  const phases = ['blocked', 'dns', 'connect', 'send', 'wait'].map((name) => microseconds(timings[name]));
  const endedAfterUs = microseconds(entry.time);
  const response = responseOf(object(entry.response, 'response'));
  const waited = phases.reduce((sum, phase) => sum + phase, 0);
  return {
    connection: typeof entry.connection === 'string' ? `${source} ${entry.connection}` : source,
    source,
    startedAtUs: instant(entry.startedDateTime),
    responseAfterUs: response && Math.min(waited, endedAfterUs),
    endedAfterUs,
    client: '',
    upstream: '',
    answered: 'upstream',
    reason: null,
    request: requestOf(object(entry.request, 'request')),
    interim: new Uint8Array(0),
    response,
  };
}

function requestOf(request: Fields): RawMessage {
  const method = request.method;
  if (typeof method !== 'string' || !isToken(method)) throw new BadEntry('request.method is not a method');
  const url = typeof request.url === 'string' && URL.canParse(request.url) ? new URL(request.url) : undefined;
  if (url === undefined || url.host === '') throw new BadEntry('request.url is not a URL with a host');
  const headers = headersOf(request.headers, 'request');
  const host = headers.some(([name]) => name.toLowerCase() === 'host');
  const body = request.postData === undefined ? null : postData(object(request.postData, 'request.postData'));
  const start = `${method} ${url.pathname}${url.search} ${version(request.httpVersion)}`;
  return message(start, host ? headers : [['Host', url.host], ...headers], body, false);
}

/** The body of a request: its text, or the form that its parameters make. */
function postData({ text, encoding, params }: Fields): Buffer | null {
  if (typeof text === 'string' && (text !== '' || !Array.isArray(params))) return decoded(text, encoding);
  if (!Array.isArray(params)) return null;
  const form = params.map((param): [string, string] => {
    const { name, value } = object(param, 'request.postData.params');
    return [String(name ?? ''), String(value ?? '')];
  });
  return Buffer.from(new URLSearchParams(form).toString());
}

/** Null when the tool saw no answer. */
function responseOf(response: Fields): RawMessage | null {
  const { status, statusText } = response;
  if (status === 0 || status === undefined || status === null) return null;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 999) {
    throw new BadEntry('response.status is not a status from 200 to 999');
  }
  const phrase = typeof statusText === 'string' && isLine(statusText) ? statusText : '';
  const { text, encoding, size } =
    response.content === undefined ? {} : object(response.content, 'response.content');
  const body = typeof text === 'string' ? decoded(text, encoding) : null;
  const bodyless = status === 204 || status === 304;
  const missing = !bodyless && body === null && typeof size === 'number' && size > 0 ? Math.trunc(size) : 0;
  const start = `${version(response.httpVersion)} ${status} ${phrase}`;
  return message(start, headersOf(response.headers, 'response'), bodyless ? null : body, !bodyless, missing);
}

/**
 * A message whose head agrees with its body. `missing` is the size of a body that the tool has not kept.
 */
function message(
  start: string,
  headers: readonly Header[],
  body: Buffer | null,
  counted: boolean,
  missing = 0,
): RawMessage {
  const undone = new Set(['content-length', 'transfer-encoding', 'content-encoding']);
  const kept = headers.filter(([name]) => !undone.has(name.toLowerCase()));
  const bodyBytes = body?.length ?? missing;
  if (counted || body !== null) kept.push(['Content-Length', String(bodyBytes)]);
  const text = [start, ...kept.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  const head = Buffer.from(text, /[^\0-\xff]/.test(text) ? 'utf8' : 'latin1');
  return { head, body: body ?? Buffer.alloc(0), bodyBytes, complete: missing === 0 };
}

type Header = readonly [name: string, value: string];

/** A header list of HTTP/1.x; the pseudo-headers of HTTP/2 are left out. */
function headersOf(value: unknown, where: string): Header[] {
  if (!Array.isArray(value)) throw new BadEntry(`${where}.headers is not a list`);
  return value.flatMap((item): Header[] => {
    const { name, value: text } = object(item, `${where}.headers`);
    if (typeof name !== 'string' || typeof text !== 'string')
      throw new BadEntry(`${where}.headers: not two texts`);
    if (name.startsWith(':')) return [];
    if (!isToken(name) || !isLine(text)) throw new BadEntry(`${where}.headers: cannot stand in a head`);
    return [[name, text]];
  });
}

function decoded(text: string, encoding: unknown): Buffer {
  return Buffer.from(text, encoding === 'base64' ? 'base64' : 'utf8');
}

function isToken(text: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(text);
}

function isLine(text: string): boolean {
  return !/[\0\r\n]/.test(text);
}

function version(value: unknown): string {
  return value === 'HTTP/1.0' ? value : 'HTTP/1.1';
}

/** Milliseconds as microseconds; what is no sensible duration is 0. */
function microseconds(value: unknown): number {
  const us = typeof value === 'number' ? Math.round(value * 1000) : 0;
  return Number.isSafeInteger(us) && us > 0 ? us : 0;
}

/** An ISO 8601 time in microseconds since the Unix epoch; tools write up to nine digits behind the second. */
function instant(value: unknown): number {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  const us = Math.floor(ms) * 1000 + Number(/\.\d{3}(\d{3})/.exec(String(value))?.[1] ?? 0);
  if (!Number.isSafeInteger(us) || us < 0) throw new BadEntry('startedDateTime is not a time');
  return us;
}

function object(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadEntry(`${name} is not an object`);
  }
  return { ...value };
}
