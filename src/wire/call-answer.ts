import type { Exchange, ExchangeReason, FramingReason, RawMessage } from '../model/exchange.js';
import { keepsAlive, parseHead } from '../model/message.js';
import { GatheredBytes } from './bytes.js';
import { MessageReader } from './reader.js';

/** Bounds of an answer in bytes. More than that is not an answer to anything that we ask. */
export interface AnswerLimits {
  /** Of the head, of all interim heads, and of the trailers. */
  readonly maxHeadBytes: number;
  readonly maxBodyBytes: number;
}

/** What is wrong with an answer: it is too large, or cannot be framed. */
export type AnswerFault = 'too-large' | FramingReason;

/** The answer to one request of our own, as it comes. */
export class IncomingAnswer {
  fault: AnswerFault | null = null;
  readonly #request: RawMessage;
  readonly #reader: MessageReader;
  readonly #startedAtUs = Date.now() * 1000;
  readonly #startedAt = performance.now();
  #firstByteAt = -1;
  #head: Buffer | null = null;
  #keepAlive = false;
  readonly #interim = new GatheredBytes();
  readonly #body = new GatheredBytes();
  #bodyBytes = 0;
  #complete = false;

  constructor(request: RawMessage, limits: AnswerLimits) {
    this.#request = request;
    const [method] = parseHead(request.head).start;
    // Behind a whole answer none is asked for.
    const asked = () => (this.#complete ? undefined : method);
    this.#reader = new MessageReader(
      asked,
      {
        onHead: (head) => {
          this.#head = head;
          this.#keepAlive = keepsAlive(parseHead(head));
        },
        onInterim: (head) => this.#append(this.#interim, head, limits.maxHeadBytes),
        onBody: (slice) => this.#takeBody(slice, limits.maxBodyBytes),
        onEnd: () => {
          this.#complete = true;
        },
        onRefused: (reason) => this.#refused(reason as FramingReason),
        onTunnel: (slice) => {
          if (!this.#complete) this.#takeBody(slice, limits.maxBodyBytes);
        },
      },
      limits.maxHeadBytes,
    );
  }

  /** Whether there is nothing to wait for any more: it is whole, or something is wrong with it. */
  get isOver(): boolean {
    return this.#complete || this.fault !== null;
  }

  /** The whole answer; null as long as it is not. */
  get whole(): RawMessage | null {
    return this.#complete && this.fault === null ? this.#response() : null;
  }

  /** Whether another request can be sent on the connection: the answer is whole, and nothing came behind it. */
  get keepsConnection(): boolean {
    return this.#complete && this.#keepAlive && this.fault === null && this.#reader.partialBytes === 0;
  }

  push(chunk: Buffer): void {
    if (this.#firstByteAt < 0) this.#firstByteAt = performance.now();
    this.#reader.push(chunk);
  }

  /** Upstream has closed: a body that runs to the close is whole. */
  end(): void {
    this.#keepAlive = false;
    this.#reader.end();
  }

  /** The exchange as it stands. `reason` is why it is not whole, if it is not. */
  exchange(connection: string, upstream: string, reason: ExchangeReason | null): Exchange {
    const since = (at: number): number => Math.max(0, Math.round((at - this.#startedAt) * 1000));
    return {
      connection,
      source: 'catch-up',
      startedAtUs: this.#startedAtUs,
      responseAfterUs: this.#firstByteAt < 0 ? null : since(this.#firstByteAt),
      endedAfterUs: since(performance.now()),
      client: '',
      upstream,
      answered: 'upstream',
      reason,
      request: this.#request,
      interim: this.#interim.view,
      response: this.#head === null && this.#body.length === 0 ? null : this.#response(),
    };
  }

  #response(): RawMessage {
    const body = this.#body.view;
    const head = this.#head ?? new Uint8Array(0);
    return { head, body, bodyBytes: this.#bodyBytes, complete: this.#complete };
  }

  #takeBody(slice: Buffer, limit: number): void {
    this.#bodyBytes += slice.length;
    this.#append(this.#body, slice, limit);
  }

  #append(gathered: GatheredBytes, slice: Buffer, limit: number): void {
    const room = limit - gathered.length;
    if (room > 0) gathered.append(slice.subarray(0, room));
    if (slice.length > room) this.fault ??= 'too-large';
  }

  #refused(reason: FramingReason): void {
    // Something behind a whole answer spoils the connection, not the answer.
    if (this.#complete) this.#keepAlive = false;
    else this.fault ??= reason === 'head-too-large' || reason === 'trailer-too-large' ? 'too-large' : reason;
  }
}
