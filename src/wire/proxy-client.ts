import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Exchange, InterceptReason, RefusalReason } from '../model/exchange.js';
import { formatEndpoint, plainAddress } from './address.js';
import type { Refusal } from './admission.js';
import { GatheredBytes } from './bytes.js';
import { readClientHello } from './client-hello.js';
import type { ConnectionContext } from './connection.js';
import { Connection } from './connection.js';
import { DialError } from './dial.js';
import type { HeadFacts } from './head.js';
import { findHeadEnd, mayBeHead, readHead, skipEmptyLines } from './head.js';
import { acceptTls, PROTOCOL } from './intercept.js';
import { PlainForward } from './plain-forward.js';
import { Prepared } from './prepared.js';
import type { ProxyLogin } from './proxy-login.js';
import type { ProxyTarget } from './proxy-target.js';
import { proxyTarget } from './proxy-target.js';
import { isPublic } from './reach.js';
import { refusalAnswer } from './refusals.js';
import type { RefusedHosts } from './refused-hosts.js';
import type { Side } from './resets.js';
import type { Served } from './serving.js';
import { Tunnel } from './tunnel.js';
import type { Dial } from './upstream-leg.js';
import type { Upstream } from './upstreams.js';

/** How long a client may take to read its last answer before the connection is dropped. */
const LINGER_MS = 2_000;
/** A client that leaves so soon after the handshake, and has said nothing, may not like our certificate. */
const UNUSED_WITHIN_MS = 2_000;
const HTTPS_PORT = 443;
const ESTABLISHED = Buffer.from('HTTP/1.1 200 Connection Established\r\n\r\n');
const NO_BYTES = Buffer.alloc(0);

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
interface Course {
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
  readonly onClosed: (client: ProxyClient) => void;
}

type Connect = ProxyTarget & { readonly kind: 'connect' };

/**
 * One client of the proxy, from its first request on: a tunnel to a host that is nobody's business, a connection with
 * a vendor's host that is relayed like that of a scale, plain HTTP, or a page of our own.
 */
export class ProxyClient implements Served {
  readonly #name: string;
  readonly #client: Socket;
  readonly #context: ProxyContext;
  readonly #address: string;
  /** What has come, and was not dealt with. */
  readonly #seen = new GatheredBytes();
  #searched = 0;
  #stage: 'head' | 'hello' | 'busy' | 'leaving' = 'head';
  /** When the stage began, in milliseconds of the monotonic clock. */
  #since = performance.now();
  readonly #startedAtMs = Date.now();
  /** Who serves the client now. */
  #inner: Served | null = null;
  #connectHead: Buffer = NO_BYTES;
  #connect: Connect | null = null;
  #over = false;

  constructor(name: string, client: Socket, context: ProxyContext) {
    this.#name = name;
    this.#client = client;
    this.#context = context;
    this.#address = plainAddress(client.remoteAddress ?? '');
    client.on('error', ignored);
    client.on('close', () => {
      if (this.#inner === null) this.#finish();
    });
    client.on('data', this.#onData);
    client.on('end', this.#onEnd);
    if (!context.mayUse(this.#address)) {
      this.#refuse({ reason: 'client-not-local', message: 'this proxy serves its own house only' });
    }
  }

  sweep(now: number): void {
    if (this.#inner) this.#inner.sweep(now);
    else if (this.#stage === 'leaving') {
      if (now - this.#since > LINGER_MS) this.#client.destroy();
    } else if (now - this.#since > this.#context.headTimeoutMs) this.#tookTooLong();
  }

  closeWhenIdle(): void {
    if (this.#inner) this.#inner.closeWhenIdle();
    else this.#client.destroySoon();
  }

  close(): void {
    this.#inner?.close();
    this.#client.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#stage === 'leaving') return;
    this.#seen.append(chunk);
    if (this.#stage === 'head') this.#readHead();
    else if (this.#stage === 'hello') this.#readHello();
  };

  readonly #onEnd = (): void => {
    // Half a hello, or nothing at all: what there is goes on as it is.
    if (this.#stage === 'hello' && this.#seen.length > 0) this.#unread('left-handshake', false);
    else if (this.#stage !== 'busy') this.#client.end();
  };

  #tookTooLong(): void {
    const message = `no complete request head within ${this.#context.headTimeoutMs / 1000} s`;
    if (this.#stage === 'head' && this.#seen.length > 0) this.#refuse({ reason: 'head-timeout', message });
    else this.#client.destroy();
  }

  #enter(stage: 'hello' | 'busy' | 'leaving'): void {
    this.#stage = stage;
    this.#since = performance.now();
  }

  #readHead(): void {
    const bytes = this.#seen.view;
    const end = findHeadEnd(bytes, 0, this.#searched);
    const { maxHeadBytes } = this.#context;
    if (end < 0 ? bytes.length > maxHeadBytes : end > maxHeadBytes) {
      this.#refuse({ reason: 'bad-target', message: `the head is longer than ${maxHeadBytes} bytes` });
    } else if (end < 0) {
      this.#searched = Math.max(0, bytes.length - 3);
      if (!mayBeHead(bytes, skipEmptyLines(bytes, 0), bytes.length)) {
        this.#refuse({ reason: 'bad-target', message: 'this is no HTTP request' });
      }
    } else {
      const facts = readHead(bytes, skipEmptyLines(bytes, 0), end, 'request');
      if (typeof facts === 'string') {
        this.#refuse({ reason: 'bad-target', message: `the head cannot be read: ${facts}` });
      } else this.#begin(bytes.subarray(0, end), facts);
    }
  }

  #begin(head: Buffer, facts: HeadFacts): void {
    const target = this.#admit(head, facts);
    if (!('kind' in target) || target.kind === 'own') this.#answer(head, target);
    else if (target.kind === 'forward') this.#forward();
    else this.#connectTo(Buffer.from(head), target);
  }

  /** What a request asks for, if this client may ask for it. */
  #admit(head: Buffer, facts: HeadFacts): ProxyTarget | Refusal {
    const target = proxyTarget(facts);
    if (!('kind' in target) || target.kind === 'own') return target;
    const { login, allowedPorts, route } = this.#context;
    const { host, port } = target;
    if (login?.admits(head) === false) {
      return { reason: 'proxy-auth', message: 'the proxy asks for the user and password of --proxy-login' };
    }
    if (!allowedPorts.has(port)) {
      const message = `the proxy does not lead to port ${port}; --proxy-ports ${port} would allow it`;
      return { reason: 'port-not-allowed', message };
    }
    // Names are judged when they are looked up; of an address there is nothing to wait for.
    if (isIP(host) === 0 || route(host, port).upstream.address !== null || isPublic(host)) return target;
    const message = `${host} is not on the internet, and the proxy leads nowhere else`;
    return { reason: 'target-not-allowed', message };
  }

  #connectTo(head: Buffer, target: Connect): void {
    this.#connectHead = head;
    this.#connect = target;
    this.#seen.take(head.length);
    const { host, port } = target;
    const { isRead } = this.#context.route(host, port);
    // Of a bare address only the name in the hello tells whose it is.
    const mayBeRead = isRead || (isIP(host) !== 0 && port === HTTPS_PORT);
    if (!mayBeRead || this.#context.refusedHosts.isTunnelled(this.#address, host)) this.#tunnel(true);
    else {
      this.#client.write(ESTABLISHED);
      this.#enter('hello');
      if (this.#seen.length > 0) this.#readHello();
    }
  }

  /** Joins the client with the host that it asked for, and tells it so if it has not been told yet. */
  #tunnel(tell: boolean): void {
    this.#run(this.#join(tell));
  }

  /** A fault of ours ends this client's connection, and nothing else. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#context.onFault(error);
      this.#client.destroy();
    });
  }

  async #join(tell: boolean): Promise<void> {
    const target = this.#connect;
    if (target === null) return;
    this.#enter('busy');
    this.#client.pause();
    const { vendors, others, route } = this.#context;
    const { upstream: wanted, isRead } = route(target.host, target.port);
    let upstream: Socket;
    try {
      upstream = await (isRead ? vendors : others).dial(wanted);
    } catch (error) {
      if (!(error instanceof DialError)) throw error;
      if (isRead) vendors.context.onRefused(error.reason, error.message, this.#clientName);
      if (tell) this.#refuse(error);
      else this.#client.destroy();
      return;
    }
    if (this.#client.destroyed) {
      upstream.destroy();
      return;
    }
    if (tell) this.#client.write(ESTABLISHED);
    this.#detach();
    this.#inner = new Tunnel(this.#client, upstream, this.#seen.take(this.#seen.length), () =>
      this.#finish(),
    );
  }

  #readHello(): void {
    const seen = this.#seen.view;
    const hello = readClientHello(seen);
    if (hello.kind === 'more') return;
    const connect = this.#connect;
    if (connect === null) return;
    if (hello.kind === 'hello') {
      const host = hello.serverName ?? connect.host;
      const { upstream, isRead } = this.#context.route(host, connect.port);
      if (!isRead || this.#context.refusedHosts.isTunnelled(this.#address, host)) {
        this.#tunnel(false);
      } else if (hello.protocols.length > 0 && !hello.protocols.includes(PROTOCOL)) {
        this.#unread('only-h2', true);
      } else this.#run(this.#intercept(upstream));
    } else if (!this.#context.route(connect.host, connect.port).isRead) this.#tunnel(false);
    else if (hello.kind === 'not-tls' && connect.port !== HTTPS_PORT && mayBeHead(seen, 0, seen.length)) {
      this.#plainInside(connect);
    } else this.#unread(hello.kind === 'not-tls' ? 'not-tls' : 'bad-hello', true);
  }

  async #intercept(upstream: Upstream): Promise<void> {
    const { contextFor, vendors, refusedHosts, onFault } = this.#context;
    const { host } = upstream;
    this.#enter('busy');
    this.#client.pause();
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
    if (this.#client.destroyed) {
      prepared.drop();
      return;
    }
    const seen = this.#seen.take(this.#seen.length);
    this.#detach();
    const inside = await acceptTls(this.#client, seen, context);
    if (typeof inside === 'string') {
      prepared.drop();
      if (inside === 'left-handshake') refusedHosts.unused(this.#address, host);
      else refusedHosts.refused(this.#address, host);
      this.#tellUnread(inside, host);
      this.#client.destroy();
      return;
    }
    const acceptedAt = performance.now();
    let used = false;
    this.#relay(
      inside,
      upstream,
      () => prepared.take(),
      () => {
        prepared.drop();
        if (used || performance.now() - acceptedAt > UNUSED_WITHIN_MS) return;
        refusedHosts.unused(this.#address, host);
        this.#tellUnread('left-unused', host);
      },
    );
    inside.once('data', () => {
      used = true;
      refusedHosts.used(this.#address, host);
    });
  }

  /** HTTP in the clear behind a CONNECT to a vendor's host. */
  #plainInside({ host, port }: Connect): void {
    this.#enter('busy');
    this.#client.pause();
    this.#detach();
    this.#client.unshift(this.#seen.take(this.#seen.length));
    const { route, vendors } = this.#context;
    this.#relay(this.#client, route(host, port).upstream, vendors.dial);
    this.#client.resume();
  }

  /** Relays what is inside to one upstream, as the relay for scales does. */
  #relay(side: Side, upstream: Upstream, dial: Dial, onOver: () => void = () => undefined): void {
    this.#inner = this.#connection(this.#context.vendors, side, upstream, dial, () => {
      onOver();
      this.#finish();
    });
  }

  #connection(course: Course, side: Side, upstream: Upstream, dial: Dial, onClosed: () => void): Connection {
    return new Connection(this.#name, side, {
      ...course.context,
      allowList: { pick: () => upstream },
      dial,
      onClosed,
    });
  }

  #forward(): void {
    this.#enter('busy');
    this.#client.pause();
    this.#detach();
    this.#client.unshift(this.#seen.take(this.#seen.length));
    const { maxHeadBytes, vendors, others, route } = this.#context;
    this.#inner = new PlainForward(this.#client, maxHeadBytes, {
      admit: (head, facts) => this.#admit(head, facts),
      serve: ({ host, port }, side, onOver) => {
        const { upstream, isRead } = route(host, port);
        // What is in the clear where TLS is spoken is nobody's word.
        const course = isRead && port !== HTTPS_PORT ? vendors : others;
        return this.#connection(course, side, upstream, course.dial, onOver);
      },
      answer: (head, target) => {
        this.#inner = null;
        this.#answer(head, target);
      },
      onOver: () => this.#finish(),
    });
    this.#client.resume();
  }

  /** A page of our own, or an error; the last thing that the client gets. */
  #answer(head: Buffer, target: (ProxyTarget & { readonly kind: 'own' }) | Refusal): void {
    if (!('kind' in target)) {
      this.#refuse(target);
      return;
    }
    const { localAddress = '', localPort = 0 } = this.#client;
    const text = head.toString('latin1');
    const [, method = ''] = /^\s*(\S+)/.exec(text) ?? [];
    const [, userAgent = ''] = /\nuser-agent:[ \t]*([^\r\n]*)/i.exec(text) ?? [];
    const proxy = { host: plainAddress(localAddress), port: localPort };
    this.#context.own({ method, path: target.path, userAgent, proxy }).then(
      (answer) => this.#leave(rawAnswer(answer)),
      (error: unknown) => {
        this.#context.onFault(error);
        this.#client.destroy();
      },
    );
    this.#enter('busy');
  }

  #refuse({ reason, message }: Refusal): void {
    const [head, body] = refusalAnswer(reason, message);
    const { onRefused } = this.#context;
    onRefused(reason, message, this.#clientName);
    this.#leave(Buffer.concat([head, body]));
  }

  /** Ends the client's connection with these bytes. What it still sends is read and forgotten. */
  #leave(last: Buffer): void {
    this.#detach();
    this.#enter('leaving');
    this.#client.on('data', this.#onData);
    if (!this.#client.writableEnded) this.#client.end(last);
    this.#client.resume();
  }

  /** The client's traffic with a vendor's host cannot be read. It is let through, if that helps, and told of. */
  #unread(reason: InterceptReason, letThrough: boolean): void {
    this.#tellUnread(reason, this.#connect?.host ?? '');
    if (letThrough) this.#tunnel(false);
    else this.#client.destroy();
  }

  #tellUnread(reason: InterceptReason, host: string): void {
    this.#context.onUnread(reason, host, this.#clientName);
    const now = Date.now();
    this.#context.onExchange({
      connection: this.#name,
      source: 'live',
      startedAtUs: this.#startedAtMs * 1000,
      responseAfterUs: 0,
      endedAfterUs: Math.max(0, now - this.#startedAtMs) * 1000,
      client: this.#clientName,
      upstream: '',
      answered: 'refused',
      reason,
      request: { head: this.#connectHead, body: NO_BYTES, bodyBytes: 0, complete: true },
      interim: NO_BYTES,
      response: { head: ESTABLISHED, body: NO_BYTES, bodyBytes: 0, complete: true },
    });
  }

  get #clientName(): string {
    return formatEndpoint({ address: this.#address, port: this.#client.remotePort ?? 0 });
  }

  /** Somebody else listens to the client from here on. */
  #detach(): void {
    this.#client.removeListener('data', this.#onData).removeListener('end', this.#onEnd);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#context.onClosed(this);
  }
}

function rawAnswer({ status, headers, body }: OwnAnswer): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = Buffer.from(`HTTP/1.1 ${status} \r\n${lines}Connection: close\r\n\r\n`, 'latin1');
  return Buffer.concat([head, body]);
}

/** Whoever serves the client sees its end, and has listeners of its own. */
function ignored(): void {}
