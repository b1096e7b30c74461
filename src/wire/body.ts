import type { FramingReason } from '../model/exchange.js';

/** Finds where a body ends, chunk by chunk, without touching the bytes. */
export interface BodyFraming {
  /**
   * Takes the bytes from `at` on. Returns the offset behind the body when it ends in this chunk, -1 when it
   * goes on, or the reason why its end cannot be found.
   */
  take(chunk: Buffer, at: number): number | FramingReason;
}

/** A body of a known number of bytes. */
export class LengthBody implements BodyFraming {
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  take(chunk: Buffer, at: number): number {
    const here = chunk.length - at;
    if (this.#left <= here) return at + this.#left;
    this.#left -= here;
    return -1;
  }
}

/** A body that ends when its sender closes. */
export const toCloseBody: BodyFraming = { take: () => -1 };

const CR = 13;
const LF = 10;
const SEMICOLON = 59;
const MAX_SIZE_LINE = 4096;

type ChunkState = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer';

/**
 * A chunked body with extensions and trailers (RFC 9112 section 7.1). Chunk lines must end in CRLF: here a bare
 * LF is where software differs about what comes next.
 */
export class ChunkedBody implements BodyFraming {
  readonly #maxTrailer: number;
  #state: ChunkState = 'size';
  /** Bytes left of the chunk's data. */
  #left = 0;
  #digits = 0;
  /** Bytes of the size line or of the trailers so far. */
  #lineBytes = 0;
  /** In the trailers: whether the line so far is empty. */
  #emptyLine = true;

  constructor(maxTrailer: number) {
    this.#maxTrailer = maxTrailer;
  }

  take(chunk: Buffer, from: number): number | FramingReason {
    let at = from;
    while (at < chunk.length) {
      if (this.#state === 'data') {
        const here = Math.min(this.#left, chunk.length - at);
        this.#left -= here;
        at += here;
        if (this.#left > 0) return -1;
        this.#state = 'data-cr';
        continue;
      }
      const c = chunk[at++] as number;
      switch (this.#state) {
        case 'size':
        case 'extension': {
          const reason = this.#sizeByte(c);
          if (reason) return reason;
          break;
        }
        case 'size-lf':
          if (c !== LF) return 'bad-chunk-size';
          this.#state = this.#left === 0 ? 'trailer' : 'data';
          this.#digits = 0;
          this.#lineBytes = 0;
          break;
        case 'data-cr':
          if (c !== CR) return 'bad-chunk-end';
          this.#state = 'data-lf';
          break;
        case 'data-lf':
          if (c !== LF) return 'bad-chunk-end';
          this.#state = 'size';
          break;
        case 'trailer':
          if (++this.#lineBytes > this.#maxTrailer) return 'trailer-too-large';
          if (c === LF) {
            if (this.#emptyLine) return at;
            this.#emptyLine = true;
          } else if (c !== CR) this.#emptyLine = false;
          break;
      }
    }
    return -1;
  }

  #sizeByte(c: number): FramingReason | undefined {
    if (++this.#lineBytes > MAX_SIZE_LINE) return 'bad-chunk-size';
    if (c === CR && this.#digits > 0) {
      this.#state = 'size-lf';
      return undefined;
    }
    if (c === LF) return 'bad-chunk-size';
    if (this.#state === 'extension') return undefined;
    if (this.#digits > 0 && (c === SEMICOLON || c === 32 || c === 9)) {
      this.#state = 'extension';
      return undefined;
    }
    const digit = hexDigit(c);
    if (digit < 0) return 'bad-chunk-size';
    this.#left = this.#left * 16 + digit;
    this.#digits++;
    return Number.isSafeInteger(this.#left) ? undefined : 'bad-chunk-size';
  }
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
