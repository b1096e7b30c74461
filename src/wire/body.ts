import type { FramingReason } from '../model/exchange.js';

/** Finds where a body ends, chunk by chunk, without touching the bytes. */
export interface BodyFraming {
  /** `open` while more of it is to come, then `ended`, or the reason why its end cannot be found. */
  readonly state: 'open' | 'ended' | FramingReason;
  /**
   * Takes the bytes from `at` on. Returns the offset behind those that are of the body: the end of the chunk while
   * it is open, otherwise the place where it ended or where its end could no longer be found.
   */
  take(chunk: Buffer, at: number): number;
}

/** A body of a known number of bytes, at least one. */
export class LengthBody implements BodyFraming {
  state: BodyFraming['state'] = 'open';
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  take(chunk: Buffer, at: number): number {
    const used = Math.min(this.#left, chunk.length - at);
    this.#left -= used;
    if (this.#left === 0) this.state = 'ended';
    return at + used;
  }
}

/** A body that ends when its sender closes. */
export const toCloseBody: BodyFraming = { state: 'open', take: (chunk) => chunk.length };

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const SEMICOLON = 59;
const MAX_SIZE_LINE = 4096;

type ChunkPart = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer';

/**
 * A chunked body with extensions and trailers (RFC 9112 section 7.1). Chunk lines must end in CRLF: here a bare
 * LF is where software differs about what comes next.
 */
export class ChunkedBody implements BodyFraming {
  state: BodyFraming['state'] = 'open';
  readonly #maxTrailer: number;
  #part: ChunkPart = 'size';
  /** Bytes left of the chunk's data. */
  #left = 0;
  #digits = 0;
  /** Bytes of the size line or of the trailers so far. */
  #lineBytes = 0;
  /** In the trailers: whether the line so far is empty. */
  #emptyLine = true;

  /** `maxTrailer` bounds the trailers in bytes. */
  constructor(maxTrailer: number) {
    this.#maxTrailer = maxTrailer;
  }

  take(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      if (this.#part === 'data') {
        const here = Math.min(this.#left, chunk.length - at);
        this.#left -= here;
        at += here;
        if (this.#left === 0) this.#part = 'data-cr';
        continue;
      }
      this.state = this.#next(chunk[at] as number);
      if (this.state === 'ended') return at + 1;
      if (this.state !== 'open') return at;
      at++;
    }
    return at;
  }

  /** Takes one byte that is not chunk data. */
  #next(c: number): BodyFraming['state'] {
    switch (this.#part) {
      case 'size':
        return this.#size(c);
      case 'extension':
        if (c === CR) this.#part = 'size-lf';
        return c === LF || ++this.#lineBytes > MAX_SIZE_LINE ? 'bad-chunk-size' : 'open';
      case 'size-lf':
        this.#part = this.#left === 0 ? 'trailer' : 'data';
        this.#digits = 0;
        this.#lineBytes = 0;
        return c === LF ? 'open' : 'bad-chunk-size';
      case 'trailer':
        return this.#trailer(c);
      case 'data-cr':
        this.#part = 'data-lf';
        return c === CR ? 'open' : 'bad-chunk-end';
      default:
        this.#part = 'size';
        return c === LF ? 'open' : 'bad-chunk-end';
    }
  }

  #size(c: number): BodyFraming['state'] {
    const digit = hexDigit(c);
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit;
      this.#digits++;
      const tooLong = ++this.#lineBytes > MAX_SIZE_LINE || !Number.isSafeInteger(this.#left);
      return tooLong ? 'bad-chunk-size' : 'open';
    }
    if (this.#digits === 0) return 'bad-chunk-size';
    if (c === CR) this.#part = 'size-lf';
    else if (c === SEMICOLON || c === SPACE || c === TAB) this.#part = 'extension';
    else return 'bad-chunk-size';
    return 'open';
  }

  #trailer(c: number): BodyFraming['state'] {
    if (++this.#lineBytes > this.#maxTrailer) return 'trailer-too-large';
    if (c === LF) {
      if (this.#emptyLine) return 'ended';
      this.#emptyLine = true;
    } else if (c !== CR) this.#emptyLine = false;
    return 'open';
  }
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
