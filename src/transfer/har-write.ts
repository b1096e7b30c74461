import { isUtf8 } from 'node:buffer';
import type { Exchange, RawMessage } from '../model/exchange.js';
import type { Head } from '../model/message.js';
import { content, header, parseHead } from '../model/message.js';
import { toRecord } from './record.js';

/** A text, or bytes as base64 where they are no UTF-8. */
interface HarText {
  readonly text: string;
  readonly encoding?: 'base64';
}

/**
 * An exchange as an entry of HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/). Bodies stand there without
 * chunk framing; the exact bytes are in `_scaletap`. Times are in milliseconds. A request that could not be framed
 * has the method `UNKNOWN`; a missing answer has status 0, as browsers write it.
 */
export function toHarEntry(exchange: Exchange, masked: boolean): object {
  const { request, response, startedAtUs, responseAfterUs, endedAfterUs, connection } = exchange;
  const wait = Math.min(responseAfterUs ?? endedAfterUs, endedAfterUs);
  return {
    startedDateTime: new Date(startedAtUs / 1000).toISOString(),
    time: endedAfterUs / 1000,
    request: harRequest(request, exchange.upstream),
    response: harResponse(response),
    cache: {},
    timings: { send: 0, wait: wait / 1000, receive: (endedAfterUs - wait) / 1000 },
    connection,
    _scaletap: toRecord(exchange, masked),
  };
}

/** What stands before the entries of a HAR. */
export function harBegin(version: string): string {
  const creator = JSON.stringify({ name: 'scaletap', version });
  return `{"log":{"version":"1.2","creator":${creator},"entries":[\n`;
}

/** What stands behind the entries of a HAR. */
export const harEnd = '\n]}}\n';

function harRequest(message: RawMessage, upstream: string): object {
  const head = parseHead(message.head);
  const [method, target, version] = head.start;
  const scheme = upstream.endsWith(':443') ? 'https' : 'http';
  const url = urlOf(scheme, target, header(head.headers, 'host') ?? upstream.split(' ')[0] ?? '');
  const query = url.indexOf('?');
  const body = content(message);
  return {
    method: method || 'UNKNOWN',
    url,
    httpVersion: version || 'HTTP/1.1',
    cookies: [],
    headers: harHeaders(head),
    queryString: query < 0 ? [] : pairs(url.slice(query + 1)),
    ...(body.length > 0 && { postData: { mimeType: mimeType(head), ...harText(body) } }),
    headersSize: message.head.length,
    bodySize: message.bodyBytes,
  };
}

function harResponse(message: RawMessage | null): object {
  if (message === null) {
    const nothing = { status: 0, statusText: '', httpVersion: '', cookies: [], headers: [], redirectURL: '' };
    return { ...nothing, content: { size: 0, mimeType: 'x-unknown' }, headersSize: -1, bodySize: -1 };
  }
  const head = parseHead(message.head);
  const [version, status, statusText] = head.start;
  const body = content(message);
  return {
    status: /^\d{3}$/.test(status) ? Number(status) : 0,
    statusText,
    httpVersion: version || 'HTTP/1.1',
    cookies: [],
    headers: harHeaders(head),
    content: { size: body.length, mimeType: mimeType(head), ...harText(body) },
    redirectURL: header(head.headers, 'location') ?? '',
    headersSize: message.head.length,
    bodySize: message.bodyBytes,
  };
}

function urlOf(scheme: string, target: string, host: string): string {
  if (/^https?:\/\//i.test(target)) return target;
  return `${scheme}://${host || 'unknown.invalid'}${target.startsWith('/') ? target : '/'}`;
}

function harHeaders({ headers }: Head): object[] {
  return headers.map(([name, value]) => ({ name, value }));
}

function pairs(query: string): object[] {
  return [...new URLSearchParams(query)].map(([name, value]) => ({ name, value }));
}

function mimeType({ headers }: Head): string {
  return header(headers, 'content-type') ?? 'application/octet-stream';
}

function harText(body: Uint8Array): HarText {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return isUtf8(bytes) ? { text: bytes.toString() } : { text: bytes.toString('base64'), encoding: 'base64' };
}
