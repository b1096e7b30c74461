import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Side } from './resets.js';
import { reset } from './resets.js';

/** What happens at a {@link PlainSide}. */
interface PlainEvents {
  /** More of the requests is wanted. */
  onWanted(): void;
  /** The server has closed its side: whatever it was saying ends here. */
  onEnd(): void;
  /** The server says something; gives how many bytes of it go to the client. */
  onAnswer(chunk: Buffer): number;
}

/**
 * Stands for the client of a proxy towards one server: what is read of it are the requests to that server, as a
 * server gets them, and what is written to it are the answers, which go on to the client.
 */
export class PlainSide extends Duplex implements Side {
  readonly #client: Socket;
  readonly #events: PlainEvents;
  /** It is closed from our side: that is no end of an answer. */
  #closing = false;

  constructor(client: Socket, events: PlainEvents) {
    super();
    this.#client = client;
    this.#events = events;
  }

  get remoteAddress(): string | undefined {
    return this.#client.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#client.remotePort;
  }

  destroySoon(): void {
    this.#closing = !this.writableEnded;
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy()).end();
  }

  resetAndDestroy(): void {
    // The client outlives a server that was dropped.
    if (!this.destroyed) reset(this.#client);
    this.destroy();
  }

  override _read(): void {
    this.#events.onWanted();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const length = this.#events.onAnswer(chunk);
    if (this.#client.destroyed || length === 0 || this.#client.write(chunk.subarray(0, length))) done();
    else this.#client.once('drain', done);
  }

  override _final(done: () => void): void {
    if (!this.#closing) this.#events.onEnd();
    done();
  }
}
