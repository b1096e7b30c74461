import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 5_000;

/** How the other side closed. */
export type Closing = 'end' | 'reset';

/** One end of a TCP connection, with everything that came through it. Half-open: its own side closes when told. */
export class Peer {
  readonly socket: Socket;
  /** Its own port. */
  readonly port: number;
  readonly #pieces: Buffer[] = [];
  readonly #waiting = new Set<() => void>();
  /** How the other side closed, null while it has not. */
  closing: Closing | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    this.port = socket.localPort ?? 0;
    socket.on('data', (piece) => this.#changed(() => this.#pieces.push(piece)));
    socket.on('end', () => this.#changed(() => (this.closing ??= 'end')));
    socket.on('error', () => this.#changed(() => (this.closing = 'reset')));
    socket.on('close', () => this.#changed(() => (this.closing ??= 'reset')));
  }

  /** All bytes that came so far. */
  get received(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  send(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Sends each piece as a packet of its own, as far as the system lets one say so. */
  async trickle(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      this.socket.write(piece);
      await new Promise(setImmediate);
    }
  }

  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Resolves when what came satisfies `test`: a text that must be in it, or a number of bytes. */
  async gets(test: string | number): Promise<void> {
    const enough = (): boolean =>
      typeof test === 'number' ? this.received.length >= test : this.text.includes(test);
    const what = typeof test === 'number' ? `${test} bytes` : JSON.stringify(test);
    await this.#until(enough, what);
  }

  /** How the other side closed, when it has. */
  async closed(): Promise<Closing> {
    await this.#until(() => this.closing !== null, 'the close');
    return this.closing ?? 'reset';
  }

  async #until(test: () => boolean, what: string): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    while (!test()) {
      const left = until - performance.now();
      if (left <= 0 || (this.closing !== null && this.socket.destroyed)) {
        throw new Error(
          `waited for ${what} in vain, closing: ${this.closing}, got ${JSON.stringify(this.text)}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  #changed(change: () => void): void {
    change();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

/** A client of whoever listens there, connected. */
export async function connectRaw(port: number, host = '127.0.0.1'): Promise<Peer> {
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
  await once(socket, 'connect');
  return new Peer(socket);
}

/** A TCP server on loopback that leaves the talking to the test. */
export interface RawOrigin {
  readonly port: number;
  /** Every connection that came, in order. */
  readonly peers: readonly Peer[];
  /** The connection of this number, when it comes. */
  peer(index: number): Promise<Peer>;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** `talk` is called for each connection. */
export async function startOrigin(talk: (peer: Peer) => void = () => undefined): Promise<RawOrigin> {
  const peers: Peer[] = [];
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const peer = new Peer(socket);
    peers.push(peer);
    talk(peer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    peers,
    async peer(index) {
      const until = performance.now() + PATIENCE_MS;
      for (;;) {
        const peer = peers[index];
        if (peer) return peer;
        if (performance.now() > until) throw new Error(`connection ${index} of the origin did not come`);
        await sleep(2);
      }
    },
    async close() {
      for (const peer of peers) peer.socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
