import type { FramingReason } from '../model/exchange.js';

/**
 * Heads of HTTP/1.x messages, found and read for framing in one pass over the raw bytes (RFC 9112). A bare LF is
 * taken for a line end, as most servers do: a reading in such a post is not lost, and both ends of a relay with
 * one upstream connection per client cannot be made to disagree about anything but their own traffic.
 */

const NUL = 0;
const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
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

/**
 * Where the head that starts at `from` ends: the offset behind its blank line, or -1 when it is not all there.
 * Empty lines before the start line belong to the head (RFC 9112 section 2.2). `searched` is an offset before
 * which there is known to be no end.
 */
export function findHeadEnd(bytes: Buffer, from: number, searched = from): number {
  let at = Math.max(skipEmptyLines(bytes, from), searched);
  for (;;) {
    const lf = bytes.indexOf(LF, at);
    if (lf < 0) return -1;
    const next = bytes[lf + 1];
    if (next === LF) return lf + 2;
    if (next === CR && bytes[lf + 2] === LF) return lf + 3;
    at = lf + 1;
  }
}

function skipEmptyLines(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] === LF)) at++;
  return at;
}

/**
 * Whether bytes may still become a head: a word of visible characters, then a space. Lets a TLS hello or stray
 * bytes behind a body be seen at once, instead of being waited on until the head time-out.
 */
export function mayBeHead(bytes: Buffer): boolean {
  const start = skipEmptyLines(bytes, 0);
  for (let i = start; i < bytes.length; i++) {
    const c = bytes[i] as number;
    if (c === SPACE) return i > start;
    if (c === CR && i === start) return i === bytes.length - 1;
    if (c < SPACE || c > 126 || i - start > LONGEST_METHOD) return false;
  }
  return true;
}

/** Reads the complete head in `bytes[from, end)`, or says why it cannot be framed. */
export function readHead(
  bytes: Buffer,
  from: number,
  end: number,
  kind: 'request' | 'response',
): HeadFacts | FramingReason {
  let at = skipEmptyLines(bytes, from);
  const startEnd = bytes.indexOf(LF, at);
  const start = startLine(bytes.toString('latin1', at, startEnd).trimEnd(), kind);
  if (start === undefined) return 'not-http';
  at = startEnd + 1;

  let contentLength = -1;
  let codings = '';
  let host: string | null | undefined;

  while (at < end) {
    const line = at;
    if (bytes[line] === LF || (bytes[line] === CR && bytes[line + 1] === LF)) break;
    let c = bytes[at] as number;
    while (c > SPACE && c !== COLON) c = bytes[++at] as number;
    if (c === NUL) return 'nul-in-head';
    if (c !== COLON || at === line) return 'bad-header-line';
    const nameEnd = at;
    c = bytes[++at] as number;
    while (c !== LF && c !== CR && c !== NUL) c = bytes[++at] as number;
    if (c === NUL) return 'nul-in-head';
    const valueEnd = at;
    if (c === CR && bytes[++at] !== LF) return 'bad-header-line';
    at++;

    const length = nameEnd - line;
    if (length === 14 && named(bytes, line, 'content-length')) {
      const value = contentLengthOf(text(bytes, nameEnd + 1, valueEnd));
      if (typeof value === 'string') return value;
      if (contentLength >= 0 && value !== contentLength) return 'conflicting-content-length';
      contentLength = value;
    } else if (length === 17 && named(bytes, line, 'transfer-encoding')) {
      codings = `${codings},${text(bytes, nameEnd + 1, valueEnd).toLowerCase()}`;
    } else if (length === 4 && named(bytes, line, 'host')) {
      const value = text(bytes, nameEnd + 1, valueEnd);
      host = host === undefined || host === value ? value : null;
    }
  }

  const transfer = transferOf(codings);
  if (transfer !== 'none') {
    if (contentLength >= 0) return 'length-with-transfer-encoding';
    if (transfer === 'ambiguous' || start.version === '1.0') return 'unknown-transfer-encoding';
  }
  const { method, target, status } = start;
  return { method, target, status, contentLength, transfer, host };
}

interface StartLine {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly version: string;
}

function startLine(line: string, kind: 'request' | 'response'): StartLine | undefined {
  if (kind === 'request') {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +(\S+) +HTTP\/(1\.[0-9])$/.exec(line);
    return match
      ? { method: match[1] ?? '', target: match[2] ?? '', status: 0, version: match[3] ?? '' }
      : undefined;
  }
  const match = /^HTTP\/(1\.[0-9]) +([1-9][0-9]{2})(?: |$)/.exec(line);
  return match ? { method: '', target: '', status: Number(match[2]), version: match[1] ?? '' } : undefined;
}

function named(bytes: Buffer, from: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if (((bytes[from + i] as number) | 32) !== (name.charCodeAt(i) | 32)) return false;
  }
  return true;
}

function text(bytes: Buffer, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && (bytes[start] === SPACE || bytes[start] === TAB)) start++;
  while (end > start && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--;
  return bytes.toString('latin1', start, end);
}

function contentLengthOf(value: string): number | FramingReason {
  const values = value.split(',').map((v) => v.trim());
  const [first = ''] = values;
  if (!values.every((v) => /^[0-9]+$/.test(v))) return 'bad-content-length';
  const length = Number(first);
  if (!Number.isSafeInteger(length)) return 'bad-content-length';
  return values.every((v) => Number(v) === length) ? length : 'conflicting-content-length';
}

function transferOf(codings: string): HeadFacts['transfer'] | 'ambiguous' {
  if (codings === '') return 'none';
  const list = codings
    .split(',')
    .map((c) => c.trim())
    .filter((c) => c !== '');
  const chunkedAt = list.indexOf('chunked');
  if (chunkedAt < 0) return list.length === 0 ? 'ambiguous' : 'other';
  return chunkedAt === list.length - 1 ? 'chunked' : 'ambiguous';
}
