const NO_BYTES = Buffer.alloc(0);

/**
 * Bytes gathered from many pieces. The first piece is kept as it is, without a copy; further ones are copied behind
 * it into a buffer that doubles, so that a body which trickles in byte by byte does not hold an object for each.
 */
export class GatheredBytes {
  #buffer: Buffer = NO_BYTES;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** All of them. Stays as it is when more are appended. */
  get view(): Buffer {
    return this.#length === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, this.#length);
  }

  append(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (this.#length === 0) this.#buffer = piece;
    else {
      if (length > this.#buffer.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#buffer.length));
        this.#buffer.copy(larger, 0, 0, this.#length);
        this.#buffer = larger;
      }
      piece.copy(this.#buffer, this.#length);
    }
    this.#length = length;
  }

  /** Takes the first `count` away. */
  take(count: number): Buffer {
    const taken = count === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, count);
    this.#length -= count;
    this.#buffer = this.#length === 0 ? NO_BYTES : this.#buffer.subarray(count);
    return taken;
  }
}
