import type { Exchange, ExchangeReason, RawMessage } from '../model/exchange.js';
import type { Refusal } from './admission.js';
import type { HeadFacts } from './head.js';
import type { Upstream } from './upstreams.js';

/** A request of which the head is there. */
export interface Asked {
  /** Names the client connection. */
  readonly connection: string;
  /** `address:port` of the client. */
  readonly client: string;
  readonly upstream: Upstream;
  readonly head: Buffer;
  readonly facts: HeadFacts;
}

/** What is done with a request. */
export type Plan =
  /** Passed on as it comes, and its answer too. */
  | 'relay'
  /** Passed on as it comes; the answer is held until it is whole and {@link StandIn.review} has seen it. */
  | 'review'
  /** Like `review`; when upstream fails, the stand-in answers. */
  | 'try'
  /** The stand-in answers, and this is why; upstream is not called. */
  | { readonly answer: ExchangeReason }
  /** The client is told that it is not served. */
  | Refusal;

/** How upstream can fail. */
export type Failure =
  /** Its name could not be looked up. */
  | 'lookup'
  /** No connection could be had. */
  | 'connect'
  /** The connection was lost before the answer was whole. */
  | 'lost'
  /** It did not answer in time. */
  | 'timeout'
  /** It answered with a 5xx. */
  | 'server-error'
  /** It answered with something that is not the vendor's protocol. */
  | 'not-protocol'
  /** It answered with a status that means that there is nothing to be had from it. */
  | 'status';

/** A failure with its name in the journal and in words for people. */
export interface Failed {
  readonly failure: Failure;
  readonly reason: ExchangeReason;
  readonly message: string;
}

/** What becomes of a whole answer of upstream. */
export type Verdict =
  | { readonly kind: 'pass' }
  /** The client gets this instead. */
  | { readonly kind: 'changed'; readonly response: RawMessage; readonly reason: ExchangeReason }
  /** The client must not get it, and there is nothing to be given instead. */
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What is thought of it. */
export interface Review {
  /** It is as good as none, for this reason: the stand-in answers if it can. */
  readonly failed: Failed | null;
  /** What becomes of it otherwise. */
  readonly verdict: Verdict;
}

/**
 * Who answers when upstream does not. The relay knows no vendor and no values: it is handed one of these, shows it
 * requests and answers, and does as it says.
 */
export interface StandIn {
  /** Whether upstream may be called at all. */
  readonly mayCall: boolean;
  /** How long upstream may take to begin its answer, and then to end it. */
  readonly firstByteTimeoutMs: number;
  readonly answerTimeoutMs: number;
  /** Decides by the head; `undecided` when the body is needed too. */
  plan(asked: Asked): Plan | 'undecided';
  /** Decides by the whole request. The promise is for what has to be done first; it does not reject. */
  planWhole(asked: Asked, request: RawMessage): Plan | Promise<Plan>;
  /** Looks at an answer to a request with the plan `review` or `try`. It is not complete when it could not be framed. */
  review(asked: Asked, plan: 'review' | 'try', request: RawMessage, response: RawMessage): Review;
  /** Told of a failure in a request that was tried. Says whether the stand-in answers. */
  standsInFor(asked: Asked, failed: Failed): boolean;
  /** The answer to a request that is whole, and kept in the journal by then; null when there is none. Does not reject. */
  answer(asked: Asked, exchange: Exchange): Promise<RawMessage | null>;
  /** Told when a connection is over. */
  closed(connection: string): void;
}
