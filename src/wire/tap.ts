import type { CutReason, Exchange, ExchangeReason, RawMessage, RefusalReason } from '../model/exchange.js';
import type { HeadFacts } from './head.js';
import type { CopyLimits } from './open-exchange.js';
import { MessageCopy, OpenExchange } from './open-exchange.js';
import type { ReaderEvents } from './reader.js';
import { MessageReader } from './reader.js';

/** Requests of one connection that may wait for an answer; a client that pipelines more is not followed. */
const MAX_PENDING = 256;

const NO_BYTES = Buffer.alloc(0);

export interface TapLimits extends CopyLimits {
  /** Bytes of one head, and of the trailers of one body. */
  readonly maxHeadBytes: number;
}

/** What the tap calls. */
export interface TapEvents {
  /**
   * A request head is complete. A reason refuses it: its bytes, and all that follow, are then not cleared. `hold`
   * leaves its bytes uncleared until {@link Tap.release}.
   */
  onRequest(head: Buffer, facts: HeadFacts): RefusalReason | 'hold' | null;
  /** A request is whole, while the tap is {@link Tap.serial}. */
  onWhole(): void;
  /**
   * An answer is whole, or cannot be framed for a reason, while the tap is {@link Tap.serial}. False rejects it:
   * then it is not part of the exchange.
   */
  onAnswer(): boolean;
  /** An exchange is over. The tap keeps nothing of it. */
  onExchange(exchange: Exchange): void;
}

/**
 * Turns the passing bytes of one client connection into exchanges, beside the relay. It does no I/O: the relay
 * shows it every chunk, those of the client before it passes them on, and asks {@link clearedBytes} how far it may.
 */
export class Tap {
  /** `host address:port` of the upstream, as it will stand in the exchanges. */
  upstream = '';
  /** One exchange at a time: of what the client sends, nothing behind a whole request is read. */
  serial = false;
  readonly connection: string;
  readonly client: string;
  readonly #limits: TapLimits;
  readonly #events: TapEvents;
  readonly #requests: MessageReader;
  #responses: MessageReader;
  /** In the order of their requests. */
  readonly #open: OpenExchange[] = [];
  /** Index in `#open` of the one that the next response answers. */
  #answering = 0;
  /** When the latest chunk came, in milliseconds of the monotonic clock. */
  #now = 0;
  #headSince: number | null = null;
  #clientBytes = 0;
  /** Offset in the client's stream of a head that was refused. */
  #refusedAt: number | null = null;
  /** Offset in the client's stream of a request that is held. */
  #heldAt: number | null = null;

  /** `connection` and `client` are as they will stand in the exchanges. */
  constructor(connection: string, client: string, limits: TapLimits, events: TapEvents) {
    this.connection = connection;
    this.client = client;
    this.#limits = limits;
    this.#events = events;
    this.#requests = new MessageReader(null, this.#requestEvents(), limits.maxHeadBytes);
    this.#responses = this.#responseReader();
  }

  /** How many bytes of the client's stream may go upstream: all but a head that is incomplete, or a held request. */
  get clearedBytes(): number {
    return this.#refusedAt ?? this.#heldAt ?? this.#clientBytes - this.#requests.partialBytes;
  }

  /** The held request may go upstream, or is done with. */
  release(): void {
    this.#heldAt = null;
  }

  /** Since when a head is incomplete, in milliseconds of the monotonic clock; null when none is. */
  get headSince(): number | null {
    return this.#headSince;
  }

  /** How many exchanges are not over. */
  get openCount(): number {
    return this.#open.length;
  }

  /** Says how many bytes of the chunk it has read: fewer than all only when it is {@link serial}. */
  fromClient(chunk: Buffer): number {
    if (this.#refusedAt !== null) return chunk.length;
    this.#now = performance.now();
    const before = this.#clientBytes;
    this.#clientBytes += chunk.length;
    const read = this.#requests.push(chunk);
    this.#clientBytes = before + read;
    if (this.#requests.partialBytes === 0) this.#headSince = null;
    else this.#headSince ??= this.#now;
    return read;
  }

  fromUpstream(chunk: Buffer): void {
    this.#now = performance.now();
    this.#open[this.#answering]?.answerBegins(this.#now);
    this.#responses.push(chunk);
  }

  /** Whether upstream has sent nothing of an answer but whole interim ones. */
  get onlyInterim(): boolean {
    return this.#responses.partialBytes === 0 && this.#open[this.#answering]?.response == null;
  }

  /** The request that waits for an answer, as far as it is there. */
  request(): RawMessage | null {
    return this.#open[this.#answering]?.request.view ?? null;
  }

  /** The answer to it, as far as it is there. */
  answer(): RawMessage | null {
    return this.#open[this.#answering]?.response?.view ?? null;
  }

  /** An interim answer of our own to the open request. */
  interimOfOurs(head: Buffer): void {
    const open = this.#open[this.#answering];
    if (!open) return;
    open.answerBegins(performance.now());
    open.interim ??= new MessageCopy(NO_BYTES, this.#limits);
    open.interim.append(head, this.#limits);
  }

  /** Says why the open exchange is not plain. */
  mark(reason: ExchangeReason): void {
    const open = this.#open[this.#answering];
    if (open) open.reason ??= reason;
  }

  /** Upstream is done with: what it has sent for the open request is forgotten, and another one may be asked. */
  newUpstream(): void {
    this.#responses.pause();
    this.#responses = this.#responseReader();
    this.upstream = '';
    const open = this.#open[this.#answering];
    open?.response?.release(this.#limits.budget);
    if (open) open.response = null;
  }

  /**
   * Takes the open exchange, whose request is whole, away without telling of it: somebody else answers it.
   * `reason` is why.
   */
  take(reason: ExchangeReason): Exchange | null {
    const open = this.#open.shift();
    if (!open) return null;
    this.#now = performance.now();
    open.answered = 'replayed';
    open.reason = reason;
    return open.finish(this.#now, this.#limits.budget, this);
  }

  /** The client has closed its side; half a head that it left is cleared as it is. */
  clientEnded(): void {
    this.#giveUpHead(this.#requests, 'client-left');
    for (const open of this.#open) if (!open.request.complete) open.reason ??= 'client-left';
  }

  /** Upstream has closed its side: what it has not answered by now has no answer. */
  upstreamEnded(): void {
    this.#responses.end();
    for (const open of this.#open) if (!open.response?.complete) open.reason ??= 'upstream-left';
  }

  /** Stops waiting for the rest of a head: what came of it is cleared, and the connection is a tunnel. */
  headTimedOut(): void {
    this.#giveUpHead(this.#requests, 'head-timeout');
  }

  /** We answered the oldest open request with these bytes; others behind it get no answer. */
  refuse(reason: RefusalReason, head: Buffer, body: Buffer): void {
    this.#now = performance.now();
    this.#giveUpHead(this.#requests, reason);
    this.#refusedAt ??= this.#clientBytes;
    const refused = this.#open[0] ?? this.#begin('', NO_BYTES, this.#now);
    refused.answerBegins(this.#now);
    refused.response = new MessageCopy(head, this.#limits);
    refused.response.append(body, this.#limits);
    refused.response.complete = true;
    for (const open of this.#open) {
      open.answered = 'refused';
      open.reason = reason;
    }
    this.#finishAll();
  }

  /** The connection is over: whatever is open is an exchange as it stands, and ended with its last byte. */
  close(reason: CutReason): void {
    this.serial = false;
    this.#giveUpHead(this.#requests, reason);
    this.#giveUpHead(this.#responses, reason);
    for (const open of this.#open) open.reason ??= reason;
    this.#finishAll();
  }

  #giveUpHead(reader: MessageReader, reason: ExchangeReason): void {
    if (reader.partialBytes > 0) reader.becomeTunnel(reason);
    if (reader === this.#requests) this.#headSince = null;
  }

  /** `head` is empty when none could be framed. */
  #begin(method: string, head: Buffer, startedAt: number): OpenExchange {
    const open = new OpenExchange(method, new MessageCopy(head, this.#limits), startedAt, this.#now);
    this.#open.push(open);
    return open;
  }

  /** Begins an exchange with what the client sent last, of which the first bytes may have come before. */
  #beginAsked(method: string, head: Buffer): OpenExchange {
    const startedAt = this.#headSince ?? this.#now;
    this.#headSince = null;
    return this.#begin(method, head, startedAt);
  }

  /** Whether more requests wait for an answer than are kept track of: one when the budget is used up. */
  get #tooManyPending(): boolean {
    return this.#open.length > (this.#limits.budget.leftBytes > 0 ? MAX_PENDING : 1);
  }

  /** Hands on the exchanges that are over, in the order of their requests. */
  #settle(): void {
    while (this.#open[0]?.isOver) {
      const over = this.#open.shift() as OpenExchange;
      this.#answering--;
      this.#finish(over);
    }
  }

  #finishAll(): void {
    this.#answering = 0;
    for (const open of this.#open.splice(0)) this.#finish(open);
  }

  #finish(open: OpenExchange): void {
    this.#events.onExchange(open.finish(this.#now, this.#limits.budget, this));
  }

  #requestEvents(): ReaderEvents {
    /** Whose bytes are coming. */
    let current: OpenExchange | undefined;
    let tunnelReason: ExchangeReason = 'upgraded';
    return {
      onHead: (head, facts, start) => {
        current = undefined;
        if (this.#refusedAt !== null) return;
        current = this.#beginAsked(facts.method, head);
        const decision = this.#events.onRequest(head, facts);
        if (decision === 'hold') this.#heldAt = start;
        else if (decision) this.#refusedAt = start;
        else if (this.#tooManyPending) this.#requests.becomeTunnel('too-many-pending');
      },
      onInterim: () => undefined,
      onBody: (slice) => current?.request.append(slice, this.#limits),
      onEnd: () => {
        if (current) current.request.complete = true;
        if (this.serial) {
          this.#requests.pause();
          this.#events.onWhole();
        }
        this.#settle();
      },
      onRefused: (reason) => {
        tunnelReason = reason;
        if (current && !current.request.complete) current.reason ??= reason;
      },
      onTunnel: (slice) => {
        // Bytes behind a whole request are not its own, but for an upgrade, whose exchange goes on.
        if (!current || (current.request.complete && tunnelReason !== 'upgraded')) {
          if (this.#refusedAt !== null) return;
          current = this.#beginAsked('', NO_BYTES);
          current.reason = tunnelReason;
        }
        current.request.append(slice, this.#limits);
      },
    };
  }

  #responseReader(): MessageReader {
    const asked = () => this.#open[this.#answering]?.method;
    return new MessageReader(asked, this.#responseEvents(), this.#limits.maxHeadBytes);
  }

  #responseEvents(): ReaderEvents {
    /** Whose answer is coming. */
    let current: OpenExchange | undefined;
    const answered = (): OpenExchange | undefined => {
      const open = this.#open[this.#answering];
      open?.answerBegins(this.#now);
      return open;
    };
    return {
      onHead: (head, facts) => {
        current = answered();
        if (!current) return;
        current.response = new MessageCopy(head, this.#limits);
        if (facts.status === 101) this.#requests.becomeTunnel('upgraded');
      },
      onInterim: (head) => {
        const open = answered();
        if (!open) return;
        open.interim ??= new MessageCopy(NO_BYTES, this.#limits);
        open.interim.append(head, this.#limits);
      },
      onBody: (slice) => current?.response?.append(slice, this.#limits),
      onEnd: () => {
        if (!current?.response) return;
        current.response.complete = true;
        if (this.serial) this.#responses.pause();
        if (this.serial && !this.#events.onAnswer()) return;
        this.#answering++;
        this.#settle();
      },
      onRefused: (reason) => {
        if (this.serial && !this.#events.onAnswer()) return;
        if (!current || current.response?.complete) current = answered() ?? this.#unasked();
        current.response ??= new MessageCopy(NO_BYTES, this.#limits);
        current.reason ??= reason;
        // Answers can no longer be told apart, so following the requests would only pile them up.
        this.#requests.becomeTunnel(reason);
      },
      onTunnel: (slice) => current?.response?.append(slice, this.#limits),
    };
  }

  /** Begins an exchange for bytes of upstream that no request waits for. */
  #unasked(): OpenExchange {
    const open = this.#begin('', NO_BYTES, this.#now);
    open.answerBegins(this.#now);
    return open;
  }
}
