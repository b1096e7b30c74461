import type { Exchange, RefusalReason } from '../model/exchange.js';
import type { Endpoint } from './address.js';
import type { ConnectionContext } from './connection.js';
import { Connection } from './connection.js';
import { dial } from './dial.js';
import { OutgoingCalls } from './outgoing.js';
import type { Limits } from './serving.js';
import { Serving, sweepEvery, TAP_BUDGET_BYTES } from './serving.js';
import type { StandIn } from './stand-in.js';
import type { Upstream } from './upstreams.js';
import { AllowList } from './upstreams.js';

export interface RelayOptions extends Limits {
  /** The allow list; the first is for requests without a Host. */
  readonly upstreams: readonly [Upstream, ...Upstream[]];
  readonly lookUp: (host: string) => Promise<readonly string[]>;
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
  readonly #serving: Serving;

  constructor(options: RelayOptions) {
    const { lookUp, connectTimeoutMs, headTimeoutMs, idleTimeoutMs, maxHeadBytes, maxBodyBytes } = options;
    const { standIn, onExchange, onRefused, onFull, onFault, maxConnections } = options;
    const { firstByteTimeoutMs = idleTimeoutMs, answerTimeoutMs = idleTimeoutMs } = standIn ?? {};
    this.#serving = new Serving({
      flag: '--listen',
      maxConnections,
      sweepMs: sweepEvery(headTimeoutMs, idleTimeoutMs, firstByteTimeoutMs, answerTimeoutMs),
      onFull,
      onFault,
      serve: (name, client) => new Connection(name, client, context),
    });
    const dialOptions = {
      lookUp,
      connectTimeoutMs,
      listeners: this.#serving.listeners,
      mayDial: () => standIn?.mayCall ?? true,
    };
    const context: ConnectionContext = {
      allowList: new AllowList(options.upstreams),
      dial: (upstream) => dial(upstream, dialOptions),
      tapLimits: { maxHeadBytes, maxBodyBytes, budget: { leftBytes: TAP_BUDGET_BYTES } },
      headTimeoutMs,
      idleTimeoutMs,
      outgoing: new OutgoingCalls(),
      standIn: standIn ?? null,
      onExchange,
      onRefused,
      onFault,
      onClosed: (connection) => this.#serving.over(connection),
    };
  }

  /** Where it listens. */
  get listeners(): readonly Endpoint[] {
    return this.#serving.listeners;
  }

  /** {@link Serving.listen} */
  listen(address: string | null, port: number): Promise<Endpoint> {
    return this.#serving.listen(address, port);
  }

  /** {@link Serving.close} */
  close(): Promise<void> {
    return this.#serving.close();
  }
}
