import { MessageReader } from '../../src/wire/reader.js';

/** What a reader tells, as text. Neighbouring slices of a body or of a tunnel are one line. */
export class Transcript {
  readonly #lines: string[] = [];
  readonly #parts: Buffer[] = [];
  readonly reader: MessageReader;

  /** `asked` are the methods that the responses answer, one after the other; null for a reader of requests. */
  constructor(asked: readonly string[] | null, maxHead = 1024) {
    let answered = 0;
    this.reader = new MessageReader(
      asked && (() => asked[answered]),
      {
        onHead: (head, { method, target, status, host }, start) => {
          const named = host === undefined ? '' : ` host ${host}`;
          this.#line(`head ${start} ${asked ? status : `${method} ${target}${named}`}`, head);
        },
        onInterim: (head) => this.#line(`interim ${head.toString('latin1', 9, 12)}`, head),
        onBody: (slice) => this.#run('body', slice),
        onEnd: () => {
          answered++;
          this.#line('end');
        },
        onRefused: (reason) => this.#line(`refused ${reason}`),
        onTunnel: (slice) => this.#run('tunnel', slice),
      },
      maxHead,
    );
  }

  /** Shows the reader the bytes, piece by piece, and tells what it said. */
  of(...pieces: (string | Buffer)[]): string[] {
    for (const piece of pieces) {
      this.reader.push(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
    }
    return this.lines;
  }

  get lines(): string[] {
    return this.#lines;
  }

  /** The bytes of every head, body and tunnel, in order. */
  get parts(): readonly Buffer[] {
    return this.#parts;
  }

  /** Everything that was told of, one behind the other. */
  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #line(line: string, bytes?: Buffer): void {
    this.#lines.push(line);
    if (bytes) this.#parts.push(bytes);
  }

  #run(kind: 'body' | 'tunnel', slice: Buffer): void {
    const text = slice.toString('latin1');
    const last = this.#lines.at(-1);
    const before = this.#parts.at(-1);
    if (last?.startsWith(`${kind} `) && before) {
      this.#lines[this.#lines.length - 1] = last + text;
      this.#parts[this.#parts.length - 1] = Buffer.concat([before, slice]);
    } else this.#line(`${kind} ${text}`, slice);
  }
}

export function requests(...pieces: (string | Buffer)[]): string[] {
  return new Transcript(null).of(...pieces);
}

/** What a reader says of the answers to requests of these methods. */
export function responses(asked: readonly string[], ...pieces: (string | Buffer)[]): string[] {
  return new Transcript(asked).of(...pieces);
}

/** Cuts bytes at these places, in any order; those beyond the end are passed over. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places)].filter((at) => at > 0 && at < bytes.length).sort((a, b) => a - b);
  return [0, ...sorted].map((from, i) => bytes.subarray(from, sorted[i] ?? bytes.length));
}
