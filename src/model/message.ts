import type { RawMessage } from './exchange.js';

/**
 * A header list as it stood in the head: pairs in order, names in their own case, values without the white
 * space around them. Duplicates stay apart. Use {@link header} for a look-up.
 */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A head taken apart for reading. It can not be turned back into the same bytes: white space is lost. */
export interface Head {
  /** For a request `[method, target, version]`, for a response `[version, status, reason phrase]`. */
  readonly start: readonly [string, string, string];
  readonly headers: HeaderList;
}

/** A run of body bytes that are content, not framing: `length` bytes from `from` in the raw body. */
export interface Segment {
  readonly from: number;
  readonly length: number;
}

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const SEMICOLON = 59;
const HEX_DIGITS = '0123456789abcdef';

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/**
 * Takes a raw head apart. Accepts bare LF as line end, as the reader on the wire does, and passes over lines
 * that have no colon. Never throws: a head that is empty gives three empty strings and no headers.
 */
export function parseHead(raw: Uint8Array): Head {
  const lines = latin1(raw).split(/\r?\n/);
  const [first = '', second = '', ...rest] = (lines[0] ?? '').split(' ');
  const headers: [string, string][] = [];
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const colon = line.indexOf(':');
    if (colon > 0) headers.push([line.slice(0, colon), line.slice(colon + 1).trim()]);
  }
  return { start: [first, second, rest.join(' ')], headers };
}

/** The first value of a header, by case-insensitive name. */
export function header(headers: HeaderList, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.find(([n]) => n.toLowerCase() === wanted)?.[1];
}

/** Whether the last transfer coding named in the head is `chunked` (RFC 9112 section 6.3). */
export function isChunked(headers: HeaderList): boolean {
  const codings = headers.filter(([n]) => n.toLowerCase() === 'transfer-encoding').map(([, v]) => v);
  return /(^|,)\s*chunked\s*$/i.test(codings.join(','));
}

/** Whether the sender of a head leaves the connection open behind its message (RFC 9112 section 9.3). */
export function keepsAlive({ start, headers }: Head): boolean {
  const options = headers
    .filter(([n]) => n.toLowerCase() === 'connection')
    .flatMap(([, v]) => v.toLowerCase().split(/[ \t]*,[ \t]*/));
  if (options.includes('close')) return false;
  return !start.includes('HTTP/1.0') || options.includes('keep-alive');
}

/**
 * Where the content lies in a chunked body: one segment a chunk. Stops at the last chunk, at the end of a cut
 * body, or at the first thing that is not a chunk, with what it has found by then.
 */
export function chunkSegments(body: Uint8Array): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  while (at < body.length) {
    const lineEnd = body.indexOf(LF, at);
    if (lineEnd < 0) break;
    const size = chunkSize(body, at, lineEnd);
    if (size <= 0) break;
    const from = lineEnd + 1;
    segments.push({ from, length: Math.min(size, body.length - from) });
    at = from + size;
    if (body[at] === CR) at++;
    if (body[at] !== LF) break;
    at++;
  }
  return segments;
}

/** The size in a chunk line, whose extensions are passed over; -1 when there is none. */
function chunkSize(body: Uint8Array, from: number, to: number): number {
  let size = -1;
  for (let at = from; at < to; at++) {
    const digit = HEX_DIGITS.indexOf(String.fromCharCode((body[at] as number) | 32));
    if (digit < 0) return at === from || !endsSize(body[at] as number) ? -1 : size;
    size = Math.max(0, size) * 16 + digit;
    if (!Number.isSafeInteger(size)) return -1;
  }
  return size;
}

/** What may follow the digits: an extension, white space or the CR. */
function endsSize(byte: number): boolean {
  return byte === SEMICOLON || byte === SPACE || byte === TAB || byte === CR;
}

/** Where the content of a message lies in its raw body: all of it, or the chunks without their framing. */
export function contentSegments(message: RawMessage): Segment[] {
  if (isChunked(parseHead(message.head).headers)) return chunkSegments(message.body);
  return message.body.length === 0 ? [] : [{ from: 0, length: message.body.length }];
}

/** The content of a message: the body without chunk framing. Content codings (gzip) are left as they are. */
export function content(message: RawMessage): Uint8Array {
  const segments = contentSegments(message);
  const [only] = segments;
  if (only === undefined) return new Uint8Array(0);
  if (segments.length === 1) return message.body.subarray(only.from, only.from + only.length);
  return Buffer.concat(segments.map((s) => message.body.subarray(s.from, s.from + s.length)));
}
