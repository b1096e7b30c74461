import { GatheredBytes } from './bytes.js';

/** The end of what a client has sent: bytes that were not passed on. Offsets are those of its whole stream. */
export class HeldBytes {
  readonly #bytes = new GatheredBytes();
  /** How much of the stream went before what is held. */
  #gone = 0;

  get length(): number {
    return this.#bytes.length;
  }

  get view(): Buffer {
    return this.#bytes.view;
  }

  /** How much of the stream has come. */
  get received(): number {
    return this.#gone + this.#bytes.length;
  }

  append(chunk: Buffer): void {
    this.#bytes.append(chunk);
  }

  /** How many of them lie before an offset. */
  countBefore(offset: number): number {
    return offset - this.#gone;
  }

  /** Takes those before an offset away. */
  takeBefore(offset: number): Buffer {
    const count = this.countBefore(offset);
    this.#gone += count;
    return this.#bytes.take(count);
  }

  /** Nobody will be given them any more. */
  forget(): void {
    this.takeBefore(this.received);
  }
}
