import { randomBytes } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { UserError } from '../model/errors.js';
import type { Exchange, RefusalReason } from '../model/exchange.js';
import type { Endpoint } from './address.js';
import { formatEndpoint } from './address.js';
import type { ConnectionContext } from './connection.js';
import { Connection } from './connection.js';
import { OutgoingCalls } from './outgoing.js';
import type { StandIn } from './stand-in.js';
import type { Upstream } from './upstreams.js';
import { AllowList } from './upstreams.js';

/** Bytes that the copies of all open exchanges may hold together. */
const TAP_BUDGET_BYTES = 64 * 1024 * 1024;

/** How long connections with an open exchange are waited for at the end. */
const GRACE_MS = 3_000;

export interface RelayOptions {
  /** The allow list; the first is for requests without a Host. */
  readonly upstreams: readonly [Upstream, ...Upstream[]];
  readonly lookUp: (host: string) => Promise<readonly string[]>;
  readonly maxConnections: number;
  readonly maxHeadBytes: number;
  readonly maxBodyBytes: number;
  readonly headTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Who answers when upstream does not; without one everything is relayed. */
  readonly standIn?: StandIn;
  /** Told of every exchange when it is over, on the relay's path: it must be quick and must not throw. */
  readonly onExchange: (exchange: Exchange) => void;
  /** Told of every answer of our own. */
  readonly onRefused: (reason: RefusalReason, message: string, client: string) => void;
  /** Told when a client is turned away because there are too many. */
  readonly onFull: () => void;
  /** Told of a fault of the tap's own or of {@link onExchange}, and of a socket that could not be accepted. */
  readonly onFault: (error: unknown) => void;
}

/** Relays client connections to the upstreams of the allow list, and taps them. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #context: ConnectionContext;
  readonly #servers: Server[] = [];
  readonly #listeners: Endpoint[] = [];
  readonly #connections = new Set<Connection>();
  readonly #sweeper: NodeJS.Timeout;
  /** Makes the names of connections unique over runs. */
  readonly #run = randomBytes(4).toString('hex');
  #accepted = 0;
  #closing = false;
  #allClosed: (() => void) | null = null;

  constructor(options: RelayOptions) {
    this.#options = options;
    const { lookUp, connectTimeoutMs, headTimeoutMs, idleTimeoutMs, maxHeadBytes, maxBodyBytes } = options;
    this.#context = {
      allowList: new AllowList(options.upstreams),
      dialOptions: {
        lookUp,
        connectTimeoutMs,
        listeners: this.#listeners,
        mayDial: () => options.standIn?.mayCall ?? true,
      },
      tapLimits: { maxHeadBytes, maxBodyBytes, budget: { leftBytes: TAP_BUDGET_BYTES } },
      headTimeoutMs,
      idleTimeoutMs,
      outgoing: new OutgoingCalls(),
      standIn: options.standIn ?? null,
      onExchange: options.onExchange,
      onRefused: options.onRefused,
      onFault: options.onFault,
      onClosed: (connection) => {
        this.#connections.delete(connection);
        if (this.#connections.size === 0) this.#allClosed?.();
      },
    };
    const { firstByteTimeoutMs = idleTimeoutMs, answerTimeoutMs = idleTimeoutMs } = options.standIn ?? {};
    const shortest = Math.min(headTimeoutMs, idleTimeoutMs, firstByteTimeoutMs, answerTimeoutMs);
    const sweepMs = Math.max(10, Math.min(1_000, shortest / 8));
    this.#sweeper = setInterval(() => {
      const now = performance.now();
      for (const connection of this.#connections) connection.sweep(now);
    }, sweepMs);
    this.#sweeper.unref();
  }

  /** Where it listens. */
  get listeners(): readonly Endpoint[] {
    return this.#listeners;
  }

  /**
   * Listens at one more place: an address, or null for all of this machine. Rejects with a {@link UserError} that
   * says what to do when the port is taken or not permitted.
   */
  async listen(address: string | null, port: number): Promise<Endpoint> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, address, port)));
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
    if (this.#connections.size >= this.#options.maxConnections || this.#closing) {
      socket.destroy();
      if (!this.#closing) this.#options.onFull();
      return;
    }
    this.#connections.add(new Connection(`${this.#run}-${++this.#accepted}`, socket, this.#context));
  }
}

function listenError(error: NodeJS.ErrnoException, address: string | null, port: number): Error {
  const where = address === null ? `port ${port}` : formatEndpoint({ address, port });
  if (error.code === 'EADDRINUSE') {
    return new ListenError(
      `cannot listen on ${where}: another program has it. \`ss -ltnp 'sport = :${port}'\` shows which; ` +
        'stop that one, or choose another place with --listen',
      error.code,
    );
  }
  if (error.code === 'EACCES') {
    return new ListenError(
      `cannot listen on ${where}: not permitted for this user. Allow it with ` +
        `\`sysctl net.ipv4.ip_unprivileged_port_start=${port}\` or AmbientCapabilities=CAP_NET_BIND_SERVICE ` +
        'in a systemd unit, or choose a port of 1024 or more with --listen and redirect to it',
      error.code,
    );
  }
  if (error.code === 'EADDRNOTAVAIL') {
    return new ListenError(`cannot listen on ${where}: this machine has no such address`, error.code);
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
