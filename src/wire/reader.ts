import type { ExchangeReason, FramingReason } from '../model/exchange.js';
import type { BodyFraming } from './body.js';
import { ChunkedBody, LengthBody, toCloseBody } from './body.js';
import { GatheredBytes } from './bytes.js';
import type { HeadFacts } from './head.js';
import { findHeadEnd, mayBeHead, readHead, skipEmptyLines } from './head.js';

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
 * What it tells does not depend on how the bytes are cut into chunks.
 */
export class MessageReader {
  readonly #asked: AskedMethod | null;
  readonly #events: ReaderEvents;
  readonly #maxHead: number;
  #state: 'head' | 'body' | 'tunnel' = 'head';
  #body: BodyFraming = toCloseBody;
  /** A head that is not all there. */
  #partial = new GatheredBytes();
  /** How many bytes at the start of it are empty lines. */
  #partialStart = 0;
  /** Bytes of the stream before the chunk that is being read. */
  #offset = 0;
  #paused = false;

  /**
   * `asked` is null for requests. `maxHead` bounds a head, and the trailers of a chunked body, in bytes.
   */
  constructor(asked: AskedMethod | null, events: ReaderEvents, maxHead: number) {
    this.#asked = asked;
    this.#events = events;
    this.#maxHead = maxHead;
  }

  /**
   * How many of the last bytes pushed belong to a head that is not complete. Empty lines alone are no head yet:
   * some clients send one behind a body and nothing more.
   */
  get partialBytes(): number {
    return this.#partialStart < this.#partial.length ? this.#partial.length : 0;
  }

  /** Reads on. Says how many bytes of the chunk it has read: fewer than all when it was told to {@link pause}. */
  push(chunk: Buffer): number {
    let at = 0;
    this.#paused = false;
    while (at < chunk.length && !this.#paused) {
      if (this.#state === 'head') at = this.#takeHead(chunk, at);
      else if (this.#state === 'body') at = this.#takeBody(chunk, at);
      else {
        this.#events.onTunnel(at === 0 ? chunk : chunk.subarray(at));
        at = chunk.length;
      }
    }
    this.#offset += at;
    return at;
  }

  /** Reads nothing more of the chunk at hand; to be called from an event. */
  pause(): void {
    this.#paused = true;
  }

  /** The sender has closed its side: a body that runs to the close is complete. */
  end(): void {
    if (this.#state === 'body' && this.#body === toCloseBody) this.#messageEnd();
  }

  /** Gives up framing: what is held of a head, and everything that follows, is a tunnel. */
  becomeTunnel(reason: ExchangeReason): void {
    if (this.#state === 'tunnel') return;
    this.#state = 'tunnel';
    const held = this.#partial.view;
    this.#dropPartial();
    this.#events.onRefused(reason);
    if (held.length > 0) this.#events.onTunnel(held);
  }

  /** Returns the offset up to which the chunk was used. */
  #takeHead(chunk: Buffer, from: number): number {
    const held = this.#partial.length;
    if (held === 0) {
      const start = skipEmptyLines(chunk, from);
      const end = findHeadEnd(chunk, start);
      if (end >= 0) return this.#headComplete(chunk, from, start, end, this.#offset + from) ? end : from;
    }
    this.#partial.append(from === 0 ? chunk : chunk.subarray(from));
    const bytes = this.#partial.view;
    const start = skipEmptyLines(bytes, this.#partialStart);
    this.#partialStart = start;
    // A blank line may lie across the seam: three bytes of what was searched already are looked at again.
    const end = findHeadEnd(bytes, start, held - 3);
    if (end >= 0) {
      const complete = this.#headComplete(bytes, 0, start, end, this.#offset + from - held);
      return complete ? from + end - held : chunk.length;
    }
    const reason = this.#objection(bytes, 0, start, bytes.length);
    if (reason) this.becomeTunnel(reason);
    return chunk.length;
  }

  /**
   * Whether the head `bytes[from, end)`, whose start line is at `start`, could be framed. `offset` is where it lies
   * in the stream.
   */
  #headComplete(bytes: Buffer, from: number, start: number, end: number, offset: number): boolean {
    const asked = this.#asked?.();
    const facts = this.#objection(bytes, from, start, end) ?? this.#read(bytes, start, end, asked);
    if (typeof facts === 'string') return this.#refuse(facts);
    const { status } = facts;
    const upgraded = status === 101 || (asked === 'CONNECT' && status >= 200 && status < 300);
    const body = upgraded ? null : this.#bodyOf(facts, asked);
    if (typeof body === 'string') return this.#refuse(body);

    if (this.#partial.length > 0) this.#dropPartial();
    const head = bytes.subarray(from, end);
    if (status >= 100 && status < 200 && !upgraded) {
      this.#events.onInterim(head);
      return true;
    }
    this.#body = body ?? toCloseBody;
    this.#state = body ? 'body' : 'head';
    this.#events.onHead(head, facts, offset);
    if (upgraded) this.becomeTunnel('upgraded');
    else if (!body && this.#state === 'head') this.#messageEnd();
    return true;
  }

  /** What can be said against the beginning of a head. The same for every way in which it may be cut. */
  #objection(bytes: Buffer, from: number, start: number, to: number): FramingReason | undefined {
    const limit = from + this.#maxHead;
    if (!mayBeHead(bytes, start, Math.min(to, limit))) return 'not-http';
    return to > limit ? 'head-too-large' : undefined;
  }

  #read(bytes: Buffer, start: number, end: number, asked: string | undefined): HeadFacts | FramingReason {
    if (!this.#asked) return readHead(bytes, start, end, 'request');
    return asked === undefined ? 'response-without-request' : readHead(bytes, start, end, 'response');
  }

  #refuse(reason: FramingReason): false {
    this.becomeTunnel(reason);
    return false;
  }

  #dropPartial(): void {
    this.#partial = new GatheredBytes();
    this.#partialStart = 0;
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

  /** Returns the offset up to which the chunk was used. */
  #takeBody(chunk: Buffer, from: number): number {
    const body = this.#body;
    const end = body.take(chunk, from);
    if (end > from) this.#events.onBody(end - from === chunk.length ? chunk : chunk.subarray(from, end));
    if (body.state === 'ended') this.#messageEnd();
    else if (body.state !== 'open') this.becomeTunnel(body.state);
    return end;
  }

  #messageEnd(): void {
    this.#state = 'head';
    this.#body = toCloseBody;
    this.#events.onEnd();
  }
}
