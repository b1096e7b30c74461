import type { FramingReason } from '../model/exchange.js';

/**
 * Heads of HTTP/1.x messages, read for framing from the raw bytes (RFC 9112). A bare LF is taken for a line end,
 * as most servers do: a reading in such a post is not lost, and both ends of a relay with one upstream connection
 * per client cannot be made to disagree about anything but their own traffic.
 */

const NUL = 0;
const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COMMA = 44;
const COLON = 58;
const LONGEST_METHOD = 32;

/** What the framing of a message and the choice of its upstream depend on. */
export interface HeadFacts {
  /** Request method, or the empty string for a response. */
  readonly method: string;
  /** Request target, or the empty string for a response. */
  readonly target: string;
  /** Response status, or 0 for a request. */
  readonly status: number;
  /** Content-Length in bytes, -1 when the head has none. */
  readonly contentLength: number;
  /** `none`, `chunked` as the last coding, or `other`: a coding whose end only the close shows. */
  readonly transfer: 'none' | 'chunked' | 'other';
  /** The Host header as it stood, undefined when the head has none, null when several differ. */
  readonly host: string | null | undefined;
}

/** The offset behind the empty lines at `from`: they belong to the head that follows (RFC 9112 section 2.2). */
export function skipEmptyLines(bytes: Buffer, from: number): number {
  let at = from;
  for (; at < bytes.length; at++) {
    if (bytes[at] === LF) continue;
    if (bytes[at] !== CR || at + 1 === bytes.length || bytes[at + 1] !== LF) break;
  }
  return at;
}

/**
 * Where the head that starts at `from` ends: the offset behind its blank line, or -1 when it is not all there.
 * Empty lines before the start line belong to it. `searched` is an offset before which there is known to be no end.
 */
export function findHeadEnd(bytes: Buffer, from: number, searched = from): number {
  const last = bytes.length - 1;
  let at = skipEmptyLines(bytes, from);
  // Math.max would make a float of it, and the loop half as fast.
  if (at < searched) at = searched;
  for (; at < last; at++) {
    if (bytes[at] !== LF) continue;
    const next = bytes[at + 1];
    if (next === LF) return at + 2;
    if (next === CR && at + 2 <= last && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/**
 * Whether the bytes from `start` to `to` may be the beginning of a head: a word of visible characters, then a
 * space. Lets a TLS hello or stray bytes behind a body be seen at once, instead of being waited on.
 */
export function mayBeHead(bytes: Buffer, start: number, to: number): boolean {
  for (let at = start; at < to; at++) {
    const c = bytes[at] as number;
    if (c === SPACE) return at > start;
    // One half of an empty line.
    if (c === CR && at === start) return at === to - 1;
    if (c < SPACE || c > 126 || at - start > LONGEST_METHOD) return false;
  }
  return true;
}

/** Reads the complete head in `bytes[start, end)`, start line first, or says why it cannot be framed. */
export function readHead(
  bytes: Buffer,
  start: number,
  end: number,
  kind: 'request' | 'response',
): HeadFacts | FramingReason {
  const startLine = kind === 'request' ? requestLine(bytes, start) : statusLine(bytes, start);
  if (typeof startLine === 'string') return startLine;
  let at = startLine.end;

  let contentLength = -1;
  let codings = '';
  let host: string | null | undefined;

  while (at < end) {
    const line = at;
    let c = bytes[at] as number;
    if (c === LF || (c === CR && bytes[at + 1] === LF)) break;
    while (c > SPACE && c !== COLON) c = bytes[++at] as number;
    if (c === NUL) return 'nul-in-head';
    if (c !== COLON || at === line) return 'bad-header-line';
    const nameEnd = at;
    do c = bytes[++at] as number;
    while (c > CR || (c !== LF && c !== CR && c !== NUL));
    if (c === NUL) return 'nul-in-head';
    const valueEnd = at;
    if (c === CR && bytes[++at] !== LF) return 'bad-header-line';
    at++;

    const length = nameEnd - line;
    if (length === 4 && named(bytes, line, 'host')) {
      const value = text(bytes, nameEnd + 1, valueEnd);
      host = host === undefined || host === value ? value : null;
    } else if (length === 14 && named(bytes, line, 'content-length')) {
      const value = contentLengthOf(bytes, nameEnd + 1, valueEnd);
      if (typeof value === 'string') return value;
      if (contentLength >= 0 && value !== contentLength) return 'conflicting-content-length';
      contentLength = value;
    } else if (length === 17 && named(bytes, line, 'transfer-encoding')) {
      codings = `${codings},${text(bytes, nameEnd + 1, valueEnd).toLowerCase()}`;
    }
  }

  const transfer = transferOf(codings);
  if (transfer !== 'none') {
    if (contentLength >= 0) return 'length-with-transfer-encoding';
    if (transfer === 'ambiguous' || startLine.minor === 0) return 'unknown-transfer-encoding';
  }
  const { method, target, status } = startLine;
  return { method, target, status, contentLength, transfer, host };
}

interface StartLine {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  /** The digit behind `HTTP/1.`. */
  readonly minor: number;
  /** The offset of the line that follows. */
  readonly end: number;
}

/** `POST /cgi-bin/once HTTP/1.1`. Several spaces count as one, and white space at the end is passed over. */
function requestLine(bytes: Buffer, start: number): StartLine | FramingReason {
  const methodEnd = wordEnd(bytes, start);
  const targetStart = skipSpaces(bytes, methodEnd);
  const targetEnd = wordEnd(bytes, targetStart);
  const versionStart = skipSpaces(bytes, targetEnd);
  const minor = versionAt(bytes, versionStart);
  if (methodEnd === start || targetEnd === targetStart || versionStart === targetEnd || minor < 0) {
    return notHttp(bytes, start);
  }
  let at = skipSpaces(bytes, versionStart + VERSION.length + 1);
  if (bytes[at] === CR) at++;
  if (bytes[at] !== LF) return notHttp(bytes, start);
  const method = bytes.toString('latin1', start, methodEnd);
  const target = bytes.toString('latin1', targetStart, targetEnd);
  return { method, target, status: 0, minor, end: at + 1 };
}

/** `HTTP/1.1 200 OK`; the reason phrase, also with the space before it, may be missing. */
function statusLine(bytes: Buffer, start: number): StartLine | FramingReason {
  const minor = versionAt(bytes, start);
  const versionEnd = start + VERSION.length + 1;
  const at = skipSpaces(bytes, versionEnd);
  if (minor < 0 || at === versionEnd) return notHttp(bytes, start);
  const status = digit(bytes, at) * 100 + digit(bytes, at + 1) * 10 + digit(bytes, at + 2);
  let end = at + 3;
  let c = bytes[end] as number;
  // Not a number when one of the three is no digit.
  if (!(status >= 100) || (c !== SPACE && c !== CR && c !== LF)) return notHttp(bytes, start);
  while (c !== LF && c !== NUL) c = bytes[++end] as number;
  return c === NUL ? 'nul-in-head' : { method: '', target: '', status, minor, end: end + 1 };
}

const VERSION = 'HTTP/1.';

/** The digit behind `HTTP/1.` at `at`, or -1. */
function versionAt(bytes: Buffer, at: number): number {
  for (let i = 0; i < VERSION.length; i++) if (bytes[at + i] !== VERSION.charCodeAt(i)) return -1;
  const minor = digit(bytes, at + VERSION.length);
  return minor >= 0 ? minor : -1;
}

function digit(bytes: Buffer, at: number): number {
  const c = bytes[at] as number;
  return c >= 48 && c <= 57 ? c - 48 : Number.NaN;
}

function notHttp(bytes: Buffer, start: number): FramingReason {
  return bytes.subarray(start, bytes.indexOf(LF, start)).includes(NUL) ? 'nul-in-head' : 'not-http';
}

/** The end of a run of characters that are neither controls nor spaces. A head ends in LF, so there is one. */
export function wordEnd(bytes: Buffer, from: number): number {
  let at = from;
  while ((bytes[at] as number) > SPACE) at++;
  return at;
}

/** The offset behind spaces and tabs. */
export function skipSpaces(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  return at;
}

/** Whether the name at `from` is `name`, which is in lower case. */
function named(bytes: Buffer, from: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if (((bytes[from + i] as number) | 32) !== (name.charCodeAt(i) | 32)) return false;
  }
  return true;
}

function text(bytes: Buffer, from: number, to: number): string {
  const start = skipSpaces(bytes, from);
  let end = to;
  while (end > start && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--;
  return bytes.toString('latin1', start, end);
}

/** One number, or a list of the same number again and again (RFC 9112 section 6.3). */
function contentLengthOf(bytes: Buffer, from: number, to: number): number | FramingReason {
  let length = -1;
  for (let at = from; at <= to; at++) {
    at = skipSpaces(bytes, at);
    const first = at;
    let value = 0;
    for (let d = digit(bytes, at); at < to && d >= 0; d = digit(bytes, ++at)) value = value * 10 + d;
    if (at === first || !Number.isSafeInteger(value)) return 'bad-content-length';
    at = skipSpaces(bytes, at);
    if (at < to && bytes[at] !== COMMA) return 'bad-content-length';
    if (length >= 0 && value !== length) return 'conflicting-content-length';
    length = value;
  }
  return length;
}

function transferOf(codings: string): HeadFacts['transfer'] | 'ambiguous' {
  if (codings === '') return 'none';
  if (codings === ',chunked') return 'chunked';
  const list = codings
    .split(',')
    // Other white space is none here, and not everybody would pass over it.
    .map((coding) => coding.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((c) => c !== '');
  const chunkedAt = list.indexOf('chunked');
  if (chunkedAt < 0) return list.length === 0 ? 'ambiguous' : 'other';
  return chunkedAt === list.length - 1 ? 'chunked' : 'ambiguous';
}
