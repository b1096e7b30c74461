import type { ExchangeReason, FramingReason } from '../model/exchange.js';
import type { BodyFraming } from './body.js';
import { ChunkedBody, LengthBody, toCloseBody } from './body.js';
import type { HeadFacts } from './head.js';
import { findHeadEnd, mayBeHead, readHead } from './head.js';

/** What a reader tells of one direction of a connection, in the order of the bytes. */
export interface ReaderEvents {
  /** A complete head, and where it starts in the stream. For responses a final one, or 101. */
  onHead(head: Buffer, facts: HeadFacts, start: number): void;
  /** A complete interim response: 1xx but not 101. */
  onInterim(head: Buffer): void;
  /** Raw body bytes, framing included. */
  onBody(slice: Buffer): void;
  /** The message is complete. */
  onEnd(): void;
  /** From here on the bytes are a tunnel. Those of a head that could not be read follow as onTunnel. */
  onRefused(reason: ExchangeReason): void;
  /** Bytes of the tunnel. */
  onTunnel(slice: Buffer): void;
}

/** The method of the request that the next response answers; undefined when none waits for an answer. */
export type AskedMethod = () => string | undefined;

/**
 * Finds HTTP/1.x messages in one direction of a connection (RFC 9112). Passive: it sees the bytes, keeps slices
 * of them, alters nothing and does no I/O. What it cannot frame it gives a name, and is a tunnel from then on.
 */
export class MessageReader {
  readonly #asked: AskedMethod | null;
  readonly #events: ReaderEvents;
  readonly #maxHead: number;
  #state: 'head' | 'body' | 'tunnel' = 'head';
  #body: BodyFraming = toCloseBody;
  /** A head that is not all there: the first `#partialBytes` bytes. */
  #partial: Buffer = Buffer.alloc(0);
  #partialBytes = 0;
  /** Bytes of the stream before the chunk that is being read. */
  #offset = 0;

  /**
   * `asked` is null for requests. `maxHead` bounds a head, and the trailers of a chunked body, in bytes.
   */
  constructor(asked: AskedMethod | null, events: ReaderEvents, maxHead: number) {
    this.#asked = asked;
    this.#events = events;
    this.#maxHead = maxHead;
  }

  /** How many of the last bytes pushed belong to a head that is not complete. */
  get partialBytes(): number {
    return this.#partialBytes;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === 'head') at = this.#takeHead(chunk, at);
      else if (this.#state === 'body') at = this.#takeBody(chunk, at);
      else {
        this.#events.onTunnel(at === 0 ? chunk : chunk.subarray(at));
        break;
      }
    }
    this.#offset += chunk.length;
  }

  /** The sender has closed its side: a body that runs to the close is complete. */
  end(): void {
    if (this.#state === 'body' && this.#body === toCloseBody) this.#messageEnd();
  }

  /** Gives up framing: what is held of a head, and everything that follows, is a tunnel. */
  becomeTunnel(reason: ExchangeReason): void {
    if (this.#state === 'tunnel') return;
    this.#state = 'tunnel';
    const held = this.#partial.subarray(0, this.#partialBytes);
    this.#partial = Buffer.alloc(0);
    this.#partialBytes = 0;
    this.#events.onRefused(reason);
    if (held.length > 0) this.#events.onTunnel(held);
  }

  /** Returns the offset up to which the chunk was used. */
  #takeHead(chunk: Buffer, from: number): number {
    if (this.#partialBytes === 0) {
      const end = findHeadEnd(chunk, from);
      if (end < 0) return this.#holdPartial(chunk.subarray(from), chunk.length);
      return this.#headComplete(chunk, from, end, this.#offset + from) ? end : from;
    }
    const before = this.#partialBytes;
    this.#append(chunk.subarray(from));
    // A blank line may lie across the seam: three bytes of what was searched already are looked at again.
    const end = findHeadEnd(this.#partial.subarray(0, this.#partialBytes), 0, before - 3);
    this.#partialBytes = before;
    if (end < 0) return this.#holdPartial(chunk.subarray(from), chunk.length);
    const complete = this.#headComplete(this.#partial, 0, end, this.#offset + from - before);
    return complete ? from + end - before : from;
  }

  #holdPartial(slice: Buffer, used: number): number {
    this.#append(slice);
    if (this.#partialBytes > this.#maxHead) this.becomeTunnel('head-too-large');
    else if (!mayBeHead(this.#partial.subarray(0, this.#partialBytes))) this.becomeTunnel('not-http');
    return used;
  }

  /** Appends to the held head, in a buffer that doubles, so that a head that trickles in costs little. */
  #append(slice: Buffer): void {
    const length = this.#partialBytes + slice.length;
    if (length > this.#partial.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#partial.length));
      this.#partial.copy(larger, 0, 0, this.#partialBytes);
      this.#partial = larger;
    }
    slice.copy(this.#partial, this.#partialBytes);
    this.#partialBytes = length;
  }

  /** Whether the head could be framed. If so, nothing of it is held any more. */
  #headComplete(bytes: Buffer, from: number, end: number, start: number): boolean {
    const asked = this.#asked?.();
    if (this.#asked && asked === undefined) return this.#refuse('response-without-request');
    if (end - from > this.#maxHead) return this.#refuse('head-too-large');
    const facts = readHead(bytes, from, end, this.#asked ? 'response' : 'request');
    if (typeof facts === 'string') return this.#refuse(facts);
    const upgraded =
      facts.status === 101 || (asked === 'CONNECT' && facts.status >= 200 && facts.status < 300);
    const body = upgraded ? null : this.#bodyOf(facts, asked);
    if (typeof body === 'string') return this.#refuse(body);

    this.#partial = Buffer.alloc(0);
    this.#partialBytes = 0;
    const head = bytes.subarray(from, end);
    if (facts.status >= 100 && facts.status < 200 && !upgraded) {
      this.#events.onInterim(head);
      return true;
    }
    this.#events.onHead(head, facts, start);
    if (upgraded) this.becomeTunnel('upgraded');
    else if (body) {
      this.#body = body;
      this.#state = 'body';
    } else this.#messageEnd();
    return true;
  }

  #refuse(reason: FramingReason): false {
    this.becomeTunnel(reason);
    return false;
  }

  /** How the body ends (RFC 9112 section 6.3); null when there is none. */
  #bodyOf(facts: HeadFacts, asked: string | undefined): BodyFraming | FramingReason | null {
    const { status, transfer, contentLength } = facts;
    if (asked === 'HEAD' || (status >= 100 && status < 200) || status === 204 || status === 304) return null;
    if (transfer === 'chunked') return new ChunkedBody(this.#maxHead);
    if (transfer === 'other') return this.#asked ? toCloseBody : 'unknown-transfer-encoding';
    if (contentLength >= 0) return contentLength === 0 ? null : new LengthBody(contentLength);
    return this.#asked ? toCloseBody : null;
  }

  #takeBody(chunk: Buffer, from: number): number {
    const end = this.#body.take(chunk, from);
    if (typeof end === 'string') {
      this.becomeTunnel(end);
      return from;
    }
    if (end < 0) {
      this.#events.onBody(from === 0 ? chunk : chunk.subarray(from));
      return chunk.length;
    }
    this.#events.onBody(from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end));
    this.#messageEnd();
    return end;
  }

  #messageEnd(): void {
    this.#state = 'head';
    this.#body = toCloseBody;
    this.#events.onEnd();
  }
}
