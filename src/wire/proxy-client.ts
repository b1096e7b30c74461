import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { plainAddress } from './address.js';
import type { Refusal } from './admission.js';
import { GatheredBytes } from './bytes.js';
import { Connection } from './connection.js';
import type { HeadFacts } from './head.js';
import { findHeadEnd, mayBeHead, readHead, skipEmptyLines } from './head.js';
import { PlainForward } from './plain-forward.js';
import { ProxyConnect } from './proxy-connect.js';
import type { Client, Course, OwnAnswer, ProxyContext } from './proxy-context.js';
import { endpointOf } from './proxy-context.js';
import type { ConnectTarget, OwnTarget, ProxyTarget } from './proxy-target.js';
import { HTTP_PORT, proxyTarget } from './proxy-target.js';
import { isPublic } from './reach.js';
import { refusalAnswer } from './refusals.js';
import type { Side } from './resets.js';
import type { Served } from './serving.js';
import type { Dial } from './upstream-leg.js';
import type { Upstream } from './upstreams.js';

/** How long a client may take to read its last answer before the connection is dropped. */
const LINGER_MS = 2_000;

/**
 * One client of the proxy, from its first request on: a tunnel to a host that is nobody's business, a connection with
 * a vendor's host that is relayed like that of a scale, plain HTTP, or a page of our own.
 */
export class ProxyClient implements Served {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #context: ProxyContext;
  /** What has come, and was not dealt with. */
  readonly #seen = new GatheredBytes();
  #searched = 0;
  #stage: 'head' | 'busy' | 'leaving' = 'head';
  /** When the stage began, in milliseconds of the monotonic clock. */
  #since = performance.now();
  /** Who serves the client now. */
  #inner: Served | null = null;
  #over = false;

  constructor(name: string, socket: Socket, context: ProxyContext) {
    const address = plainAddress(socket.remoteAddress ?? '');
    this.#client = { socket, name, address, startedAtMs: Date.now() };
    this.#socket = socket;
    this.#context = context;
    socket.on('error', ignored);
    socket.on('close', () => {
      if (this.#inner === null) this.#finish();
    });
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    if (!context.mayUse(address)) {
      this.#refuse({ reason: 'client-not-local', message: 'this proxy serves its own house only' });
    }
  }

  sweep(now: number): void {
    if (this.#inner) this.#inner.sweep(now);
    else if (this.#stage === 'leaving') {
      if (now - this.#since > LINGER_MS) this.#socket.destroy();
    } else if (now - this.#since > this.#context.headTimeoutMs) this.#tookTooLong();
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
    if (this.#stage === 'leaving') return;
    this.#seen.append(chunk);
    if (this.#stage === 'head') this.#readHead();
  };

  readonly #onEnd = (): void => {
    if (this.#stage !== 'busy') this.#socket.end();
  };

  #tookTooLong(): void {
    const message = `no complete request head within ${this.#context.headTimeoutMs / 1000} s`;
    if (this.#stage === 'head' && this.#seen.length > 0) this.#refuse({ reason: 'head-timeout', message });
    else this.#socket.destroy();
  }

  #enter(stage: 'busy' | 'leaving'): void {
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
    else this.#connectTo(head, target);
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

  #connectTo(head: Buffer, target: ConnectTarget): void {
    this.#detach();
    // A copy, as it may be kept for long.
    const request = { head: Buffer.from(head), target };
    this.#seen.take(head.length);
    const behind = this.#seen.take(this.#seen.length);
    this.#inner = new ProxyConnect(this.#client, request, behind, this.#context, {
      relay: (side, upstream, dial, onOver) =>
        this.#connection(this.#context.vendors, side, upstream, dial, onOver),
      refuse: (refusal) => {
        this.#inner = null;
        this.#refuse(refusal);
      },
      onOver: () => this.#finish(),
    });
  }

  #connection(course: Course, side: Side, upstream: Upstream, dial: Dial, onClosed: () => void): Connection {
    return new Connection(this.#client.name, side, {
      ...course.context,
      allowList: { pick: () => upstream },
      dial,
      onClosed,
    });
  }

  #forward(): void {
    this.#enter('busy');
    this.#socket.pause();
    this.#detach();
    this.#socket.unshift(this.#seen.take(this.#seen.length));
    const { maxHeadBytes, vendors, others, route } = this.#context;
    this.#inner = new PlainForward(this.#socket, maxHeadBytes, {
      admit: (head, facts) => this.#admit(head, facts),
      serve: ({ host, port }, side, onOver) => {
        const { upstream, isRead } = route(host, port);
        // By the port a vendor tells what came in the clear, which is nobody's word.
        const course = isRead && port === HTTP_PORT ? vendors : others;
        return this.#connection(course, side, upstream, course.dial, onOver);
      },
      answer: (head, target) => {
        this.#inner = null;
        this.#answer(head, target);
      },
      onOver: () => this.#finish(),
    });
    this.#socket.resume();
  }

  /** A page of our own, or an error; the last thing that the client gets. */
  #answer(head: Buffer, target: OwnTarget | Refusal): void {
    if (!('kind' in target)) {
      this.#refuse(target);
      return;
    }
    const { localAddress = '', localPort = 0 } = this.#socket;
    const text = head.toString('latin1');
    const [, method = ''] = /^\s*(\S+)/.exec(text) ?? [];
    const [, userAgent = ''] = /\nuser-agent:[ \t]*([^\r\n]*)/i.exec(text) ?? [];
    const proxy = { host: plainAddress(localAddress), port: localPort };
    this.#context.own({ method, path: target.path, userAgent, proxy }).then(
      (answer) => this.#leave(rawAnswer(answer)),
      (error: unknown) => {
        this.#context.onFault(error);
        this.#socket.destroy();
      },
    );
    this.#enter('busy');
  }

  #refuse({ reason, message }: Refusal): void {
    const [head, body] = refusalAnswer(reason, message);
    this.#context.onRefused(reason, message, endpointOf(this.#client));
    this.#leave(Buffer.concat([head, body]));
  }

  /** Ends the client's connection with these bytes. What it still sends is read and forgotten. */
  #leave(last: Buffer): void {
    this.#detach();
    this.#enter('leaving');
    this.#socket.on('data', this.#onData);
    if (!this.#socket.writableEnded) this.#socket.end(last);
    this.#socket.resume();
  }

  /** Somebody else listens to the client from here on. */
  #detach(): void {
    this.#socket.removeListener('data', this.#onData).removeListener('end', this.#onEnd);
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
