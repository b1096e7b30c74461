import type { Answered, Exchange, ExchangeReason, RawMessage } from '../model/exchange.js';
import { GatheredBytes } from './bytes.js';

const NO_BYTES = Buffer.alloc(0);

/** So much of a body is kept even when the budget is used up: a scale's bodies are small, and the point of it all. */
const ALWAYS_KEPT_BYTES = 16 * 1024;

/** Bytes of copies that all connections may hold together, so that many large bodies cannot fill the memory. */
export interface TapBudget {
  leftBytes: number;
}

/** Bounds of the copies that the tap keeps. */
export interface CopyLimits {
  /** Bytes kept of one body; the rest is counted only. */
  readonly maxBodyBytes: number;
  readonly budget: TapBudget;
}

/** A message as it is being copied. Small ones are slices of the very chunks that crossed. */
export class MessageCopy {
  complete = false;
  #head: Buffer;
  readonly #body = new GatheredBytes();
  #bodyBytes = 0;

  /** `head` is empty when none could be framed. */
  constructor(head: Buffer, { budget }: CopyLimits) {
    this.#head = head;
    budget.leftBytes -= head.length;
  }

  append(slice: Buffer, { maxBodyBytes, budget }: CopyLimits): void {
    const kept = this.#body.length;
    // Once cut, a copy stays cut: bytes behind a gap would look as if they followed.
    const cut = kept < this.#bodyBytes;
    this.#bodyBytes += slice.length;
    const room = Math.min(maxBodyBytes - kept, Math.max(budget.leftBytes, ALWAYS_KEPT_BYTES - kept));
    if (cut || room <= 0) return;
    const piece = slice.length <= room ? slice : slice.subarray(0, room);
    this.#body.append(piece);
    budget.leftBytes -= piece.length;
  }

  /** The message as copied so far. */
  get view(): RawMessage {
    return { head: this.#head, body: this.#body.view, bodyBytes: this.#bodyBytes, complete: this.complete };
  }

  /**
   * The message as copied, to be asked for once. Its bytes no longer count against the budget, and are not held
   * here any more: what a connection holds between two exchanges outlives the young generation, and piles up.
   */
  release(budget: TapBudget): RawMessage {
    const head = this.#head;
    const body = this.#body.take(this.#body.length);
    this.#head = NO_BYTES;
    budget.leftBytes += head.length + body.length;
    return { head, body, bodyBytes: this.#bodyBytes, complete: this.complete };
  }
}

/** An exchange that is not over. */
export class OpenExchange {
  /** Request method; empty when the request could not be framed. */
  readonly method: string;
  readonly request: MessageCopy;
  /** Interim heads, one behind the other, as if they were a body. */
  interim: MessageCopy | null = null;
  response: MessageCopy | null = null;
  answered: Answered = 'upstream';
  reason: ExchangeReason | null = null;
  readonly #startedAtUs: number;
  readonly #startedAt: number;
  #responseAt = -1;

  /** `startedAt` and `now` are of the monotonic clock, in milliseconds. */
  constructor(method: string, request: MessageCopy, startedAt: number, now: number) {
    this.method = method;
    this.request = request;
    this.#startedAt = startedAt;
    this.#startedAtUs = Math.round((Date.now() - (now - startedAt)) * 1000);
  }

  /** A byte of an answer came; only the first one counts. */
  answerBegins(now: number): void {
    if (this.#responseAt < 0) this.#responseAt = now;
  }

  get isOver(): boolean {
    return this.request.complete && this.response?.complete === true;
  }

  /** The exchange as it stands, with `endedAt` of the monotonic clock as its end. */
  finish(
    endedAt: number,
    budget: TapBudget,
    { connection, client, upstream }: Pick<Exchange, 'connection' | 'client' | 'upstream'>,
  ): Exchange {
    return {
      connection,
      source: 'live',
      startedAtUs: this.#startedAtUs,
      responseAfterUs: this.#responseAt < 0 ? null : this.#sinceStart(this.#responseAt),
      endedAfterUs: this.#sinceStart(endedAt),
      client,
      upstream,
      answered: this.answered,
      reason: this.reason,
      request: this.request.release(budget),
      interim: this.interim?.release(budget).body ?? NO_BYTES,
      response: this.response?.release(budget) ?? null,
    };
  }

  /** In whole microseconds. */
  #sinceStart(at: number): number {
    return Math.max(0, Math.round((at - this.#startedAt) * 1000));
  }
}
