import type { SecureContext } from 'node:tls';
import type { Exchange, InterceptReason, RefusalReason } from '../model/exchange.js';
import type { Endpoint } from './address.js';
import { dial, dialTls } from './dial.js';
import { OutgoingCalls } from './outgoing.js';
import { ProxyClient } from './proxy-client.js';
import type { OwnAnswer, OwnRequest, ProxyContext, Route } from './proxy-context.js';
import { ProxyLogin } from './proxy-login.js';
import { isPublic } from './reach.js';
import { RefusedHosts } from './refused-hosts.js';
import type { Limits } from './serving.js';
import { Serving, sweepEvery, TAP_BUDGET_BYTES } from './serving.js';

export interface ProxyOptions extends Limits {
  /** Whether a client may use the proxy, by its address. */
  readonly mayUse: (address: string) => boolean;
  /** Where a host and port lead that a client asks for, and whether the traffic is read. */
  readonly route: (host: string, port: number) => Route;
  /** Addresses of a host that is read, by a resolver that does not see the local DNS override. */
  readonly lookUp: (host: string) => Promise<readonly string[]>;
  /** Addresses of all others, as this machine finds them. */
  readonly lookUpOther: (host: string) => Promise<readonly string[]>;
  /** What upstreams are verified with; asked for when the first one is called. */
  readonly upstreamContext: () => Promise<SecureContext>;
  /** The certificate that a client is shown for a host. */
  readonly contextFor: (host: string) => Promise<SecureContext>;
  /** Whether the vendors may be called. */
  readonly mayCall: () => boolean;
  /** Ports that may be asked for, besides 80 and 443. */
  readonly allowedPorts: readonly number[];
  /** `user:password`; null when everybody in the house may use the proxy. */
  readonly login: string | null;
  /** A page of our own. */
  readonly own: (request: OwnRequest) => Promise<OwnAnswer>;
  /** Where scaletap listens besides. */
  readonly listeners: readonly Endpoint[];
  /** Told of every exchange with a vendor's host when it is over: it must be quick and must not throw. */
  readonly onExchange: (exchange: Exchange) => void;
  /** Told of every answer of our own; `ours` when it is about a vendor's host. */
  readonly onRefused: (reason: RefusalReason, message: string, client: string, ours: boolean) => void;
  /** Told of a client whose traffic with a vendor's host cannot be read. */
  readonly onUnread: (reason: InterceptReason, host: string, client: string) => void;
  readonly onFull: () => void;
  readonly onFault: (error: unknown) => void;
}

/**
 * A forward proxy for the phones of the house. Traffic with the vendors' hosts is relayed and tapped, inside TLS too;
 * all other hosts are joined and never looked at. It leads to the internet only, and is for the house only.
 */
export class ForwardProxy {
  readonly #serving: Serving;

  constructor(options: ProxyOptions) {
    const { headTimeoutMs, idleTimeoutMs, connectTimeoutMs, maxHeadBytes, maxBodyBytes } = options;
    const { onExchange, onRefused, onFault, upstreamContext } = options;
    this.#serving = new Serving({
      flag: '--proxy-listen',
      maxConnections: options.maxConnections,
      sweepMs: sweepEvery(headTimeoutMs, idleTimeoutMs),
      onFull: options.onFull,
      onFault,
      serve: (name, client) => new ProxyClient(name, client, context),
    });
    const reach = { connectTimeoutMs, listeners: options.listeners, mayReach: isPublic };
    const toVendors = { ...reach, lookUp: options.lookUp, mayDial: options.mayCall };
    const toOthers = { ...reach, lookUp: options.lookUpOther };
    const relayed = {
      headTimeoutMs,
      idleTimeoutMs,
      outgoing: new OutgoingCalls(),
      standIn: null,
      onFault,
    };
    const context: ProxyContext = {
      vendors: {
        dial: (upstream) => dial(upstream, toVendors),
        dialTls: async (upstream) =>
          dialTls(upstream, { ...toVendors, secureContext: await upstreamContext() }),
        context: {
          ...relayed,
          tapLimits: { maxHeadBytes, maxBodyBytes, budget: { leftBytes: TAP_BUDGET_BYTES } },
          onExchange,
          onRefused: (reason, message, client) => onRefused(reason, message, client, true),
        },
      },
      others: {
        dial: (upstream) => dial(upstream, toOthers),
        context: {
          ...relayed,
          tapLimits: { maxHeadBytes, maxBodyBytes: 0, budget: { leftBytes: TAP_BUDGET_BYTES } },
          onExchange: () => undefined,
          onRefused: (reason, message, client) => onRefused(reason, message, client, false),
        },
      },
      mayUse: options.mayUse,
      route: options.route,
      contextFor: options.contextFor,
      allowedPorts: new Set([80, 443, ...options.allowedPorts]),
      login: options.login === null ? null : new ProxyLogin(options.login),
      refusedHosts: new RefusedHosts(),
      own: options.own,
      maxHeadBytes,
      headTimeoutMs,
      onExchange,
      onRefused: (reason, message, client) => onRefused(reason, message, client, false),
      onUnread: options.onUnread,
      onFault,
      onClosed: (client) => this.#serving.over(client),
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
