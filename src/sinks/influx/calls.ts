import type { Outcome } from '../sink.js';

/** Deliveries in bounded time, which can all be ended from outside. */
export class Calls {
  readonly #timeoutMs: number;
  readonly #pending = new Set<AbortController>();

  /** `timeoutMs` bounds a whole delivery. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Resolves to what `call` does, or to a time-out when that takes too long or {@link Calls.end} is called. Does not
   * wait for the call to take notice of its signal: a library may not.
   */
  async run(call: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
    const abort = new AbortController();
    const aborted = new Promise<Outcome>((resolve) => {
      abort.signal.onabort = () =>
        resolve({ kind: 'retry', cause: 'timeout', message: String(abort.signal.reason) });
    });
    const timer = setTimeout(
      () => abort.abort(`no answer within ${this.#timeoutMs / 1000} s`),
      this.#timeoutMs,
    );
    this.#pending.add(abort);
    try {
      return await Promise.race([aborted, call(abort.signal)]);
    } finally {
      clearTimeout(timer);
      this.#pending.delete(abort);
    }
  }

  end(): void {
    for (const abort of this.#pending) abort.abort('closed before the answer came');
  }
}
