import type { Exchange } from '../model/exchange.js';
import { header, parseHead } from '../model/message.js';
import type { Cloud } from './http.js';
import { NoAnswer } from './http.js';
import type { CloudRequest } from './rebuilt.js';

/** How time passes between requests; a test has its own. */
export interface Pacing {
  /** Waits, at most until the signal says that all is to end. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

/** What an answer is worth. */
export type Verdict =
  | { readonly kind: 'good'; readonly got: unknown }
  /** The session is not taken any more; `why` as in `HTTP 401`. */
  | { readonly kind: 'stale'; readonly why: string }
  /** The cloud is in trouble or asks for patience. */
  | { readonly kind: 'again'; readonly why: string }
  /** This cannot be had, and will not be had by asking again. */
  | { readonly kind: 'refused'; readonly why: string };

/** Why a pull cannot go on. */
export class PullStopped extends Error {
  override readonly name = 'PullStopped';
  readonly end: 'stale' | 'trouble' | 'closed';

  constructor(end: PullStopped['end'], message: string) {
    super(message);
    this.end = end;
  }
}

/** One thing could not be had; the pull can go on with the next. */
export class NotToBeHad extends Error {
  override readonly name = 'NotToBeHad';
}

/** Between two requests: from 0.7 to 1.3 s. */
const PAUSE_MS = 700;
const JITTER_MS = 600;
/** One request is sent at most so often. */
const MOST_TRIES = 5;
/** Before the second try: from 2 to 4 s; doubled before each other one. */
const FIRST_BACK_OFF_MS = 4_000;
/** Whoever asks for a longer patience is asked another day. */
const LONGEST_WAIT_S = 180;

/**
 * Asks a cloud politely: one request at a time, with pauses; it backs off when the cloud is in trouble or says so, and
 * gives up after a few tries.
 */
export class Polite {
  readonly #cloud: Cloud;
  readonly #host: string;
  readonly #pacing: Pacing;
  readonly #signal: AbortSignal;
  #requests = 0;

  constructor(cloud: Cloud, host: string, pacing: Pacing, signal: AbortSignal) {
    this.#cloud = cloud;
    this.#host = host;
    this.#pacing = pacing;
    this.#signal = signal;
  }

  /** How many requests were sent. */
  get requests(): number {
    return this.#requests;
  }

  /**
   * What a request brings, when it is good by `judge`. Rejects with {@link PullStopped} when nothing else can be asked
   * either, with {@link NotToBeHad} when only this is refused.
   */
  async ask(
    request: CloudRequest,
    judge: (exchange: Exchange) => Verdict,
    mostTries = MOST_TRIES,
  ): Promise<unknown> {
    const { pause, random } = this.#pacing;
    for (let tries = 1; ; tries++) {
      if (this.#requests > 0 && tries === 1) await pause(PAUSE_MS + random() * JITTER_MS, this.#signal);
      if (this.#signal.aborted) throw new PullStopped('closed', 'the pull was ended');
      const { verdict, askedS } = await this.#once(request, judge);
      if (verdict.kind === 'good') return verdict.got;
      if (verdict.kind === 'refused') throw new NotToBeHad(verdict.why);
      if (verdict.kind === 'stale') throw new PullStopped('stale', verdict.why);
      if (askedS > LONGEST_WAIT_S) {
        const patience = `${this.#host} asks to be left alone for ${Math.ceil(askedS / 60)} minutes`;
        throw new PullStopped('trouble', `${patience} (${verdict.why}); try again after that`);
      }
      if (tries >= mostTries) {
        const often = tries === 1 ? '' : ` after ${tries} tries`;
        throw new PullStopped('trouble', `${verdict.why}${often}; try again later`);
      }
      const ownMs = FIRST_BACK_OFF_MS * 2 ** (tries - 1) * (0.5 + random() / 2);
      await pause(Math.max(ownMs, askedS * 1000), this.#signal);
    }
  }

  async #once(
    request: CloudRequest,
    judge: (exchange: Exchange) => Verdict,
  ): Promise<{ readonly verdict: Verdict; readonly askedS: number }> {
    this.#requests++;
    try {
      const exchange = await this.#cloud.exchange(request);
      return { verdict: judge(exchange), askedS: retryAfterS(exchange) };
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (error.reason === 'shutdown') throw new PullStopped('closed', error.message);
      if (error.again) return { verdict: { kind: 'again', why: error.message }, askedS: 0 };
      if (error.reason === 'client-left') throw new NotToBeHad(error.message);
      throw new PullStopped('trouble', error.message);
    }
  }
}

/** Seconds that an answer asks for (RFC 9110 section 10.2.3): a number, or a date by the server's own clock; else 0. */
function retryAfterS({ response }: Exchange): number {
  const { headers } = parseHead(response?.head ?? new Uint8Array(0));
  const asked = header(headers, 'retry-after') ?? '';
  if (/^\d{1,9}$/.test(asked)) return Number(asked);
  const at = Date.parse(asked);
  const now = Date.parse(header(headers, 'date') ?? '');
  const seconds = (at - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}
