import type { Socket } from 'node:net';

/**
 * An upstream connection that is dialled before it is asked for, so that the client does not wait for it. It is
 * taken once; later ones, and one that has not lasted until then, are dialled when they are asked for.
 */
export class Prepared {
  readonly #dial: () => Promise<Socket>;
  #waiting: Promise<Socket> | null;
  #onLost = (): void => undefined;

  constructor(dial: () => Promise<Socket>) {
    this.#dial = dial;
    this.#waiting = dial();
    this.#waiting.then(
      (socket) => socket.on('error', this.#onLost),
      // Who takes it is told.
      () => undefined,
    );
  }

  async take(): Promise<Socket> {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) return this.#dial();
    const socket = await waiting;
    if (socket.destroyed || socket.readableEnded) return this.#dial();
    socket.removeListener('error', this.#onLost);
    return socket;
  }

  /** Nobody will take it. */
  drop(): void {
    this.#waiting?.then(
      (socket) => socket.destroy(),
      () => undefined,
    );
    this.#waiting = null;
  }
}
