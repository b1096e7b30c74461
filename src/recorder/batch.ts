import type { Answered, Exchange, ExchangeReason, RawMessage } from '../model/exchange.js';

/**
 * Exchanges on their way from the relay's thread to the store's, packed into one buffer. Bytes and texts with
 * their length in front, numbers as doubles; never stored.
 */

/** Pages that were never written to take no memory, so there is nothing to be had by starting small. */
const FIRST_SIZE = 1280 * 1024;
const NUMBER = 8;
const LENGTH = 4;

/** Exchanges that are packed as they come, so that nothing of them has to be kept besides. */
export class Batch {
  #buffer = Buffer.from(new SharedArrayBuffer(FIRST_SIZE));
  #at = 0;
  #count = 0;

  /** How many exchanges are in it. */
  get count(): number {
    return this.#count;
  }

  /** How many bytes they take. */
  get bytes(): number {
    return this.#at;
  }

  add(exchange: Exchange): void {
    const { request, response } = exchange;
    this.#text(exchange.connection);
    this.#text(exchange.source);
    this.#number(exchange.startedAtUs);
    this.#number(exchange.responseAfterUs ?? -1);
    this.#number(exchange.endedAfterUs);
    this.#text(exchange.client);
    this.#text(exchange.upstream);
    this.#text(exchange.answered);
    this.#text(exchange.reason ?? '');
    this.#message(request);
    this.#bytes(exchange.interim);
    this.#number(response === null ? 0 : 1);
    if (response) this.#message(response);
    this.#count++;
  }

  /** What is packed, for {@link unpack}: memory that both threads see, not to be changed while one reads it. */
  get packed(): Uint8Array<SharedArrayBuffer> {
    return this.#buffer.subarray(0, this.#at);
  }

  /** Whether an exchange was so large that it had to grow. */
  get hasGrown(): boolean {
    return this.#buffer.length > FIRST_SIZE;
  }

  /** Makes it empty; its memory is used again. */
  clear(): void {
    this.#at = 0;
    this.#count = 0;
  }

  #message({ head, body, bodyBytes, complete }: RawMessage): void {
    this.#bytes(head);
    this.#bytes(body);
    this.#number(complete ? bodyBytes : -1 - bodyBytes);
  }

  #number(value: number): void {
    this.#room(NUMBER);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  #text(value: string): void {
    this.#room(LENGTH + 3 * value.length);
    const length = this.#buffer.write(value, this.#at + LENGTH);
    this.#buffer.writeUInt32LE(length, this.#at);
    this.#at += LENGTH + length;
  }

  #bytes(value: Uint8Array): void {
    this.#room(LENGTH + value.length);
    this.#at = this.#buffer.writeUInt32LE(value.length, this.#at);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  #room(size: number): void {
    if (this.#at + size <= this.#buffer.length) return;
    const larger = Buffer.from(new SharedArrayBuffer(2 * this.#buffer.length + size));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** The exchanges of a {@link Batch}, made one at a time; their bytes are views of it. */
export function* unpack(packed: Uint8Array): Generator<Exchange> {
  const reader = new Reader(packed);
  while (!reader.atEnd) {
    const connection = reader.text();
    const source = reader.text();
    const startedAtUs = reader.number();
    const responseAfterUs = reader.number();
    const endedAfterUs = reader.number();
    const client = reader.text();
    const upstream = reader.text();
    const answered = reader.text() as Answered;
    const reason = reader.text();
    const request = readMessage(reader);
    const interim = reader.bytes();
    const response = reader.number() === 1 ? readMessage(reader) : null;
    yield {
      connection,
      source,
      startedAtUs,
      responseAfterUs: responseAfterUs < 0 ? null : responseAfterUs,
      endedAfterUs,
      client,
      upstream,
      answered,
      reason: reason === '' ? null : (reason as ExchangeReason),
      request,
      interim,
      response,
    };
  }
}

function readMessage(reader: Reader): RawMessage {
  const head = reader.bytes();
  const body = reader.bytes();
  const count = reader.number();
  return { head, body, bodyBytes: count < 0 ? -1 - count : count, complete: count >= 0 };
}

class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(packed: Uint8Array) {
    this.#buffer = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  }

  get atEnd(): boolean {
    return this.#at >= this.#buffer.length;
  }

  number(): number {
    const value = this.#buffer.readDoubleLE(this.#at);
    this.#at += NUMBER;
    return value;
  }

  text(): string {
    const from = this.#at + LENGTH;
    const length = this.#buffer.readUInt32LE(this.#at);
    this.#at = from + length;
    return this.#buffer.toString('utf8', from, this.#at);
  }

  bytes(): Uint8Array {
    const from = this.#at + LENGTH;
    const length = this.#buffer.readUInt32LE(this.#at);
    this.#at = from + length;
    return this.#buffer.subarray(from, this.#at);
  }
}
