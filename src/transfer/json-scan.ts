/** Finds the elements of one list in a JSON document without holding the document. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The longest key that is compared with the path. */
const MAX_KEY = 64;

/** One element of the list, as it stands in the document. */
export interface Element {
  readonly bytes: Buffer;
  /** Offset of its first byte in the document. */
  readonly at: number;
}

/**
 * Takes a document in chunks and gives the elements of the list that the keys of `path` lead to. It follows
 * strings and brackets only: whether an element is JSON is for its reader to see.
 */
export class ListScanner {
  /** Whether the list has been seen. */
  found = false;
  readonly #path: readonly string[];
  #depth = 0;
  /** How many keys of the path lead to where we are. */
  #matched = 0;
  #inString = false;
  #escaped = false;
  /** The last string that may be a key on the path. */
  #key: number[] | null = null;
  #lastKey = '';
  /** Offset of the chunk in the document. */
  #offset = 0;
  /** The element that is being read, in pieces, and where it started. */
  #pieces: Buffer[] = [];
  #startedAt = -1;
  #heldBytes = 0;

  constructor(path: readonly string[]) {
    this.#path = path;
  }

  /** Whether every bracket and string that was opened is closed, and there was one. */
  get closed(): boolean {
    return this.#depth === 0 && !this.#inString && this.#offset > 0;
  }

  /** Bytes of the element that is not complete. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  push(chunk: Buffer): Element[] {
    const elements: Element[] = [];
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const c = chunk[i] ?? 0;
      if (this.#inString) {
        this.#stringByte(c);
        continue;
      }
      const inList = this.#inList;
      if (inList && (c === COMMA || c === CLOSE_LIST)) {
        if (this.#startedAt >= 0) elements.push(this.#finish(chunk.subarray(from, i)));
      } else if (inList && this.#startedAt < 0 && c > 0x20) {
        this.#startedAt = this.#offset + i;
        from = i;
      }
      this.#structureByte(c);
    }
    if (this.#startedAt >= 0) this.#hold(chunk.subarray(from));
    this.#offset += chunk.length;
    return elements;
  }

  get #inList(): boolean {
    return this.#matched === this.#path.length && this.#depth === this.#path.length + 1;
  }

  /** Whether a string or container here belongs to an object that the path leads to. */
  get #onPath(): boolean {
    return this.#depth === this.#matched + 1 && this.#matched < this.#path.length;
  }

  #structureByte(c: number): void {
    if (c === QUOTE) {
      this.#inString = true;
      this.#key = this.#onPath ? [] : null;
    } else if (c === COMMA && this.#onPath) {
      this.#lastKey = '';
    } else if (c === OPEN_OBJECT || c === OPEN_LIST) {
      const last = this.#matched === this.#path.length - 1;
      const wanted = last ? OPEN_LIST : OPEN_OBJECT;
      if (this.#onPath && c === wanted && this.#lastKey === this.#path[this.#matched]) {
        this.#matched++;
        if (last) this.found = true;
      }
      this.#lastKey = '';
      this.#depth++;
    } else if (c === CLOSE_OBJECT || c === CLOSE_LIST) {
      this.#depth--;
      this.#matched = Math.min(this.#matched, Math.max(0, this.#depth - 1));
    }
  }

  #stringByte(c: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (c === BACKSLASH) this.#escaped = true;
    else if (c === QUOTE) {
      this.#inString = false;
      if (this.#key) this.#lastKey = String.fromCharCode(...this.#key);
      return;
    }
    if (this.#key && this.#key.length < MAX_KEY) this.#key.push(c);
  }

  #hold(piece: Buffer): void {
    // A copy, so that the piece does not keep the whole chunk.
    this.#pieces.push(Buffer.from(piece));
    this.#heldBytes += piece.length;
  }

  #finish(last: Buffer): Element {
    const element = { bytes: Buffer.concat([...this.#pieces, last]), at: this.#startedAt };
    this.#pieces = [];
    this.#startedAt = -1;
    this.#heldBytes = 0;
    return element;
  }
}
