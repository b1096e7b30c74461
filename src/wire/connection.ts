import type { Socket } from 'node:net';
import type { CutReason, Exchange, RefusalReason } from '../model/exchange.js';
import { formatEndpoint } from './address.js';
import type { Refusal } from './admission.js';
import { admit, isRefusal } from './admission.js';
import { GatheredBytes } from './bytes.js';
import { loopMessage } from './dial.js';
import type { HeadFacts } from './head.js';
import { HeldBytes } from './held-bytes.js';
import type { OutgoingCalls } from './outgoing.js';
import { LOOP_DEPTH } from './outgoing.js';
import { refusalAnswer } from './refusals.js';
import type { Side } from './resets.js';
import { resetWhenFlushed } from './resets.js';
import type { StandIn } from './stand-in.js';
import type { TapLimits } from './tap.js';
import { Tap } from './tap.js';
import type { TurnHost } from './turns.js';
import { Turns } from './turns.js';
import type { Dial } from './upstream-leg.js';
import { UpstreamLeg } from './upstream-leg.js';
import type { AllowList, Upstream } from './upstreams.js';
import { hostInFragment } from './upstreams.js';
import { WatchedTap } from './watched-tap.js';

/** How long a refused client may take to read its answer before the connection is dropped. */
const LINGER_MS = 2_000;

/** What all connections of a relay have in common. */
export interface ConnectionContext {
  readonly allowList: Pick<AllowList, 'pick'>;
  readonly dial: Dial;
  readonly tapLimits: TapLimits;
  readonly headTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly outgoing: OutgoingCalls;
  /** Null when everything is relayed. */
  readonly standIn: StandIn | null;
  readonly onExchange: (exchange: Exchange) => void;
  readonly onRefused: (reason: RefusalReason, message: string, client: string) => void;
  /** Told when both sides are closed. */
  readonly onClosed: (connection: Connection) => void;
  /** Told of a fault of the tap's own, or of onExchange. */
  readonly onFault: (error: unknown) => void;
}

/**
 * One client connection and its upstream connection. Chunks are passed on as they came, in both directions; the
 * tap sees each of them. Held back is only a request head that is not complete, what comes before upstream is
 * connected, and what the {@link Turns} of a stand-in hold: an answer until it is whole and looked at, a request whose
 * body decides who answers it, and whatever the client sends behind a request that is not answered.
 */
export class Connection {
  readonly #client: Side;
  readonly #context: ConnectionContext;
  readonly #tap: Tap;
  readonly #watched: WatchedTap;
  readonly #turns: Turns | null;
  #lastByteAt = performance.now();
  readonly #leg: UpstreamLeg;
  #target: Upstream | null = null;
  #state: 'head' | 'dialling' | 'spliced' | 'refused' | 'over' = 'head';
  #firstHead: Buffer | null = null;
  /** How often this very call has been through here before. */
  #depth = 0;
  /** Client bytes that were not passed on: a head that is incomplete or refused, or all while dialling. */
  readonly #held = new HeldBytes();
  /** Client bytes that the tap has not seen: they came behind a request that is not answered yet. */
  readonly #later = new GatheredBytes();
  /** The client has closed its side, behind a request that is not answered yet. */
  #endsLater = false;
  /** A refusal that waits until the answers before it are through. */
  #refusal: Refusal | null = null;
  /** Who was lost first. */
  #cutBy: CutReason | null = null;
  #refusedAt = 0;
  /** The relay is closing: hang up as soon as no exchange is open. */
  #closing = false;

  /** `name` stands for it in the journal. */
  constructor(name: string, client: Side, context: ConnectionContext) {
    this.#client = client;
    this.#context = context;
    const address = formatEndpoint({ address: client.remoteAddress ?? '', port: client.remotePort ?? 0 });
    this.#tap = new Tap(name, address, context.tapLimits, {
      onRequest: (head, facts) => this.#admit(head, facts),
      onWhole: () => this.#turns?.requestEnded(),
      onAnswer: () => this.#turns?.answered() ?? true,
      onExchange: (exchange) => this.#exchangeOver(exchange),
    });
    this.#watched = new WatchedTap(this.#tap, (error) => this.#goBlind(error));
    this.#turns = context.standIn && new Turns(context.standIn, this.#turnHost());
    this.#leg = new UpstreamLeg(context.dial, context.outgoing, {
      onConnected: (socket, where) => this.#connected(socket, where),
      onFailed: (refusal) => this.#notConnected(refusal),
      onData: (chunk) => this.#fromUpstream(chunk),
      onEnd: () => (this.#isUpstreamUnused ? this.#forgetUpstream() : this.#upstreamEnded()),
      onDrain: () => this.#resumeClient(),
      onLost: () => (this.#isUpstreamUnused ? this.#forgetUpstream() : this.#lost('upstream-left')),
      onClosed: () => this.#closed(),
    });
    client.on('data', (chunk: Buffer) => this.#fromClient(chunk));
    client.on('end', () => this.#clientEnded());
    client.on('error', () => this.#lost('client-left'));
    client.on('close', () => this.#closed());
    client.on('drain', () => this.#leg.socket?.resume());
  }

  /** Ends what has taken too long. `now` is of the monotonic clock, in milliseconds. */
  sweep(now: number): void {
    const { headTimeoutMs, idleTimeoutMs } = this.#context;
    const { headSince } = this.#tap;
    if (this.#state === 'refused') {
      if (now - this.#refusedAt > LINGER_MS) this.#finish('idle-timeout');
    } else if (this.#state === 'head') {
      const message = `no complete request head within ${headTimeoutMs / 1000} s`;
      const idleMs = this.#firstHead === null ? headTimeoutMs : idleTimeoutMs;
      if (headSince === null) {
        if (now - this.#lastByteAt > idleMs) this.#finish('idle-timeout');
      } else if (now - headSince > headTimeoutMs) this.#refuse({ reason: 'head-timeout', message });
    } else if (this.#state === 'spliced') {
      this.#turns?.sweep(now);
      if (headSince !== null && now - headSince > headTimeoutMs) {
        this.#watched.show((tap) => tap.headTimedOut());
        this.#release();
      }
      if (now - this.#lastByteAt > idleTimeoutMs) this.#finish('idle-timeout');
    }
  }

  /** Closes both sides as soon as no exchange is open. */
  closeWhenIdle(): void {
    this.#closing = true;
    this.#hangUpWhenIdle();
  }

  /** Closes both sides at once. */
  close(): void {
    this.#finish('shutdown');
  }

  #fromClient(chunk: Buffer): void {
    // What a refused client still sends is read and forgotten: unread bytes would turn the close into a reset.
    if (this.#state === 'refused' || this.#refusal !== null) return;
    this.#lastByteAt = performance.now();
    if (this.#turns?.isWhole) this.#leaveForLater(chunk);
    else this.#take(chunk);
  }

  #take(chunk: Buffer): void {
    const read = this.#watched.fromClient(chunk);
    if (read < chunk.length) this.#leaveForLater(chunk.subarray(read));
    this.#held.append(read < chunk.length ? chunk.subarray(0, read) : chunk);
    this.#goUpstream();
    if (this.#turns?.isOpen) {
      if (this.#state === 'spliced') this.#turns.sent(this.#lastByteAt);
      this.#turns.proceed(this.#held.length);
    }
    this.#refuseWhenAnswered();
  }

  #leaveForLater(chunk: Buffer): void {
    this.#later.append(chunk);
    this.#client.pause();
  }

  /** Passes on what is held and may go upstream; dials first if nobody has. */
  #goUpstream(): void {
    if (this.#state === 'spliced') this.#release();
    else if (this.#state === 'head' && this.#held.countBefore(this.#clearedBytes) > 0 && !this.#isIdle) {
      if (this.#turns?.goesUpstream ?? true) this.#begin();
    }
  }

  #fromUpstream(chunk: Buffer): void {
    // Nobody has asked. Some servers say something before they hang up; it would pass for the answer to a request that
    // they have not got, or reach the client without having been looked at.
    if (this.#isUpstreamUnused || (this.#turns !== null && this.#isIdle)) {
      this.#forgetUpstream();
      return;
    }
    this.#lastByteAt = performance.now();
    if (this.#turns?.withholds) {
      this.#turns.fromUpstream(chunk, this.#lastByteAt, (bytes) =>
        this.#watched.show((tap) => tap.fromUpstream(bytes)),
      );
    } else {
      if (!this.#client.write(chunk)) this.#leg.socket?.pause();
      this.#watched.show((tap) => tap.fromUpstream(chunk));
    }
    // After an upgrade, what was taken for the beginning of a head is none.
    if (this.#held.length > 0 && this.#state === 'spliced') this.#release();
  }

  /** Relays on without the tap: a fault of its own must not touch the traffic. */
  #goBlind(error: unknown): void {
    this.#context.onFault(error);
    const withheld = this.#turns?.abandon();
    if (withheld && withheld.length > 0) this.#client.write(withheld);
    queueMicrotask(() => {
      this.#goUpstream();
      this.#turnOver();
    });
  }

  /** How many bytes of the client's stream may go upstream. */
  get #clearedBytes(): number {
    return this.#watched.clearedOf(this.#held.received);
  }

  /** Passes on what is held and cleared. */
  #release(): void {
    const cleared = this.#clearedBytes;
    if (this.#held.countBefore(cleared) <= 0) return;
    if (this.#leg.socket?.write(this.#held.takeBefore(cleared)) === false) this.#client.pause();
  }

  /** Decides about a request by its head; remembers where the connection leads. */
  #admit(head: Buffer, facts: HeadFacts): RefusalReason | 'hold' | null {
    const decision = admit(facts, this.#context.allowList, this.#target);
    if (isRefusal(decision)) {
      this.#refusal = decision;
      return decision.reason;
    }
    if (this.#firstHead === null) {
      this.#firstHead = head;
      this.#depth = this.#context.outgoing.depth(this.#client.remotePort ?? 0, head);
      if (this.#depth >= LOOP_DEPTH) {
        this.#refusal = { reason: 'upstream-is-self', message: loopMessage(decision.host, this.#tap.client) };
        return this.#refusal.reason;
      }
    }
    this.#target = decision;
    // Behind answers that are still to come nothing can be held.
    if (this.#turns === null || this.#tap.openCount > 1) return null;
    const { connection, client } = this.#tap;
    const course = this.#turns.begin({ connection, client, upstream: decision, head, facts });
    if (course === null || course === 'hold') return course;
    this.#refusal = course;
    return course.reason;
  }

  /** The first head is there, or will never be: dials. */
  #begin(): void {
    this.#target ??= this.#context.allowList.pick(hostInFragment(this.#held.view)) ?? null;
    if (this.#target === null) {
      const message = 'the request names a host that nothing is relayed to; --upstream HOST would allow it';
      this.#refuse({ reason: 'host-not-allowed', message });
      return;
    }
    if (this.#turns?.mayCall === false) {
      this.#refuse({ reason: 'offline', message: 'upstream is not called in mode offline' });
      return;
    }
    this.#state = 'dialling';
    this.#client.pause();
    this.#leg.dial(this.#target, this.#firstHead, this.#depth);
  }

  #notConnected({ reason, message }: Refusal): void {
    this.#state = 'head';
    const failure = reason === 'lookup-failed' ? 'lookup' : 'connect';
    if (!this.#turns?.failed({ failure, reason, message })) this.#refuse({ reason, message });
  }

  #connected(upstream: Socket, where: string): void {
    this.#state = 'spliced';
    this.#tap.upstream = where;
    this.#lastByteAt = performance.now();
    this.#release();
    this.#turns?.sent(this.#lastByteAt);
    // The end of the client's side may have come while dialling, and a reset at this very moment.
    if (this.#client.destroyed) resetWhenFlushed(upstream);
    else if (this.#client.readableEnded) upstream.end();
    else if (!upstream.writableNeedDrain) this.#resumeClient();
  }

  /** Reads on from the client, unless something of what it has sent is still to be dealt with. */
  #resumeClient(): void {
    if (this.#later.length === 0) this.#client.resume();
  }

  #turnHost(): TurnHost {
    return {
      tap: this.#tap,
      toClient: (bytes: Buffer) => {
        if (!this.#client.write(bytes)) this.#leg.socket?.pause();
      },
      goUpstream: () => {
        this.#goUpstream();
        if (this.#state === 'spliced') this.#turns?.sent(performance.now());
      },
      forgetUpstream: () => this.#forgetUpstream(),
      forgetHeld: () => this.#held.forget(),
      resumeClient: () => this.#resumeClient(),
      refuse: (refusal: Refusal) => this.#refuse(refusal),
      exchangeOver: (exchange: Exchange) => this.#tell(exchange),
      turnOver: (last: boolean) => {
        if (last) this.#client.end();
        this.#turnOver();
      },
    };
  }

  /** An exchange is over that held back what came behind it. */
  #turnOver(): void {
    if (this.#state === 'over' || this.#state === 'refused') return;
    if (this.#later.length > 0) {
      const later = this.#later.take(this.#later.length);
      this.#client.resume();
      this.#take(later);
    } else if (this.#state !== 'dialling') this.#client.resume();
    const ended = this.#endsLater || (this.#client.readableEnded && this.#state === 'head');
    if (ended && !this.#turns?.isOpen) {
      this.#endsLater = false;
      this.#clientEnded();
    }
    if (this.#closing) this.#hangUpWhenIdle();
  }

  #tell(exchange: Exchange): void {
    try {
      this.#context.onExchange(exchange);
    } catch (error) {
      this.#context.onFault(error);
    }
  }

  #exchangeOver(exchange: Exchange): void {
    this.#tell(exchange);
    const wasTurn = this.#turns?.exchangeOver() === true;
    const waited = wasTurn && (this.#later.length > 0 || this.#endsLater);
    if (this.#refusal === null && !this.#closing && !waited) return;
    // Not while the tap is at work.
    queueMicrotask(() => {
      if (waited) this.#turnOver();
      this.#refuseWhenAnswered();
      if (this.#closing) this.#hangUpWhenIdle();
    });
  }

  #clientEnded(): void {
    if (this.#state === 'refused') return;
    // A client may close its side and still wait for the answer.
    const isSent = this.#state === 'spliced' && this.#turns?.goesUpstream !== false;
    if (this.#turns?.isWhole && (!isSent || this.#later.length > 0)) {
      this.#endsLater = true;
      return;
    }
    this.#watched.show((tap) => tap.clientEnded());
    if (this.#state === 'head') this.#client.end();
    else if (this.#state === 'spliced') {
      this.#release();
      this.#leg.socket?.end();
    }
  }

  #upstreamEnded(): void {
    this.#watched.show((tap) => tap.upstreamEnded());
    if (this.#upstreamFailed()) return;
    this.#refuseWhenAnswered();
    if (!this.#client.writableEnded) this.#client.end();
  }

  /** Whether upstream has nothing to do with the request at hand, so that its leaving is no failure. */
  get #isUpstreamUnused(): boolean {
    return this.#turns?.isOpen === true && !this.#turns.goesUpstream;
  }

  /** Lets go of upstream; it is dialled anew when a request is to go there. */
  #forgetUpstream(): void {
    if (this.#state === 'spliced') this.#state = 'head';
    this.#leg.drop();
    this.#watched.show((tap) => tap.newUpstream());
  }

  /** Upstream is gone. Whether the stand-in goes on without it; if not, the client has got what was held. */
  #upstreamFailed(): boolean {
    if (!this.#turns?.withholds || this.#state !== 'spliced') return false;
    const message = `${this.#target?.host} closed the connection before its answer was whole`;
    if (this.#turns.failed({ failure: 'lost', reason: 'upstream-left', message })) return true;
    this.#turns.giveUp();
    return this.#leg.socket === null;
  }

  /** A side was reset: the other one is too, so that a cut answer stays cut. */
  #lost(by: CutReason): void {
    if (by === 'upstream-left' && this.#upstreamFailed()) return;
    this.#cutBy ??= by;
    if (this.#state === 'refused') this.#finish(by);
    else if (by === 'upstream-left') resetWhenFlushed(this.#client);
    else if (this.#leg.socket) resetWhenFlushed(this.#leg.socket);
  }

  /** One side is closed. The other may still have bytes to pass on. */
  #closed(): void {
    const closed = this.#client.destroyed && this.#leg.socket?.destroyed !== false;
    if (closed) this.#finish('client-left');
  }

  /** Whether no exchange is open, as far as anybody knows. */
  get #isIdle(): boolean {
    return this.#watched.isIdle && !this.#turns?.isOpen;
  }

  #hangUpWhenIdle(): void {
    if (!this.#isIdle || this.#tap.headSince !== null || this.#state === 'refused') return;
    this.#cutBy ??= 'shutdown';
    this.#client.destroySoon();
    this.#leg.socket?.destroySoon();
  }

  #refuseWhenAnswered(): void {
    if (this.#refusal !== null && this.#tap.openCount <= 1) this.#refuse(this.#refusal);
  }

  /** Answers with an error of our own and lets the client go. */
  #refuse({ reason, message }: Refusal): void {
    if (this.#state === 'refused' || this.#state === 'over' || this.#client.writableEnded) return;
    this.#state = 'refused';
    this.#refusedAt = performance.now();
    this.#turns?.abandon();
    this.#later.take(this.#later.length);
    const [head, body] = refusalAnswer(reason, message);
    this.#client.end(Buffer.concat([head, body]));
    this.#client.resume();
    this.#leg.drop();
    this.#watched.show((tap) => tap.refuse(reason, head, body));
    this.#context.onRefused(reason, message, this.#tap.client);
  }

  #finish(reason: CutReason): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    const cut = !this.#isIdle;
    this.#turns?.abandon();
    this.#context.standIn?.closed(this.#tap.connection);
    for (const socket of [this.#client, this.#leg.socket]) {
      // A reset is not possible while the end is being sent (uv_tcp_close_reset).
      if (cut && !socket?.writableEnded) socket?.resetAndDestroy();
      else socket?.destroy();
    }
    this.#leg.drop();
    this.#watched.show((tap) => tap.close(this.#cutBy ?? reason));
    this.#context.onClosed(this);
  }
}
