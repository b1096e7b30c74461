import type { Exchange, ExchangeReason, RawMessage } from '../model/exchange.js';
import { header, parseHead } from '../model/message.js';
import { findHeadEnd } from '../wire/head.js';
import { MessageReader } from '../wire/reader.js';
import type { Found, ImportReason, Problem } from './reasons.js';

/**
 * A `.http` dump: both directions of one TCP stream in the order in which they crossed. An exchange is
 *
 *     request head, interim (1xx) heads, request body, response head, response body
 *
 * byte for byte as on the wire, and exchanges follow one another without anything between them.
 */

/** One exchange of a dump. */
export interface Dumped {
  readonly request: RawMessage;
  readonly interim: Uint8Array;
  /** Null when the dump ends behind a whole request. */
  readonly response: RawMessage | null;
  /** Offset behind it in the bytes that were given. */
  readonly end: number;
}

export type DumpRead =
  | Dumped
  /** It does not end in these bytes. */
  | 'more'
  /** `at` is an offset in the bytes that were given. */
  | { readonly reason: ImportReason; readonly at: number };

const MAX_HEAD = 1_048_576;
const MAX_EXCHANGE = 536_870_912;
/** A Date that is later does not fit into microseconds: the year 2255. */
const LATEST_MS = 9_007_199_254_000;
/** How many bytes tell the start of an interim head from a body. */
const INTERIM_START = 16;

/**
 * Reads the exchange that starts at the first byte of `bytes`; `final` says that nothing follows them. Pure: to
 * go on after `more`, give all bytes again with those that follow.
 */
export function readDumped(bytes: Buffer, final: boolean): DumpRead {
  const unfinished = (at: number): DumpRead => (final ? { reason: 'ends-early', at } : 'more');

  const request = new OneMessage(null);
  const headEnd = findHeadEnd(bytes, 0);
  request.push(headEnd < 0 ? bytes : bytes.subarray(0, headEnd));
  if (request.reason === 'not-http') return { reason: 'request-missing', at: 0 };
  if (request.reason) return { reason: request.reason, at: 0 };
  if (headEnd < 0) return final && !isCutHead(bytes) ? { reason: 'request-missing', at: 0 } : unfinished(0);

  let bodyStart = headEnd;
  if (!request.done) {
    if (!final && bytes.length < headEnd + INTERIM_START) return 'more';
    bodyStart = skipInterim(bytes, headEnd);
    if (bodyStart < 0) return unfinished(0);
    request.push(bytes.subarray(bodyStart));
    if (request.reason) return { reason: request.reason, at: 0 };
    if (!request.done) return unfinished(0);
  }

  const answerStart = bodyStart + request.bodyBytes;
  const answer = new OneMessage(parseHead(request.head).start[0]);
  answer.push(bytes.subarray(answerStart));
  if (final) answer.end();
  if (answer.reason === 'not-http') return { reason: 'answer-missing', at: answerStart };
  if (answer.reason) return { reason: answer.reason, at: answerStart };
  const interim = Buffer.concat(answer.interim);
  const absent = final && answerStart === bytes.length;
  if (!answer.done && !absent) return unfinished(answerStart);
  return {
    request: request.message(),
    interim: Buffer.concat([bytes.subarray(headEnd, bodyStart), interim]),
    response: absent ? null : answer.message(),
    end: answerStart + interim.length + answer.head.length + answer.bodyBytes,
  };
}

/** An exchange as a dump, or nothing when it could not be told apart from what follows it there. */
export function toDump(exchange: Exchange): Buffer | null {
  const { request, interim, response } = exchange;
  if (response === null) return null;
  const bytes = Buffer.concat([request.head, interim, request.body, response.head, response.body]);
  const read = readDumped(bytes, false);
  return typeof read === 'object' && 'end' in read && read.end === bytes.length ? bytes : null;
}

/** A file that a dump is read from. */
export interface DumpFile {
  /** Its base name, which becomes the source of the exchanges. */
  readonly name: string;
  readonly modifiedMs: number;
  readonly chunks: AsyncIterable<Buffer>;
}

/**
 * The exchanges of a dump, in order. The first problem ends it: nobody knows where the next exchange starts.
 *
 * An exchange has the time of its answer's Date, or else that of the exchange before it, or else that of the file;
 * and as many microseconds more as exchanges come before it, so that two equal ones in one second stay two, and
 * the same file read again gives the same times.
 */
export async function* readDump({ name, modifiedMs, chunks }: DumpFile): AsyncGenerator<Found> {
  let index = 0;
  let timeMs = Math.max(0, Math.floor(modifiedMs));
  for await (const found of dumped(chunks)) {
    if ('problem' in found) {
      yield found;
      return;
    }
    const { request, interim, response } = found;
    const date = Date.parse(response ? (header(parseHead(response.head).headers, 'date') ?? '') : '');
    if (date >= 0 && date <= LATEST_MS) timeMs = date;
    yield {
      masked: false,
      exchange: {
        connection: name,
        source: name,
        startedAtUs: timeMs * 1000 + index++,
        responseAfterUs: response && 0,
        endedAfterUs: 0,
        client: '',
        upstream: '',
        answered: 'upstream',
        reason: null,
        request,
        interim,
        response,
      },
    };
  }
}

async function* dumped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Dumped | { problem: Problem }> {
  let window: Buffer = Buffer.alloc(0);
  /** Offset of the window in the file. */
  let offset = 0;

  function* take(final: boolean): Generator<Dumped | { problem: Problem }> {
    for (;;) {
      if (window.every((byte) => byte === 10 || byte === 13)) return;
      const read = readDumped(window, final);
      if (read === 'more') return;
      if ('reason' in read) {
        yield { problem: { reason: read.reason, at: offset + read.at, detail: '' } };
        return;
      }
      yield read;
      window = window.subarray(read.end);
      offset += read.end;
    }
  }

  let waiting: Buffer[] = [];
  for await (const chunk of chunks) {
    waiting.push(chunk);
    // Doubling, so that a long exchange is not looked at again for every chunk of it.
    if (waiting.reduce((sum, { length }) => sum + length, 0) < window.length) continue;
    window = Buffer.concat([window, ...waiting]);
    waiting = [];
    yield* take(false);
    if (window.length > MAX_EXCHANGE) {
      yield { problem: { reason: 'too-large', at: offset, detail: '' } };
      return;
    }
  }
  window = Buffer.concat([window, ...waiting]);
  yield* take(true);
}

/** Whether bytes without the end of a head are the start of a request, and not of something else altogether. */
function isCutHead(bytes: Buffer): boolean {
  const lf = bytes.indexOf(10);
  const line = bytes.toString('latin1', 0, lf < 0 ? MAX_HEAD : lf);
  return lf < 0 ? /^[!-~]+( [!-~]*){0,2}\r?$/.test(line) : /^[!-~]+ [!-~]+ HTTP\/1\.[0-9]\r?$/.test(line);
}

/** The offset behind the interim heads that start at `from`, -1 when the last of them does not end. */
function skipInterim(bytes: Buffer, from: number): number {
  let at = from;
  while (/^HTTP\/1\.[0-9] +1[0-9]{2}[ \r\n]/.test(bytes.toString('latin1', at, at + INTERIM_START))) {
    at = findHeadEnd(bytes, at);
    if (at < 0) return -1;
  }
  return at;
}

/** The first message that is pushed, by the reader of the wire; what follows it is passed over. */
class OneMessage {
  head: Buffer = Buffer.alloc(0);
  readonly interim: Buffer[] = [];
  bodyBytes = 0;
  done = false;
  reason: ExchangeReason | null = null;
  readonly #body: Buffer[] = [];
  readonly #reader: MessageReader;

  /** `asked` is the method that a response answers, null for a request. */
  constructor(asked: string | null) {
    this.#reader = new MessageReader(
      asked === null ? null : () => asked,
      {
        onHead: (head) => {
          if (!this.done) this.head = head;
        },
        onInterim: (head) => {
          if (!this.done) this.interim.push(head);
        },
        onBody: (slice) => {
          if (this.done) return;
          this.bodyBytes += slice.length;
          this.#body.push(slice);
        },
        onEnd: () => {
          this.done = true;
        },
        onRefused: (reason) => {
          if (!this.done) this.reason = reason;
        },
        onTunnel: () => undefined,
      },
      MAX_HEAD,
    );
  }

  push(bytes: Buffer): void {
    this.#reader.push(bytes);
  }

  /** Nothing follows: a body that runs to the close is whole. */
  end(): void {
    this.#reader.end();
  }

  message(): RawMessage {
    const body = Buffer.concat(this.#body);
    return { head: this.head, body, bodyBytes: body.length, complete: true };
  }
}
