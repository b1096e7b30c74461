import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { InterceptReason } from '../model/exchange.js';
import type { Refusal } from './admission.js';
import { GatheredBytes } from './bytes.js';
import { readClientHello } from './client-hello.js';
import { DialError } from './dial.js';
import { mayBeHead } from './head.js';
import { acceptTls, PROTOCOL } from './intercept.js';
import { Prepared } from './prepared.js';
import type { Client, ProxyContext } from './proxy-context.js';
import { endpointOf } from './proxy-context.js';
import type { ConnectTarget } from './proxy-target.js';
import { HTTP_PORT } from './proxy-target.js';
import type { Side } from './resets.js';
import type { Served } from './serving.js';
import { Tunnel } from './tunnel.js';
import type { Dial } from './upstream-leg.js';
import type { Upstream } from './upstreams.js';

/** A client that leaves so soon after the handshake, and has said nothing, may not like our certificate. */
const UNUSED_WITHIN_MS = 2_000;
const HTTPS_PORT = 443;
const ESTABLISHED = Buffer.from('HTTP/1.1 200 Connection Established\r\n\r\n');
const NO_BYTES = Buffer.alloc(0);

/** What a CONNECT asks of the connection that it came by. */
export interface ConnectHost {
  /** Joins a side with a vendor's host, as the relay does. `onOver` is to be called when both are closed. */
  relay(side: Side, upstream: Upstream, dial: Dial, onOver: () => void): Served;
  /** An error of our own: the last thing that the client gets. */
  refuse(refusal: Refusal): void;
  /** Everything is over. */
  onOver(): void;
}

/**
 * A client that has asked for a tunnel. With a vendor's host it is relayed inside TLS, if it takes our certificate;
 * with every other host it is joined.
 */
export class ProxyConnect implements Served {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #head: Buffer;
  readonly #target: ConnectTarget;
  readonly #context: ProxyContext;
  readonly #host: ConnectHost;
  /** What has come behind the CONNECT, and was not dealt with. */
  readonly #seen = new GatheredBytes();
  #stage: 'hello' | 'busy' = 'hello';
  /** When the stage began, in milliseconds of the monotonic clock. */
  #since = performance.now();
  /** Who serves the client now. */
  #inner: Served | null = null;

  /** `behind` is what has come behind the head of the CONNECT. */
  constructor(
    client: Client,
    { head, target }: { readonly head: Buffer; readonly target: ConnectTarget },
    behind: Buffer,
    context: ProxyContext,
    host: ConnectHost,
  ) {
    this.#client = client;
    this.#socket = client.socket;
    this.#head = head;
    this.#target = target;
    this.#context = context;
    this.#host = host;
    this.#seen.append(behind);
    this.#socket.on('close', () => {
      if (this.#inner === null) host.onOver();
    });
    this.#socket.on('data', this.#onData);
    this.#socket.on('end', this.#onEnd);
    const { isRead } = context.route(target.host, target.port);
    // Of a bare address only the name in the hello tells whose it is.
    const mayBeRead = isRead || (isIP(target.host) !== 0 && target.port === HTTPS_PORT);
    if (!mayBeRead || context.refusedHosts.isTunnelled(client.address, target.host)) this.#tunnel(true);
    else {
      this.#socket.write(ESTABLISHED);
      if (this.#seen.length > 0) this.#readHello();
    }
  }

  sweep(now: number): void {
    if (this.#inner) this.#inner.sweep(now);
    else if (now - this.#since > this.#context.headTimeoutMs) this.#socket.destroy();
  }

  closeWhenIdle(): void {
    if (this.#inner) this.#inner.closeWhenIdle();
    else this.#socket.destroySoon();
  }

  close(): void {
    this.#inner?.close();
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#seen.append(chunk);
    if (this.#stage === 'hello') this.#readHello();
  };

  readonly #onEnd = (): void => {
    if (this.#stage === 'busy') return;
    if (this.#seen.length === 0) this.#socket.end();
    else {
      this.#unread('left-handshake');
      this.#socket.destroy();
    }
  };

  /** What comes from the client has to wait. */
  #hold(): void {
    this.#stage = 'busy';
    this.#since = performance.now();
    this.#socket.pause();
  }

  /** Somebody else listens to the client from here on. */
  #detach(): void {
    this.#socket.removeListener('data', this.#onData).removeListener('end', this.#onEnd);
  }

  /** Joins the client with the host that it asked for, and tells it so if it has not been told yet. */
  #tunnel(tell: boolean): void {
    this.#run(this.#join(tell));
  }

  /** A fault of ours ends this client's connection, and nothing else. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#context.onFault(error);
      this.#socket.destroy();
    });
  }

  async #join(tell: boolean): Promise<void> {
    this.#hold();
    const { vendors, others, route } = this.#context;
    const { upstream: wanted, isRead } = route(this.#target.host, this.#target.port);
    let upstream: Socket;
    try {
      upstream = await (isRead ? vendors : others).dial(wanted);
    } catch (error) {
      if (!(error instanceof DialError)) throw error;
      if (isRead) vendors.context.onRefused(error.reason, error.message, endpointOf(this.#client));
      this.#detach();
      if (tell) this.#host.refuse(error);
      else this.#socket.destroy();
      return;
    }
    if (this.#socket.destroyed) {
      upstream.destroy();
      return;
    }
    if (tell) this.#socket.write(ESTABLISHED);
    this.#detach();
    const seen = this.#seen.take(this.#seen.length);
    this.#inner = new Tunnel(this.#socket, upstream, seen, () => this.#host.onOver());
  }

  #readHello(): void {
    const seen = this.#seen.view;
    const hello = readClientHello(seen);
    if (hello.kind === 'more') return;
    const { host, port } = this.#target;
    const { route, refusedHosts } = this.#context;
    if (hello.kind === 'hello') {
      const named = hello.serverName ?? host;
      const { upstream, isRead } = route(named, port);
      if (!isRead || refusedHosts.isTunnelled(this.#client.address, named)) this.#tunnel(false);
      else if (hello.protocols.length > 0 && !hello.protocols.includes(PROTOCOL)) this.#letThrough('only-h2');
      else this.#run(this.#intercept(upstream));
    } else if (!route(host, port).isRead) this.#tunnel(false);
    else if (hello.kind === 'not-tls' && port === HTTP_PORT && mayBeHead(seen, 0, seen.length)) this.#plain();
    else this.#letThrough(hello.kind === 'not-tls' ? 'not-tls' : 'bad-hello');
  }

  async #intercept(upstream: Upstream): Promise<void> {
    const { contextFor, vendors, refusedHosts, onFault } = this.#context;
    const { address } = this.#client;
    const { host } = upstream;
    this.#hold();
    const prepared = new Prepared(() => vendors.dialTls(upstream));
    let context: SecureContext;
    try {
      context = await contextFor(host);
    } catch (error) {
      prepared.drop();
      onFault(error);
      this.#tunnel(false);
      return;
    }
    if (this.#socket.destroyed) {
      prepared.drop();
      return;
    }
    const seen = this.#seen.take(this.#seen.length);
    this.#detach();
    const inside = await acceptTls(this.#socket, seen, context);
    if (typeof inside === 'string') {
      prepared.drop();
      if (inside === 'left-handshake') refusedHosts.unused(address, host);
      else refusedHosts.refused(address, host);
      this.#unread(inside, host);
      this.#socket.destroy();
      return;
    }
    const acceptedAt = performance.now();
    let used = false;
    const onOver = (): void => {
      prepared.drop();
      if (!used && performance.now() - acceptedAt <= UNUSED_WITHIN_MS) {
        refusedHosts.unused(address, host);
        this.#unread('left-unused', host);
      }
      this.#host.onOver();
    };
    this.#inner = this.#host.relay(inside, upstream, () => prepared.take(), onOver);
    inside.once('data', () => {
      used = true;
      refusedHosts.used(address, host);
    });
  }

  /** HTTP in the clear behind a CONNECT to a vendor's host. */
  #plain(): void {
    this.#hold();
    this.#detach();
    this.#socket.unshift(this.#seen.take(this.#seen.length));
    const { route, vendors } = this.#context;
    const { upstream } = route(this.#target.host, this.#target.port);
    this.#inner = this.#host.relay(this.#socket, upstream, vendors.dial, () => this.#host.onOver());
    this.#socket.resume();
  }

  /** Lets a client through whose traffic cannot be read. */
  #letThrough(reason: InterceptReason): void {
    this.#unread(reason);
    this.#tunnel(false);
  }

  /** Tells of a client whose traffic with a vendor's host cannot be read. */
  #unread(reason: InterceptReason, host = this.#target.host): void {
    const { name, startedAtMs } = this.#client;
    const client = endpointOf(this.#client);
    this.#context.onUnread(reason, host, client);
    this.#context.onExchange({
      connection: name,
      source: 'live',
      startedAtUs: startedAtMs * 1000,
      responseAfterUs: 0,
      endedAfterUs: Math.max(0, Date.now() - startedAtMs) * 1000,
      client,
      upstream: '',
      answered: 'refused',
      reason,
      request: { head: this.#head, body: NO_BYTES, bodyBytes: 0, complete: true },
      interim: NO_BYTES,
      response: { head: ESTABLISHED, body: NO_BYTES, bodyBytes: 0, complete: true },
    });
  }
}
