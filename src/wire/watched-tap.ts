import type { Tap } from './tap.js';

/** A tap whose own faults do not touch the traffic: after the first one it is shown nothing any more. */
export class WatchedTap {
  readonly #tap: Tap;
  readonly #onFault: (error: unknown) => void;
  #blind = false;

  constructor(tap: Tap, onFault: (error: unknown) => void) {
    this.#tap = tap;
    this.#onFault = onFault;
  }

  /** Whether no exchange is open. Without the tap nobody knows. */
  get isIdle(): boolean {
    return !this.#blind && this.#tap.openCount === 0;
  }

  show(step: (tap: Tap) => void): void {
    if (this.#blind) return;
    try {
      step(this.#tap);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** How many bytes of a chunk of the client's it has read; all, when it is not there any more. */
  fromClient(chunk: Buffer): number {
    if (this.#blind) return chunk.length;
    try {
      return this.#tap.fromClient(chunk);
    } catch (error) {
      this.#fail(error);
      return chunk.length;
    }
  }

  /** How many bytes of the client's stream may go upstream, of those that have come. */
  clearedOf(received: number): number {
    return this.#blind ? received : this.#tap.clearedBytes;
  }

  #fail(error: unknown): void {
    this.#blind = true;
    this.#onFault(error);
  }
}
