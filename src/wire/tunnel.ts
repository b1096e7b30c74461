import type { Socket } from 'node:net';
import { resetWhenFlushed } from './resets.js';
import type { Served } from './serving.js';

/** Push services keep connections silent for long. A peer that is gone is found by the system's own probes. */
const IDLE_MS = 1_800_000;
const KEEP_ALIVE_MS = 60_000;
/** Of one that a side has closed. What becomes of that side is not seen any more, as nothing is read of it. */
const HALF_CLOSED_IDLE_MS = 300_000;

/** A client and the host it asked for, joined: bytes pass in both directions as they come, and nobody looks at them. */
export class Tunnel implements Served {
  readonly #sides: readonly [Socket, Socket];
  readonly #onClosed: () => void;
  /** Whether a byte has passed since the last sweep. */
  #active = true;
  #activeAt = performance.now();

  /** `first` is what the client has sent already. */
  constructor(client: Socket, upstream: Socket, first: Buffer, onClosed: () => void) {
    this.#sides = [client, upstream];
    this.#onClosed = onClosed;
    if (first.length > 0) upstream.write(first);
    this.#join(client, upstream);
    this.#join(upstream, client);
    for (const side of this.#sides) {
      side.setKeepAlive(true, KEEP_ALIVE_MS);
      side.resume();
    }
    if (client.readableEnded) upstream.end();
    if (client.destroyed) upstream.destroy();
  }

  sweep(now: number): void {
    if (this.#active) {
      this.#active = false;
      this.#activeAt = now;
    } else if (now - this.#activeAt > this.#idleMs) this.close();
  }

  get #idleMs(): number {
    return this.#sides.some(({ readableEnded }) => readableEnded) ? HALF_CLOSED_IDLE_MS : IDLE_MS;
  }

  /** Nobody knows when it is. */
  closeWhenIdle(): void {
    for (const side of this.#sides) side.destroySoon();
  }

  close(): void {
    for (const side of this.#sides) side.destroy();
  }

  #join(from: Socket, to: Socket): void {
    from.on('data', (chunk: Buffer) => {
      this.#active = true;
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => to.end());
    from.on('error', () => resetWhenFlushed(to));
    from.on('close', () => {
      if (to.destroyed) this.#onClosed();
      // Without its end it was lost, or closed by us.
      else if (!from.readableEnded) to.destroySoon();
    });
  }
}
