import type { Socket } from 'node:net';
import { header, parseHead } from '../model/message.js';
import type { Refusal } from './admission.js';
import type { HeadFacts } from './head.js';
import { skipEmptyLines } from './head.js';
import { PlainSide } from './plain-side.js';
import type { ForwardTarget, OwnTarget, ProxyTarget } from './proxy-target.js';
import { originHead } from './proxy-target.js';
import type { ReaderEvents } from './reader.js';
import { MessageReader } from './reader.js';
import type { Side } from './resets.js';
import type { Served } from './serving.js';

type Target = ForwardTarget | OwnTarget | Refusal;

/** What plain forwarding asks of the connection that it is part of. */
export interface ForwardHost {
  /** Decides about each request, by its head. */
  admit(head: Buffer, facts: HeadFacts): ProxyTarget | Refusal;
  /** Joins a side with a server, as the relay does. `onOver` is to be called when both are closed. */
  serve(target: ForwardTarget, side: Side, onOver: () => void): Served;
  /** A page of our own, or an error of our own: the last thing that the client gets. */
  answer(head: Buffer, target: OwnTarget | Refusal): void;
  /** Everything is over. */
  onOver(): void;
}

/** The server that the requests at hand go to. */
interface Leg {
  readonly target: ForwardTarget;
  readonly side: PlainSide;
  readonly served: Served;
  /** The methods of what it has been asked and has not answered. */
  readonly asked: string[];
  /** Finds where its answers end: what it says behind them would pass for the answer of the next server. */
  readonly answers: MessageReader;
  /** The next request goes to another server, once this one has answered. */
  retiring: boolean;
  /** Nobody knows where its answers end. */
  unreadable: boolean;
}

/**
 * Plain HTTP through the proxy: requests with a whole URL as their target, one after the other, to whatever servers.
 * Each goes on in origin form and without the headers that are meant for the proxy (RFC 9112 section 3.2.2); all else
 * is as the client sent it. A request that cannot be framed is refused: what follows might be for another server.
 */
export class PlainForward implements Served {
  readonly #client: Socket;
  readonly #host: ForwardHost;
  readonly #maxHeadBytes: number;
  readonly #reader: MessageReader;
  #leg: Leg | null = null;
  /** What came behind a request that has to be answered first. */
  #later: Buffer[] = [];
  /** A request for another server, which waits for the answers of this one. */
  #next: {
    readonly head: Buffer;
    readonly target: Target;
    readonly method: string;
  } | null = null;
  /** `asked`: the request at hand asks to leave HTTP; `yes`: the server has, and nothing is looked at any more. */
  #upgrade: 'no' | 'asked' | 'yes' = 'no';
  #clientEnded = false;
  /** The client has had its last answer: what it still sends is read and forgotten. */
  #answered = false;
  #over = false;

  constructor(client: Socket, maxHeadBytes: number, host: ForwardHost) {
    this.#client = client;
    this.#host = host;
    this.#maxHeadBytes = maxHeadBytes;
    this.#reader = new MessageReader(null, this.#events(), maxHeadBytes);
    client.on('data', (chunk: Buffer) => this.#fromClient(chunk));
    client.on('end', () => {
      this.#clientEnded = true;
      if (this.#later.length === 0) this.#endLeg();
    });
    client.on('error', (error) => this.#leg?.side.destroy(error));
    client.on('close', () => {
      if (this.#leg === null) this.#finish();
      else this.#leg.side.destroy(client.readableEnded ? undefined : new Error('the client has left'));
    });
  }

  sweep(now: number): void {
    this.#leg?.served.sweep(now);
  }

  closeWhenIdle(): void {
    if (this.#leg) this.#leg.served.closeWhenIdle();
    else this.#client.destroySoon();
  }

  close(): void {
    this.#leg?.served.close();
    this.#client.destroy();
  }

  #fromClient(chunk: Buffer): void {
    if (this.#answered) return;
    if (this.#upgrade === 'yes') this.#push(chunk);
    else if (this.#isWaiting) this.#keep(chunk);
    else {
      const read = this.#reader.push(chunk);
      if (read < chunk.length) this.#keep(chunk.subarray(read));
    }
  }

  /** Whether what the client sends has to wait for the answer to what it has sent. */
  get #isWaiting(): boolean {
    return this.#later.length > 0 || this.#next !== null || this.#upgrade === 'asked';
  }

  #keep(chunk: Buffer): void {
    this.#later.push(chunk);
    this.#client.pause();
  }

  /** Takes up what had to wait. */
  #goOn(): void {
    const later = Buffer.concat(this.#later);
    this.#later = [];
    this.#client.resume();
    if (later.length > 0) this.#fromClient(later);
    if (this.#clientEnded && this.#later.length === 0) this.#endLeg();
  }

  #events(): ReaderEvents {
    return {
      onHead: (head, facts) => this.#begin(head, this.#admit(head, facts), facts.method),
      onInterim: () => undefined,
      onBody: (slice) => this.#push(slice),
      onEnd: () => {
        if (this.#isWaiting) this.#reader.pause();
      },
      onRefused: (reason) => {
        const message = `the request cannot be forwarded: ${reason}`;
        this.#begin(Buffer.alloc(0), { reason: 'bad-target', message }, '');
      },
      onTunnel: () => undefined,
    };
  }

  #admit(head: Buffer, facts: HeadFacts): Target {
    const target = this.#host.admit(head, facts);
    if (!('kind' in target) || target.kind !== 'connect') return target;
    return { reason: 'bad-target', message: 'a tunnel needs a connection of its own' };
  }

  #begin(head: Buffer, target: Target, method: string): void {
    const leg = this.#leg;
    const same = leg !== null && 'authority' in target && target.authority === leg.target.authority;
    if (leg !== null && !same) {
      this.#next = { head, target, method };
      this.#reader.pause();
      leg.retiring = true;
      // Not while the reader is at work.
      queueMicrotask(() => (leg.unreadable ? this.#giveUp() : leg.served.closeWhenIdle()));
    } else if (!('authority' in target)) {
      this.#answered = true;
      this.#reader.pause();
      this.#host.answer(head, target);
    } else {
      if (header(parseHead(head).headers, 'upgrade') !== undefined) this.#upgrade = 'asked';
      this.#leg ??= this.#open(target);
      this.#leg.asked.push(method);
      this.#push(originHead(head, target.target, target.authority));
    }
  }

  #open(target: ForwardTarget): Leg {
    const side: PlainSide = new PlainSide(this.#client, {
      onWanted: () => {
        if (!this.#isWaiting) this.#client.resume();
      },
      onEnd: () => {
        this.#answered = true;
        this.#client.end();
        this.#client.resume();
      },
      onAnswer: (chunk) => this.#answering(chunk),
    });
    const served = this.#host.serve(target, side, () => this.#legOver());
    const asked: string[] = [];
    const answers = new MessageReader(() => asked[0], this.#answerEvents(asked), this.#maxHeadBytes);
    return { target, side, served, asked, answers, retiring: false, unreadable: false };
  }

  #push(bytes: Buffer): void {
    if (this.#leg?.side.push(bytes) === false) this.#client.pause();
  }

  #endLeg(): void {
    if (this.#leg) this.#leg.side.push(null);
    else this.#client.end();
  }

  /** How many bytes of what the server says are the client's. Behind its answers it has nothing to say. */
  #answering(chunk: Buffer): number {
    const leg = this.#leg;
    if (leg === null || this.#upgrade === 'yes') return chunk.length;
    const read = leg.asked.length === 0 ? 0 : leg.answers.push(chunk);
    // Some servers send an empty line behind a body.
    if (skipEmptyLines(chunk, read) === chunk.length) return chunk.length;
    leg.side.destroy(new Error('the server has said more than it was asked'));
    return read;
  }

  #answerEvents(asked: string[]): ReaderEvents {
    return {
      onHead: (_, { status }) => {
        if (status !== 101 || this.#upgrade !== 'asked') return;
        this.#upgrade = 'yes';
        queueMicrotask(() => this.#goOn());
      },
      onInterim: () => undefined,
      onBody: () => undefined,
      onEnd: () => {
        asked.shift();
        if (asked.length > 0) return;
        this.#leg?.answers.pause();
        if (this.#upgrade !== 'asked') return;
        this.#upgrade = 'no';
        queueMicrotask(() => this.#goOn());
      },
      onRefused: () => {
        if (this.#leg === null || this.#upgrade === 'yes') return;
        this.#leg.unreadable = true;
        if (this.#next !== null) this.#giveUp();
      },
      onTunnel: () => undefined,
    };
  }

  /** A client that waits for another server's answer could take for it whatever this one says. */
  #giveUp(): void {
    this.#client.destroy(new Error('an answer cannot be read, and another server was asked behind it'));
  }

  #legOver(): void {
    const retiring = this.#leg?.retiring === true;
    this.#leg = null;
    const next = this.#next;
    this.#next = null;
    if (this.#client.destroyed) this.#finish();
    else if (this.#answered || !retiring || next === null) this.#client.destroySoon();
    else {
      this.#begin(next.head, next.target, next.method);
      this.#goOn();
    }
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#host.onOver();
  }
}
