import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Exchange, InterceptReason, RefusalReason } from '../model/exchange.js';
import { formatEndpoint } from './address.js';
import type { ConnectionContext } from './connection.js';
import type { ProxyLogin } from './proxy-login.js';
import type { RefusedHosts } from './refused-hosts.js';
import type { Served } from './serving.js';
import type { Dial } from './upstream-leg.js';
import type { Upstream } from './upstreams.js';

/** What a client of the proxy asks of scaletap itself. */
export interface OwnRequest {
  readonly method: string;
  readonly path: string;
  readonly userAgent: string;
  /** Where the client has reached the proxy. */
  readonly proxy: { readonly host: string; readonly port: number };
}

/** A page of scaletap's own, whose headers say how long it is. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Where a host and port that a client asks for lead. */
export interface Route {
  readonly upstream: Upstream;
  /** Whether it is a host of a vendor, whose traffic is read. */
  readonly isRead: boolean;
}

/** How clients of the proxy are connected with a kind of upstream. */
export interface Course {
  readonly dial: Dial;
  /** For connections that are relayed: what is told of them, and what is kept. */
  readonly context: Omit<ConnectionContext, 'allowList' | 'dial' | 'onClosed'>;
}

/** What all clients of a proxy have in common. */
export interface ProxyContext {
  /** Hosts whose traffic is read, and all others, which are joined and never looked at. */
  readonly vendors: Course & { readonly dialTls: Dial };
  readonly others: Course;
  /** Whether a client may use the proxy, by its address. */
  readonly mayUse: (address: string) => boolean;
  readonly route: (host: string, port: number) => Route;
  readonly contextFor: (host: string) => Promise<SecureContext>;
  readonly allowedPorts: ReadonlySet<number>;
  /** Null when everybody in the house may use it. */
  readonly login: ProxyLogin | null;
  readonly refusedHosts: RefusedHosts;
  readonly own: (request: OwnRequest) => Promise<OwnAnswer>;
  readonly maxHeadBytes: number;
  readonly headTimeoutMs: number;
  readonly onExchange: (exchange: Exchange) => void;
  readonly onRefused: (reason: RefusalReason, message: string, client: string) => void;
  /** Told of a client whose traffic with a vendor's host cannot be read. */
  readonly onUnread: (reason: InterceptReason, host: string, client: string) => void;
  readonly onFault: (error: unknown) => void;
  readonly onClosed: (client: Served) => void;
}

/** A client of the proxy. */
export interface Client {
  readonly socket: Socket;
  /** Of the connection; unique over runs. */
  readonly name: string;
  /** Without port. */
  readonly address: string;
  readonly startedAtMs: number;
}

/** `address:port` of a client. */
export function endpointOf({ socket, address }: Client): string {
  return formatEndpoint({ address, port: socket.remotePort ?? 0 });
}
