import type { CutReason, Exchange, ExchangeReason, RefusalReason } from '../model/exchange.js';
import type { HeadFacts } from './head.js';
import type { CopyLimits } from './open-exchange.js';
import { MessageCopy, OpenExchange } from './open-exchange.js';
import type { ReaderEvents } from './reader.js';
import { MessageReader } from './reader.js';

/** Requests of one connection that may wait for an answer; a client that pipelines more is not followed. */
const MAX_PENDING = 256;

export interface TapLimits extends CopyLimits {
  /** Bytes of one head, and of the trailers of one body. */
  readonly maxHeadBytes: number;
}

/** What the tap calls. */
export interface TapEvents {
  /** A request head is complete. A reason refuses it: its bytes, and all that follow, are then not cleared. */
  onRequest(head: Buffer, facts: HeadFacts): RefusalReason | null;
  /** An exchange is over. The tap keeps nothing of it. */
  onExchange(exchange: Exchange): void;
}

/**
 * Turns the passing bytes of one client connection into exchanges, beside the relay. It does no I/O: the relay
 * shows it every chunk before passing the chunk on, and asks {@link clearedBytes} how far it may.
 */
export class Tap {
  /** `host address:port` of the upstream, as it will stand in the exchanges. */
  upstream = '';
  readonly #connection: string;
  readonly #client: string;
  readonly #limits: TapLimits;
  readonly #events: TapEvents;
  readonly #requests: MessageReader;
  readonly #responses: MessageReader;
  /** In the order of their requests. */
  readonly #open: OpenExchange[] = [];
  /** Index in `#open` of the one that the next response answers. */
  #answering = 0;
  /** When the chunk in hand came, in milliseconds of the monotonic clock. */
  #now = 0;
  #headSince: number | null = null;
  #clientBytes = 0;
  /** Offset in the client's stream of a head that was refused. */
  #refusedAt: number | null = null;

  constructor(connection: string, client: string, limits: TapLimits, events: TapEvents) {
    this.#connection = connection;
    this.#client = client;
    this.#limits = limits;
    this.#events = events;
    this.#requests = new MessageReader(null, this.#requestEvents(), limits.maxHeadBytes);
    const asked = () => this.#open[this.#answering]?.method;
    this.#responses = new MessageReader(asked, this.#responseEvents(), limits.maxHeadBytes);
  }

  /** How many bytes of the client's stream may go upstream: all but a head that is incomplete or refused. */
  get clearedBytes(): number {
    return this.#refusedAt ?? this.#clientBytes - this.#requests.partialBytes;
  }

  /** Since when a head is incomplete, in milliseconds of the monotonic clock; null when none is. */
  get headSince(): number | null {
    return this.#headSince;
  }

  /** How many exchanges are not over. */
  get openCount(): number {
    return this.#open.length;
  }

  fromClient(chunk: Buffer): void {
    if (this.#refusedAt !== null) return;
    this.#now = performance.now();
    this.#clientBytes += chunk.length;
    this.#requests.push(chunk);
    if (this.#requests.partialBytes === 0) this.#headSince = null;
    else this.#headSince ??= this.#now;
  }

  fromUpstream(chunk: Buffer): void {
    this.#now = performance.now();
    this.#open[this.#answering]?.answerBegins(this.#now);
    this.#responses.push(chunk);
  }

  /** The client has closed its side; half a head that it left is cleared as it is. */
  clientEnded(): void {
    this.#giveUpHead('client-left');
    this.#requests.end();
  }

  upstreamEnded(): void {
    this.#now = performance.now();
    this.#responses.end();
  }

  /** Stops waiting for the rest of a head: what came of it is cleared, and the connection is a tunnel. */
  headTimedOut(): void {
    this.#giveUpHead('head-timeout');
  }

  /** We answered the oldest open request with these bytes; others behind it get no answer. */
  refuse(reason: RefusalReason, head: Buffer, body: Buffer): void {
    this.#giveUpHead(reason);
    this.#refusedAt ??= this.#clientBytes;
    const refused = this.#open[0] ?? this.#begin('');
    refused.answerBegins(this.#now);
    refused.response = new MessageCopy();
    refused.response.head = head;
    refused.response.append(body, this.#limits);
    refused.response.complete = true;
    for (const open of this.#open) {
      open.answered = 'refused';
      open.reason = reason;
    }
    this.#finishAll();
  }

  /** The connection is over: whatever is open is an exchange as it stands. */
  close(reason: CutReason): void {
    this.#giveUpHead(reason);
    for (const open of this.#open) open.reason ??= reason;
    this.#finishAll();
  }

  #giveUpHead(reason: ExchangeReason): void {
    this.#now = performance.now();
    if (this.#requests.partialBytes > 0) this.#requests.becomeTunnel(reason);
    this.#headSince = null;
  }

  #begin(method: string): OpenExchange {
    const open = new OpenExchange(method, this.#headSince ?? this.#now, this.#now);
    this.#open.push(open);
    return open;
  }

  /** Hands on the exchanges that are over, in the order of their requests. */
  #settle(): void {
    while (this.#open[0]?.isOver) {
      this.#finish(this.#open.shift() as OpenExchange);
      this.#answering--;
    }
  }

  #finishAll(): void {
    for (const open of this.#open.splice(0)) this.#finish(open);
    this.#answering = 0;
  }

  #finish(open: OpenExchange): void {
    const where = { connection: this.#connection, client: this.#client, upstream: this.upstream };
    this.#events.onExchange(open.finish(this.#now, this.#limits.budget, where));
  }

  #requestEvents(): ReaderEvents {
    /** Whose bytes are coming. */
    let current: OpenExchange | undefined;
    let tunnelReason: ExchangeReason = 'upgraded';
    return {
      onHead: (head, facts, start) => {
        current = undefined;
        if (this.#refusedAt !== null) return;
        current = this.#begin(facts.method);
        current.request.head = head;
        if (this.#events.onRequest(head, facts)) this.#refusedAt = start;
        else if (this.#open.length > MAX_PENDING) this.#requests.becomeTunnel('too-many-pending');
      },
      onInterim: () => undefined,
      onBody: (slice) => current?.request.append(slice, this.#limits),
      onEnd: () => {
        if (current) current.request.complete = true;
        this.#settle();
      },
      onRefused: (reason) => {
        tunnelReason = reason;
        if (current && !current.request.complete) current.reason ??= reason;
      },
      onTunnel: (slice) => {
        // Bytes behind a whole request are not its own, but for an upgrade, whose exchange goes on.
        if (!current || (current.request.complete && tunnelReason !== 'upgraded')) {
          current = this.#begin('');
          current.reason = tunnelReason;
        }
        current.request.append(slice, this.#limits);
      },
    };
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
        current.response = new MessageCopy();
        current.response.head = head;
        if (facts.status === 101) this.#requests.becomeTunnel('upgraded');
      },
      onInterim: (head) => answered()?.interim.append(head, this.#limits),
      onBody: (slice) => current?.response?.append(slice, this.#limits),
      onEnd: () => {
        if (!current?.response) return;
        current.response.complete = true;
        this.#answering++;
        this.#settle();
      },
      onRefused: (reason) => {
        if (!current || current.response?.complete) current = answered() ?? this.#begin('');
        current.response ??= new MessageCopy();
        current.reason ??= reason;
        // Answers can no longer be told apart, so following the requests would only pile them up.
        this.#requests.becomeTunnel(reason);
      },
      onTunnel: (slice) => current?.response?.append(slice, this.#limits),
    };
  }
}
