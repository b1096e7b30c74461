import type { Answered, Exchange, ExchangeReason, RawMessage } from '../model/exchange.js';

const NO_BYTES = Buffer.alloc(0);

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

/** A message as it is being copied: slices of the very chunks that crossed. */
export class MessageCopy {
  head: Buffer = NO_BYTES;
  complete = false;
  #slices: Buffer[] = [];
  #keptBytes = 0;
  #bodyBytes = 0;

  append(slice: Buffer, limits: CopyLimits): void {
    // Once cut, a copy stays cut: bytes behind a gap would look as if they followed.
    const cut = this.#keptBytes < this.#bodyBytes;
    this.#bodyBytes += slice.length;
    const room = Math.min(limits.maxBodyBytes - this.#keptBytes, limits.budget.leftBytes);
    if (cut || room <= 0) return;
    const kept = slice.length <= room ? slice : slice.subarray(0, room);
    this.#slices.push(kept);
    this.#keptBytes += kept.length;
    limits.budget.leftBytes -= kept.length;
  }

  /** The message as copied. Its bytes no longer count against the budget. */
  release(budget: TapBudget): RawMessage {
    budget.leftBytes += this.#keptBytes;
    const [only] = this.#slices;
    const body = only && this.#slices.length === 1 ? only : Buffer.concat(this.#slices);
    return { head: this.head, body, bodyBytes: this.#bodyBytes, complete: this.complete };
  }
}

/** An exchange that is not over. */
export class OpenExchange {
  /** Request method; empty when the request could not be framed. */
  readonly method: string;
  readonly request = new MessageCopy();
  /** Interim heads, one behind the other. */
  readonly interim = new MessageCopy();
  response: MessageCopy | null = null;
  answered: Answered = 'upstream';
  reason: ExchangeReason | null = null;
  readonly #startedAtUs: number;
  readonly #startedAt: number;
  #responseAt: number | null = null;

  /** `startedAt` and `now` are of the monotonic clock, in milliseconds. */
  constructor(method: string, startedAt: number, now: number) {
    this.method = method;
    this.#startedAt = startedAt;
    this.#startedAtUs = Math.round((Date.now() - (now - startedAt)) * 1000);
  }

  /** The first byte of an answer came, if none did before. */
  answerBegins(now: number): void {
    this.#responseAt ??= now;
  }

  get isOver(): boolean {
    return this.request.complete && this.response?.complete === true;
  }

  finish(
    now: number,
    budget: TapBudget,
    where: Pick<Exchange, 'connection' | 'client' | 'upstream'>,
  ): Exchange {
    const since = (at: number) => Math.max(0, Math.round((at - this.#startedAt) * 1000));
    return {
      ...where,
      source: 'live',
      startedAtUs: this.#startedAtUs,
      responseAfterUs: this.#responseAt === null ? null : since(this.#responseAt),
      endedAfterUs: since(now),
      answered: this.answered,
      reason: this.reason,
      request: this.request.release(budget),
      interim: this.interim.release(budget).body,
      response: this.response?.release(budget) ?? null,
    };
  }
}
