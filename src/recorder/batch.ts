import type { Answered, Exchange, ExchangeReason, RawMessage } from '../model/exchange.js';

/**
 * Exchanges on their way from the relay's thread to the store's, packed into one buffer that changes hands
 * without being copied. Bytes and texts with their length in front, numbers as doubles; never stored.
 */

const NUMBER = 8;
const LENGTH = 4;

/** About how much memory an exchange holds, in bytes. */
export function sizeOf({ request, interim, response }: Exchange): number {
  const bodies = request.body.length + (response?.body.length ?? 0);
  return 512 + request.head.length + interim.length + (response?.head.length ?? 0) + bodies;
}

/** Packs exchanges into a buffer of their own. */
export function pack(exchanges: readonly Exchange[]): Uint8Array<ArrayBuffer> {
  const writer = new Writer(exchanges.reduce((sum, exchange) => sum + sizeOf(exchange), 0));
  for (const exchange of exchanges) {
    writer.text(exchange.connection);
    writer.text(exchange.source);
    writer.number(exchange.startedAtUs);
    writer.number(exchange.responseAfterUs ?? -1);
    writer.number(exchange.endedAfterUs);
    writer.text(exchange.client);
    writer.text(exchange.upstream);
    writer.text(exchange.answered);
    writer.text(exchange.reason ?? '');
    writeMessage(writer, exchange.request);
    writer.bytes(exchange.interim);
    writer.number(exchange.response === null ? 0 : 1);
    if (exchange.response) writeMessage(writer, exchange.response);
  }
  return writer.done();
}

/** The exchanges in a buffer of {@link pack}; their bytes are views of it. */
export function unpack(packed: Uint8Array): Exchange[] {
  const reader = new Reader(packed);
  const exchanges: Exchange[] = [];
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
    exchanges.push({
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
    });
  }
  return exchanges;
}

function writeMessage(writer: Writer, { head, body, bodyBytes, complete }: RawMessage): void {
  writer.bytes(head);
  writer.bytes(body);
  writer.number(complete ? bodyBytes : -1 - bodyBytes);
}

function readMessage(reader: Reader): RawMessage {
  const head = reader.bytes();
  const body = reader.bytes();
  const count = reader.number();
  return { head, body, bodyBytes: count < 0 ? -1 - count : count, complete: count >= 0 };
}

class Writer {
  #buffer: Buffer<ArrayBuffer>;
  #at = 0;

  constructor(size: number) {
    this.#buffer = Buffer.from(new ArrayBuffer(size));
  }

  number(value: number): void {
    this.#room(NUMBER);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  text(value: string): void {
    this.#room(LENGTH + 3 * value.length);
    const length = this.#buffer.write(value, this.#at + LENGTH);
    this.#buffer.writeUInt32LE(length, this.#at);
    this.#at += LENGTH + length;
  }

  bytes(value: Uint8Array): void {
    this.#room(LENGTH + value.length);
    this.#at = this.#buffer.writeUInt32LE(value.length, this.#at);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#at);
  }

  #room(size: number): void {
    if (this.#at + size <= this.#buffer.length) return;
    const larger = Buffer.from(new ArrayBuffer(2 * this.#buffer.length + size));
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
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
