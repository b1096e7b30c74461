import type { Socket } from 'node:net';
import { formatEndpoint } from './address.js';
import type { Refusal } from './admission.js';
import { DialError } from './dial.js';
import type { OutgoingCalls } from './outgoing.js';
import type { Upstream } from './upstreams.js';

/** Gets a connection to upstream. Rejects with a {@link DialError}. */
export type Dial = (upstream: Upstream) => Promise<Socket>;

/** What comes from upstream, as long as it is the one that is wanted. */
export interface LegEvents {
  /** `where` is `host address:port`. */
  onConnected(socket: Socket, where: string): void;
  /** There is no connection to be had. */
  onFailed(refusal: Refusal): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onDrain(): void;
  /** It was reset, or failed in another way. */
  onLost(): void;
  onClosed(): void;
}

/** The upstream side of a client connection: one socket at a time. */
export class UpstreamLeg {
  readonly #dial: Dial;
  readonly #outgoing: OutgoingCalls;
  readonly #events: LegEvents;
  #socket: Socket | null = null;
  /** Tells the socket that is wanted from those that are not any more. */
  #attempt = 0;

  constructor(dial: Dial, outgoing: OutgoingCalls, events: LegEvents) {
    this.#dial = dial;
    this.#outgoing = outgoing;
    this.#events = events;
  }

  /** Null while there is no connection. */
  get socket(): Socket | null {
    return this.#socket;
  }

  /** `firstHead` is what is sent first, and how often that has been through here: see {@link OutgoingCalls}. */
  dial(target: Upstream, firstHead: Buffer | null, depth: number): void {
    const attempt = ++this.#attempt;
    this.#dial(target).then(
      (socket) => {
        if (attempt !== this.#attempt) socket.destroy();
        else this.#connected(socket, target, firstHead, depth);
      },
      (error: unknown) => {
        if (attempt !== this.#attempt) return;
        if (error instanceof DialError) this.#events.onFailed(error);
        else this.#events.onFailed({ reason: 'connect-failed', message: String(error) });
      },
    );
  }

  /** Wants nothing of it any more: no event comes from then on. */
  drop(): void {
    this.#attempt++;
    this.#socket?.destroy();
    this.#socket = null;
  }

  #connected(socket: Socket, { host }: Upstream, firstHead: Buffer | null, depth: number): void {
    this.#socket = socket;
    const { localPort = 0, remoteAddress: address = '', remotePort: port = 0 } = socket;
    if (firstHead) this.#outgoing.add(localPort, firstHead, depth);
    const events = this.#events;
    const on = (event: 'end' | 'drain' | 'error', listener: () => void) =>
      socket.on(event, () => {
        if (this.#socket === socket) listener();
      });
    socket.on('data', (chunk: Buffer) => {
      if (this.#socket === socket) events.onData(chunk);
    });
    on('end', () => events.onEnd());
    on('drain', () => events.onDrain());
    on('error', () => events.onLost());
    socket.on('close', () => {
      this.#outgoing.remove(localPort);
      if (this.#socket === socket) events.onClosed();
    });
    // It may have been paused until now.
    socket.resume();
    events.onConnected(socket, `${host} ${formatEndpoint({ address, port })}`);
  }
}
