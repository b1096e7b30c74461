import type { Exchange, ExchangeReason, RawMessage } from '../model/exchange.js';
import { header, keepsAlive, parseHead } from '../model/message.js';
import type { Refusal } from './admission.js';
import { GatheredBytes } from './bytes.js';
import { refusalAnswer } from './refusals.js';
import type { Asked, Failed, Plan, StandIn } from './stand-in.js';
import type { Tap } from './tap.js';

/** Messages of more bytes than this are not held: no scale takes or sends one. */
const MAX_WITHHELD_BYTES = 1024 * 1024;

const NO_BYTES = Buffer.alloc(0);
const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');

/** What the turns ask of their connection. */
export interface TurnHost {
  readonly tap: Tap;
  toClient(bytes: Buffer): void;
  /** Passes on what is held of the request, and dials if need be. */
  goUpstream(): void;
  /** Upstream is done with, and whatever else it has said. */
  forgetUpstream(): void;
  /** What is held of the request is answered. */
  forgetHeld(): void;
  /** More of the request is wanted. */
  resumeClient(): void;
  refuse(refusal: Refusal): void;
  /** An exchange is over that the tap has given away. */
  exchangeOver(exchange: Exchange): void;
  /** The turn is over; `last` when the client expects the connection to be closed. */
  turnOver(last: boolean): void;
}

/** A request that the stand-in has a say in, until it is answered. */
class Turn {
  readonly asked: Asked;
  /** `answer`: the stand-in answers. */
  plan: 'undecided' | 'review' | 'try' | 'answer';
  /** The request is all there. */
  whole = false;
  /** The stand-in is at work. */
  waiting = false;
  /** The answer is with the client: from here on it is as if it had been relayed. */
  passed = false;
  /** The answer that was passed on cannot be framed. */
  endless = false;
  /** Upstream has said more than it was asked. Nobody has looked at that, so nobody gets it. */
  surplus = false;
  /** The client was told to send its body. */
  continued = false;
  /** Why upstream does not answer. */
  reason: ExchangeReason = 'own-session';
  /** What upstream has sent, and the client has not got. */
  readonly withheld = new GatheredBytes();
  /**
   * When all was sent that upstream has to answer, the request or a head that asks whether to go on, and when the answer
   * began: in milliseconds of the monotonic clock; -1 not yet.
   */
  sentAt = -1;
  answerAt = -1;

  constructor(asked: Asked, plan: Turn['plan']) {
    this.asked = asked;
    this.plan = plan;
  }
}

/** The requests of one connection that a stand-in has a say in, one after the other. */
export class Turns {
  readonly #standIn: StandIn;
  readonly #host: TurnHost;
  #turn: Turn | null = null;
  /** What is to be done as soon as the tap has read the chunk at hand. */
  #next: (() => void) | null = null;

  constructor(standIn: StandIn, host: TurnHost) {
    this.#standIn = standIn;
    this.#host = host;
  }

  /** Whether upstream may be called for bytes that are in no turn. */
  get mayCall(): boolean {
    return this.#standIn.mayCall;
  }

  /** Whether a turn is open. */
  get isOpen(): boolean {
    return this.#turn !== null;
  }

  /** Whether what the client sends now has to wait for the answer to what it sent before. */
  get isWhole(): boolean {
    return this.#turn?.whole === true;
  }

  /** Whether what upstream sends is held. */
  get withholds(): boolean {
    return this.#turn !== null && !this.#turn.passed;
  }

  /** Whether the bytes of the open request, if there is one, go to upstream. */
  get goesUpstream(): boolean {
    const plan = this.#turn?.plan;
    return plan !== 'answer' && plan !== 'undecided';
  }

  /** A request begins. Says how the tap is to go on with it. */
  begin(asked: Asked): Refusal | 'hold' | null {
    const plan = this.#standIn.plan(asked);
    if (plan === 'relay') return null;
    if (typeof plan === 'object' && 'message' in plan) return plan;
    const own = typeof plan === 'object';
    const turn = new Turn(asked, own ? 'answer' : plan);
    if (own) turn.reason = plan.answer;
    this.#turn = turn;
    this.#host.tap.serial = true;
    return turn.plan === 'answer' || turn.plan === 'undecided' ? 'hold' : null;
  }

  /** The tap has seen the end of the request. */
  requestEnded(): void {
    if (this.#turn === null) return;
    this.#turn.whole = true;
    this.#turn.sentAt = -1;
  }

  /** The bytes that came from the client are dealt with, or held, so many by now: goes on with the turn. */
  proceed(heldBytes = 0): void {
    const turn = this.#turn;
    if (turn === null || turn.waiting) return;
    if (!turn.whole) {
      if (heldBytes > MAX_WITHHELD_BYTES) this.#tooLarge(turn);
      if (!this.goesUpstream) this.#askForBody(turn);
    } else if (turn.plan === 'answer') this.#answer(turn);
    else if (turn.plan === 'undecided') this.#decide(turn);
  }

  /** What there is of the request is with upstream. */
  sent(now: number): void {
    const turn = this.#turn;
    if (turn === null || !this.goesUpstream) return;
    if (!turn.whole && !this.#awaitsContinue(turn)) turn.sentAt = -1;
    else if (turn.sentAt < 0) turn.sentAt = now;
  }

  /** Shows a chunk of upstream's to the tap by `watch`, and holds it until its answer is whole. */
  fromUpstream(chunk: Buffer, now: number, watch: (chunk: Buffer) => void): void {
    const turn = this.#turn;
    if (turn === null) return;
    turn.withheld.append(chunk);
    watch(chunk);
    this.#settle();
    if (turn.surplus) this.#dropSurplus(turn);
    if (this.#turn === turn && turn.endless) {
      // Nobody can tell when this exchange is over, so nothing waits for that.
      this.abandon();
      this.#host.turnOver(false);
    }
    if (this.#turn !== turn || turn.passed || turn.plan === 'answer') return;
    if (this.#host.tap.onlyInterim) {
      turn.continued = true;
      if (!turn.whole) turn.sentAt = -1;
      this.#flush(turn);
    } else if (turn.answerAt < 0) turn.answerAt = now;
    if (turn.withheld.length > MAX_WITHHELD_BYTES) this.#tooLong(turn);
  }

  /**
   * The tap has an answer that is whole, or that it cannot frame for a reason. Passes it on, and says true; or says
   * false, and what is to happen instead does so when the tap has read the chunk.
   */
  answered(): boolean {
    const turn = this.#turn;
    if (turn === null || turn.passed || (turn.plan !== 'try' && turn.plan !== 'review')) return true;
    const { tap } = this.#host;
    const request = tap.request();
    if (request === null) return true;
    const { response, end } = this.#response(turn);
    const { failed, verdict } = this.#standIn.review(turn.asked, turn.plan, request, response);
    if (failed !== null && this.#canBeSaved(turn) && this.#stands(turn, failed)) {
      this.#next = () => this.#fall(turn, failed);
      return false;
    }
    if (verdict.kind === 'refused') {
      this.#next = () => this.#host.refuse(verdict.refusal);
      return false;
    }
    turn.passed = true;
    turn.endless = !response.complete;
    const answer = turn.withheld.take(end);
    turn.surplus = turn.withheld.length > 0;
    if (verdict.kind === 'changed') {
      this.#host.toClient(Buffer.concat([verdict.response.head, verdict.response.body]));
      tap.mark(verdict.reason);
    } else this.#host.toClient(answer);
    return true;
  }

  /**
   * Upstream has failed. True when the turn is taken over; false when there is none that could be, and the client is
   * to be told.
   */
  failed(failed: Failed): boolean {
    this.#settle();
    const turn = this.#turn;
    if (turn === null) return false;
    if (turn.plan === 'answer') return true;
    if (!this.#canBeSaved(turn) || !this.#stands(turn, failed)) return false;
    this.#fall(turn, failed);
    return true;
  }

  /** Upstream is gone, and nothing stands in for it: the client gets what is held, unless it must not. */
  giveUp(): void {
    const turn = this.#turn;
    if (turn === null || turn.withheld.length === 0) return;
    this.answered();
    this.#settle();
  }

  /** Ends what takes upstream too long. */
  sweep(now: number): void {
    const turn = this.#turn;
    if (turn === null || !this.#canBeSaved(turn)) return;
    const { firstByteTimeoutMs, answerTimeoutMs } = this.#standIn;
    const { host } = turn.asked.upstream;
    if (turn.answerAt >= 0 && now - turn.answerAt > answerTimeoutMs) {
      const message = `${host} did not end its answer within ${answerTimeoutMs / 1000} s`;
      this.failed({ failure: 'timeout', reason: 'answer-timeout', message });
    } else if (turn.answerAt < 0 && turn.sentAt >= 0 && now - turn.sentAt > firstByteTimeoutMs) {
      const message = `${host} did not answer within ${firstByteTimeoutMs / 1000} s`;
      this.failed({ failure: 'timeout', reason: 'upstream-timeout', message });
    }
  }

  /** The exchange of the turn is over, and told of. */
  exchangeOver(): boolean {
    if (this.#turn === null || this.#turn.waiting) return false;
    this.abandon();
    return true;
  }

  /** Nobody is waiting for an answer any more. Gives what upstream had sent. */
  abandon(): Buffer {
    const turn = this.#turn;
    this.#turn = null;
    this.#next = null;
    this.#host.tap.serial = false;
    return turn === null ? NO_BYTES : turn.withheld.take(turn.withheld.length);
  }

  #settle(): void {
    const next = this.#next;
    this.#next = null;
    next?.();
  }

  #flush(turn: Turn): void {
    if (turn.withheld.length > 0) this.#host.toClient(turn.withheld.take(turn.withheld.length));
  }

  /** Whether a failure of upstream can be made good: the client has nothing of the answer, and we have the request. */
  #canBeSaved({ plan, passed, waiting }: Turn): boolean {
    if (plan !== 'try' || passed || waiting) return false;
    const request = this.#host.tap.request();
    return request !== null && request.body.length === request.bodyBytes;
  }

  #stands(turn: Turn, failed: Failed): boolean {
    return this.#standIn.standsInFor(turn.asked, failed);
  }

  /** The stand-in takes over. */
  #fall(turn: Turn, { reason }: Failed): void {
    this.#host.forgetUpstream();
    turn.withheld.take(turn.withheld.length);
    turn.plan = 'answer';
    turn.reason = reason;
    this.proceed();
  }

  /** Upstream cannot be told any more what belongs to what. */
  #dropSurplus(turn: Turn): void {
    if (this.#turn !== turn) this.#host.forgetUpstream();
    else {
      const message = `${turn.asked.upstream.host} says more than it was asked`;
      this.#host.refuse({ reason: 'answer-withheld', message });
    }
  }

  /** A request that is not all there is larger than what is held of one. */
  #tooLarge(turn: Turn): void {
    if (turn.plan === 'undecided') this.#decided(turn, 'relay');
    // Nobody will be given these bytes any more.
    else if (turn.plan === 'answer') this.#host.forgetHeld();
  }

  #tooLong(turn: Turn): void {
    const { host } = turn.asked.upstream;
    const message = `${host} sent an answer of more than ${MAX_WITHHELD_BYTES} bytes`;
    if (this.failed({ failure: 'not-protocol', reason: 'not-protocol', message })) return;
    this.#host.refuse({ reason: 'answer-withheld', message });
  }

  /** The answer with all of its body, also when the tap's copy of it was cut, and where it ends in what is held. */
  #response(turn: Turn): { readonly response: RawMessage; readonly end: number } {
    const { view } = turn.withheld;
    const response = this.#host.tap.answer();
    if (response === null) {
      return {
        response: { head: NO_BYTES, body: view, bodyBytes: view.length, complete: false },
        end: view.length,
      };
    }
    if (!response.complete) return { response, end: view.length };
    // Interim answers may stand before it.
    const start = view.indexOf(response.head) + response.head.length;
    const end = start + response.bodyBytes;
    return { response: { ...response, body: view.subarray(start, end) }, end };
  }

  #askForBody(turn: Turn): void {
    this.#host.resumeClient();
    if (turn.continued || !expectsContinue(turn.asked.head)) return;
    turn.continued = true;
    this.#host.toClient(CONTINUE);
    this.#host.tap.interimOfOurs(CONTINUE);
  }

  /** Whether the client may be waiting to be asked for the body, so that nothing happens until upstream does. */
  #awaitsContinue({ continued, asked }: Turn): boolean {
    return !continued && this.#host.tap.request()?.bodyBytes === 0 && expectsContinue(asked.head);
  }

  #decide(turn: Turn): void {
    const request = this.#host.tap.request();
    if (request === null) return;
    turn.waiting = true;
    const decided = this.#standIn.planWhole(turn.asked, request);
    if (decided instanceof Promise) void decided.then((plan) => this.#decided(turn, plan));
    else this.#decided(turn, decided);
  }

  #decided(turn: Turn, plan: Plan): void {
    if (this.#turn !== turn) return;
    turn.waiting = false;
    if (typeof plan === 'object' && 'message' in plan) {
      this.#host.refuse(plan);
    } else if (typeof plan === 'object') {
      turn.plan = 'answer';
      turn.reason = plan.answer;
      this.#answer(turn);
    } else {
      // A request that is only relayed needs no turn, but what follows it has waited, and its answer may pass at once.
      turn.plan = plan === 'relay' ? 'review' : plan;
      turn.passed = plan === 'relay';
      this.#host.tap.release();
      this.#host.goUpstream();
    }
  }

  #answer(turn: Turn): void {
    const exchange = this.#host.tap.take(turn.reason);
    if (exchange === null) return;
    turn.waiting = true;
    void this.#standIn.answer(turn.asked, exchange).then((response) => {
      const answer = response ?? this.#refused(exchange);
      // The client may have left. What it brought is kept all the same.
      if (this.#turn !== turn) return;
      this.abandon();
      this.#host.tap.release();
      this.#host.forgetHeld();
      this.#host.toClient(Buffer.concat([answer.head, answer.body]));
      this.#host.turnOver(![turn.asked.head, answer.head].every((head) => keepsAlive(parseHead(head))));
    });
  }

  /** There is no answer of our own: says so. */
  #refused(exchange: Exchange): RawMessage {
    const message = 'upstream does not answer, and there is no answer of our own to this request';
    const [head, body] = refusalAnswer('offline', message);
    const response = { head, body, bodyBytes: body.length, complete: true };
    this.#host.exchangeOver({ ...exchange, answered: 'refused', response });
    return response;
  }
}

function expectsContinue(head: Buffer): boolean {
  return header(parseHead(head).headers, 'expect')?.toLowerCase() === '100-continue';
}
