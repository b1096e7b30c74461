import type { Socket } from 'node:net';

/**
 * An upstream connection that is dialled before it is asked for, so that the client does not wait for it. It is taken
 * once; later ones, and one that has failed or gone until then, are dialled when they are asked for.
 */
export class Prepared {
  readonly #dial: () => Promise<Socket>;
  #waiting: Promise<Socket> | null = null;
  #socket: Socket | null = null;

  constructor(dial: () => Promise<Socket>) {
    this.#dial = dial;
    const waiting = dial();
    this.#waiting = waiting;
    waiting.then(
      (socket) => this.#keep(socket),
      () => this.#forget(waiting),
    );
  }

  async take(): Promise<Socket> {
    const waiting = this.#waiting;
    this.#waiting = null;
    const socket = await (waiting ?? this.#dial());
    this.#release(socket);
    return socket;
  }

  /** Nobody will take it. */
  drop(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.then(
      (socket) => socket.destroy(),
      // Who would have been told is gone.
      () => undefined,
    );
  }

  /** Watches it while nobody has taken it. What it says without having been asked spoils it. */
  #keep(socket: Socket): void {
    if (this.#waiting === null) return;
    this.#socket = socket;
    for (const event of ['data', 'end', 'error', 'close']) socket.on(event, this.#onSpoilt);
  }

  readonly #onSpoilt = (): void => {
    this.#socket?.destroy();
    this.#socket = null;
    this.#waiting = null;
  };

  #release(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    socket.pause();
    for (const event of ['data', 'end', 'error', 'close']) socket.removeListener(event, this.#onSpoilt);
  }

  #forget(waiting: Promise<Socket>): void {
    if (this.#waiting === waiting) this.#waiting = null;
  }
}
