import { randomBytes } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { UserError } from '../model/errors.js';
import type { Endpoint } from './address.js';
import { formatEndpoint } from './address.js';

/** How long connections with an open exchange are waited for at the end. */
const GRACE_MS = 3_000;

/** Bytes that the copies of all open exchanges of a relay or proxy may hold together. */
export const TAP_BUDGET_BYTES = 64 * 1024 * 1024;

/** What a relay or proxy grants its clients, and one of them. */
export interface Limits {
  readonly maxConnections: number;
  readonly maxHeadBytes: number;
  /** Of a body, so much is kept. */
  readonly maxBodyBytes: number;
  readonly headTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** A client's connection, as long as it is open. */
export interface Served {
  /** Ends what has taken too long. `now` is of the monotonic clock, in milliseconds. */
  sweep(now: number): void;
  /** Closes it as soon as no exchange is open. */
  closeWhenIdle(): void;
  /** Closes it at once. */
  close(): void;
}

export interface ServingOptions {
  /** The flag that says where to listen, for messages. */
  readonly flag: string;
  readonly maxConnections: number;
  /** How often the connections are swept. */
  readonly sweepMs: number;
  /** Told when a client is turned away because there are too many. */
  readonly onFull: () => void;
  /** Told of a socket that could not be accepted. */
  readonly onFault: (error: unknown) => void;
  /** Serves a client; `name` is unique over runs. {@link Serving.over} is to be told when it is closed. */
  readonly serve: (name: string, client: Socket) => Served;
}

/** How often to sweep, in milliseconds, to be about right for the shortest of some time-outs. */
export function sweepEvery(...timeoutsMs: readonly number[]): number {
  return Math.max(10, Math.min(1_000, Math.min(...timeoutsMs) / 8));
}

/** Listens, and keeps the connections of clients: all that a relay and a proxy have in common. */
export class Serving {
  readonly #options: ServingOptions;
  readonly #servers: Server[] = [];
  readonly #listeners: Endpoint[] = [];
  readonly #connections = new Set<Served>();
  readonly #sweeper: NodeJS.Timeout;
  readonly #run = randomBytes(4).toString('hex');
  #accepted = 0;
  #closing = false;
  #allClosed: (() => void) | null = null;

  constructor(options: ServingOptions) {
    this.#options = options;
    this.#sweeper = setInterval(() => {
      const now = performance.now();
      for (const connection of this.#connections) connection.sweep(now);
    }, options.sweepMs);
    this.#sweeper.unref();
  }

  /** Where it listens. */
  get listeners(): readonly Endpoint[] {
    return this.#listeners;
  }

  /**
   * Listens at one more place: an address, or null for all of this machine. Rejects with a {@link ListenError} that
   * says what to do when the port is taken or not permitted.
   */
  async listen(address: string | null, port: number): Promise<Endpoint> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException): void =>
        reject(listenError(error, address, port, this.#options.flag));
      server.once('error', fail);
      server.listen({ ...(address === null ? {} : { host: address }), port }, resolve);
    });
    server.on('error', this.#options.onFault);
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('a TCP server has no address');
    this.#servers.push(server);
    const endpoint = { address: bound.address, port: bound.port };
    this.#listeners.push(endpoint);
    return endpoint;
  }

  /** A connection is closed. */
  over(connection: Served): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#allClosed?.();
  }

  /**
   * Stops listening, closes each connection as its open exchange comes to its end, and after {@link GRACE_MS} all.
   */
  async close(): Promise<void> {
    this.#closing = true;
    for (const server of this.#servers) server.close();
    for (const connection of this.#connections) connection.closeWhenIdle();
    if (this.#connections.size > 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#allClosed = resolve;
        timer = setTimeout(resolve, GRACE_MS);
      });
      clearTimeout(timer);
    }
    for (const connection of this.#connections) connection.close();
    clearInterval(this.#sweeper);
  }

  #accept(socket: Socket): void {
    const { maxConnections, onFull, serve } = this.#options;
    if (this.#connections.size >= maxConnections || this.#closing) {
      socket.destroy();
      if (!this.#closing) onFull();
      return;
    }
    this.#connections.add(serve(`${this.#run}-${++this.#accepted}`, socket));
  }
}

/** What it means that nobody can listen at a place, and what to do; `flag` is the one that chose it. */
export function listenError(
  error: NodeJS.ErrnoException,
  address: string | null,
  port: number,
  flag: string,
): Error {
  const where = address === null ? `port ${port}` : formatEndpoint({ address, port });
  if (error.code === 'EADDRINUSE') {
    return new ListenError(
      `cannot listen on ${where}: another program has it. \`ss -ltnp 'sport = :${port}'\` shows which; ` +
        `stop that one, or choose another place with ${flag}`,
      error.code,
    );
  }
  if (error.code === 'EACCES') {
    return new ListenError(
      `cannot listen on ${where}: not permitted for this user. Allow it with ` +
        `\`sysctl net.ipv4.ip_unprivileged_port_start=${port}\` or AmbientCapabilities=CAP_NET_BIND_SERVICE ` +
        `in a systemd unit, or choose a port of 1024 or more with ${flag} and redirect to it`,
      error.code,
    );
  }
  if (error.code === 'EADDRNOTAVAIL') {
    const message = `cannot listen on ${where}: this machine has no such address; choose one that it has with ${flag}`;
    return new ListenError(message, error.code);
  }
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    const message = `cannot listen on ${where}: the name cannot be looked up; give an address with ${flag}`;
    return new ListenError(message, error.code);
  }
  return error;
}

/** A place to listen could not be had; `code` is the system's. */
export class ListenError extends UserError {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}
