import type { Socket } from 'node:net';
import type { CutReason, Exchange, RefusalReason } from '../model/exchange.js';
import { formatEndpoint } from './address.js';
import type { DialOptions } from './dial.js';
import { DialError, dial, loopMessage } from './dial.js';
import type { HeadFacts } from './head.js';
import { refusalAnswer } from './refusals.js';
import type { TapLimits } from './tap.js';
import { Tap } from './tap.js';
import type { AllowList, Upstream } from './upstreams.js';
import { hostInFragment } from './upstreams.js';

/** How long a refused client may take to read its answer before the connection is dropped. */
const LINGER_MS = 2_000;

/** What all connections of a relay have in common. */
export interface ConnectionContext {
  readonly allowList: AllowList;
  readonly dialOptions: DialOptions;
  readonly tapLimits: TapLimits;
  readonly headTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** First request heads of live upstream connections, by our local port: to see our own calls come back in. */
  readonly outgoing: Map<number, Buffer>;
  readonly onExchange: (exchange: Exchange) => void;
  readonly onRefused: (reason: RefusalReason, message: string, client: string) => void;
  readonly onClosed: (connection: Connection) => void;
  /** Told of a fault of the tap's own, after which the connection is relayed without it. */
  readonly onFault: (error: unknown) => void;
}

/**
 * One client connection and its upstream connection. Chunks are passed on as they came, in both directions; the
 * tap sees each of them. Held back is only a request head that is not complete, and what comes before upstream
 * is connected.
 */
export class Connection {
  readonly #client: Socket;
  readonly #clientName: string;
  readonly #context: ConnectionContext;
  readonly #tap: Tap;
  readonly #acceptedAt = performance.now();
  #lastByteAt = this.#acceptedAt;
  #upstream: Socket | null = null;
  #target: Upstream | null = null;
  #state: 'head' | 'dialling' | 'spliced' | 'refused' | 'over' = 'head';
  #firstHead: Buffer | null = null;
  /** Client bytes that were not passed on: a head that is incomplete or refused, or all while dialling. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #receivedBytes = 0;
  /** A refusal that waits until the answers before it are through. */
  #refusal: { reason: RefusalReason; message: string } | null = null;
  #cutBy: CutReason | null = null;
  #refusedAt = 0;
  /** The tap has failed: from then on everything is cleared. */
  #blind = false;

  constructor(name: string, client: Socket, context: ConnectionContext) {
    this.#client = client;
    this.#context = context;
    this.#clientName = formatEndpoint({ address: client.remoteAddress ?? '', port: client.remotePort ?? 0 });
    this.#tap = new Tap(name, this.#clientName, context.tapLimits, {
      onRequest: (head, facts) => this.#admit(head, facts),
      onExchange: (exchange) => {
        context.onExchange(exchange);
        if (this.#refusal) queueMicrotask(() => this.#refuseWhenAnswered());
      },
    });
    client.on('data', (chunk: Buffer) => this.#fromClient(chunk));
    client.on('end', () => this.#clientEnded());
    client.on('error', () => this.#lost('client-left'));
    client.on('close', () => this.#clientClosed());
  }

  /** Ends what has taken too long. `now` is of the monotonic clock, in milliseconds. */
  sweep(now: number): void {
    const { headTimeoutMs, idleTimeoutMs } = this.#context;
    if (this.#state === 'refused') {
      if (now - this.#refusedAt > LINGER_MS) this.#finish('idle-timeout');
    } else if (this.#state === 'head') {
      if (now - this.#acceptedAt <= headTimeoutMs) return;
      if (this.#receivedBytes === 0) this.#finish('idle-timeout');
      else this.#refuse('head-timeout', `no complete request head within ${headTimeoutMs / 1000} s`);
    } else if (this.#state === 'spliced') {
      const { headSince } = this.#tap;
      if (headSince !== null && now - headSince > headTimeoutMs) {
        this.#watch((tap) => tap.headTimedOut());
        this.#release();
      }
      if (now - this.#lastByteAt > idleTimeoutMs) this.#finish('idle-timeout');
    }
  }

  /** Whether nothing would be cut by closing now. */
  get isIdle(): boolean {
    return this.#tap.openCount === 0 && this.#tap.headSince === null;
  }

  close(): void {
    this.#finish('shutdown');
  }

  #fromClient(chunk: Buffer): void {
    if (this.#state === 'refused' || this.#refusal) return;
    this.#lastByteAt = performance.now();
    this.#receivedBytes += chunk.length;
    this.#tap.fromClient(chunk);
    if (
      this.#state === 'spliced' &&
      this.#heldBytes === 0 &&
      this.#tap.clearedBytes === this.#receivedBytes
    ) {
      this.#toUpstream(chunk);
      return;
    }
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#state === 'spliced') this.#release();
    else if (this.#state === 'head' && this.#clearedBytes > 0) this.#begin();
    if (this.#refusal) {
      this.#client.pause();
      this.#refuseWhenAnswered();
    }
  }

  /** Shows something to the tap. A fault of its own must not touch the traffic. */
  #watch(step: (tap: Tap) => void): void {
    if (this.#blind) return;
    try {
      step(this.#tap);
    } catch (error) {
      this.#blind = true;
      this.#context.onFault(error);
    }
  }

  /** How many bytes of the client's stream may go upstream. */
  get #clearedBytes(): number {
    return this.#blind ? this.#receivedBytes : this.#tap.clearedBytes;
  }

  /** Passes on what is held and cleared. */
  #release(): void {
    let count = this.#clearedBytes - (this.#receivedBytes - this.#heldBytes);
    while (count > 0) {
      const first = this.#held.shift();
      if (first === undefined) break;
      const slice = first.length <= count ? first : first.subarray(0, count);
      if (slice.length < first.length) this.#held.unshift(first.subarray(count));
      this.#heldBytes -= slice.length;
      count -= slice.length;
      this.#toUpstream(slice);
    }
  }

  #toUpstream(chunk: Buffer): void {
    const upstream = this.#upstream;
    if (!upstream) return;
    // Upstream has closed both ways: the client must learn that nobody listens any more.
    if (upstream.destroyed) this.#client.resetAndDestroy();
    else if (!upstream.write(chunk)) this.#client.pause();
  }

  /** Decides about a request by its head; remembers where the connection leads. */
  #admit(head: Buffer, facts: HeadFacts): RefusalReason | null {
    const target = this.#context.allowList.pick(facts.host ?? undefined);
    const refuse = (reason: RefusalReason, message: string): RefusalReason => {
      this.#refusal = { reason, message };
      return reason;
    };
    if (facts.method === 'CONNECT' || !/^[/*]/.test(facts.target)) {
      return refuse('not-origin-form', 'this address is for scales; it is not a web proxy');
    }
    if (facts.host === null) return refuse('conflicting-host', 'the request has two different Host headers');
    if (target === undefined) {
      return refuse(
        'host-not-allowed',
        `nothing is relayed to ${facts.host}; --upstream HOST would allow it`,
      );
    }
    if (this.#target !== null && this.#target !== target) {
      return refuse(
        'host-not-allowed',
        `this connection leads to ${this.#target.host}, not to ${facts.host}`,
      );
    }
    if (this.#firstHead === null) {
      this.#firstHead = head;
      const outer = this.#context.outgoing.get(this.#client.remotePort ?? 0);
      if (outer?.equals(head)) return refuse('upstream-is-self', loopMessage(target.host, this.#clientName));
    }
    this.#target = target;
    return null;
  }

  /** The first head is there, or will never be: dials. */
  #begin(): void {
    this.#target ??= this.#context.allowList.pick(hostInFragment(Buffer.concat(this.#held))) ?? null;
    if (this.#target === null) {
      this.#refuse('host-not-allowed', 'the request names a host that nothing is relayed to');
      return;
    }
    this.#state = 'dialling';
    this.#client.pause();
    dial(this.#target, this.#context.dialOptions).then(
      (upstream) => this.#connected(upstream),
      (error: unknown) => {
        if (this.#state !== 'dialling') return;
        if (error instanceof DialError) this.#refuse(error.reason, error.message);
        else this.#refuse('connect-failed', error instanceof Error ? error.message : String(error));
      },
    );
  }

  #connected(upstream: Socket): void {
    if (this.#state !== 'dialling') {
      upstream.destroy();
      return;
    }
    this.#state = 'spliced';
    this.#upstream = upstream;
    const endpoint = { address: upstream.remoteAddress ?? '', port: upstream.remotePort ?? 0 };
    this.#tap.upstream = `${this.#target?.host} ${formatEndpoint(endpoint)}`;
    const localPort = upstream.localPort ?? 0;
    if (this.#firstHead) this.#context.outgoing.set(localPort, this.#firstHead);
    this.#lastByteAt = performance.now();

    upstream.on('data', (chunk: Buffer) => this.#fromUpstream(chunk));
    upstream.on('end', () => this.#upstreamEnded());
    upstream.on('drain', () => this.#client.resume());
    upstream.on('error', () => this.#lost('upstream-left'));
    upstream.on('close', () => {
      this.#context.outgoing.delete(localPort);
      this.#upstreamClosed();
    });
    this.#client.on('drain', () => upstream.resume());
    this.#release();
    if (!upstream.writableNeedDrain) this.#client.resume();
  }

  #fromUpstream(chunk: Buffer): void {
    if (this.#client.write(chunk) === false) this.#upstream?.pause();
    this.#lastByteAt = performance.now();
    this.#watch((tap) => tap.fromUpstream(chunk));
  }

  #clientEnded(): void {
    this.#cutBy ??= 'client-left';
    if (this.#state === 'refused') return;
    this.#watch((tap) => tap.clientEnded());
    if (this.#state === 'head') this.#finish('client-left');
    else if (this.#state === 'spliced') {
      this.#release();
      this.#upstream?.end();
    }
  }

  #upstreamEnded(): void {
    this.#cutBy ??= 'upstream-left';
    this.#watch((tap) => tap.upstreamEnded());
    if (this.#refusal) this.#refuse(this.#refusal.reason, this.#refusal.message);
    else this.#client.end();
  }

  /** A side was reset: the other one is too, so that a cut answer stays cut. */
  #lost(by: CutReason): void {
    this.#cutBy ??= by;
    if (this.#state === 'refused') this.#finish(by);
    else if (by === 'client-left') this.#upstream?.resetAndDestroy();
    else if (this.#tap.openCount > 0) this.#client.resetAndDestroy();
    else this.#client.end();
  }

  #clientClosed(): void {
    const upstream = this.#upstream;
    // Both sides have ended in order: upstream is still sending what it owes nobody.
    if (upstream && !upstream.destroyed) upstream.destroy();
    this.#finish(this.#cutBy ?? 'client-left');
  }

  #upstreamClosed(): void {
    if (this.#state !== 'spliced') return;
    this.#cutBy ??= 'upstream-left';
    if (!this.#client.writableEnded) this.#client.end();
  }

  #refuseWhenAnswered(): void {
    if (this.#refusal && this.#state !== 'refused' && this.#tap.openCount <= 1) {
      this.#refuse(this.#refusal.reason, this.#refusal.message);
    }
  }

  /** Answers with an error of our own and lets the client go. */
  #refuse(reason: RefusalReason, message: string): void {
    if (this.#state === 'refused' || this.#state === 'over') return;
    this.#state = 'refused';
    this.#refusedAt = performance.now();
    const [head, body] = refusalAnswer(reason, message);
    this.#client.end(Buffer.concat([head, body]));
    // What it still sends is read and forgotten: unread bytes would turn the close into a reset.
    this.#client.resume();
    this.#upstream?.destroy();
    this.#held = [];
    this.#watch((tap) => tap.refuse(reason, head, body));
    this.#context.onRefused(reason, message, this.#clientName);
  }

  #finish(reason: CutReason): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#client.destroy();
    this.#upstream?.destroy();
    this.#watch((tap) => tap.close(this.#cutBy ?? reason));
    this.#context.onClosed(this);
  }
}
