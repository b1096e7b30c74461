import type { Log } from '../log.js';
import type { Exchange, RawMessage } from '../model/exchange.js';
import { claimant } from '../vendors/index.js';
import type { Claim, Vendor } from '../vendors/vendor.js';
import type { Asked, Failed, Failure, Plan, Review, StandIn, Verdict } from '../wire/stand-in.js';
import type { Upstream } from '../wire/upstreams.js';
import { Breaker } from './breaker.js';
import { LiveSessions, OurSessions } from './our-sessions.js';

/** How clients get their answers. */
export type Mode = 'auto' | 'live' | 'offline';

export interface OfflineSettings {
  readonly mode: Mode;
  readonly firstByteTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly failOn: ReadonlySet<Failure>;
  readonly breakerFailures: number;
  readonly probeIntervalMs: number;
  readonly allowFirmware: boolean;
}

/** A device that the cloud is owed measures of, in a session that upstream has opened. */
export interface OwingVisit {
  readonly vendor: Vendor;
  readonly device: string;
  readonly session: string;
  readonly upstream: Upstream;
}

/** What is done elsewhere. None of them rejects. */
export interface OfflineHooks {
  /** The answer to a request that is whole, kept by then; null when there is none. */
  answer(vendor: Vendor, exchange: Exchange): Promise<RawMessage | null>;
  /** Whether upstream gives a vendor's own answer. */
  probe(vendor: Vendor, upstream: Upstream): Promise<boolean>;
  /** Whether the cloud is owed anything of a device. */
  owes(vendor: string, device: string): boolean;
  /** Whether it is owed anything at all. */
  readonly owesAny: boolean;
  /** Sends what is owed; resolves when that is done or has taken long enough. */
  deliverOwed(visit: OwingVisit): Promise<void>;
}

const refusal = {
  reason: 'offline',
  message: 'upstream is not called in mode offline, and this is no request that can be answered without it',
} as const;

/** Decides for every request who answers it, by mode, by what has failed, and by who began the visit. */
export class OfflineStandIn implements StandIn {
  readonly firstByteTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly #settings: OfflineSettings;
  readonly #hooks: OfflineHooks;
  readonly #log: Log;
  readonly #ours = new OurSessions();
  readonly #live = new LiveSessions();
  readonly #breakers = new Map<string, Breaker>();
  /** The connections that wait for an answer of ours. */
  readonly #answering = new Set<string>();
  #mode: Mode;

  constructor(settings: OfflineSettings, hooks: OfflineHooks, log: Log) {
    this.firstByteTimeoutMs = settings.firstByteTimeoutMs;
    this.answerTimeoutMs = settings.answerTimeoutMs;
    this.#settings = settings;
    this.#hooks = hooks;
    this.#log = log;
    this.#mode = settings.mode;
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** Switches the mode for every request that begins from now on. */
  set mode(mode: Mode) {
    if (mode === this.#mode) return;
    this.#log.info(`mode ${mode} instead of ${this.#mode}`);
    this.#mode = mode;
    for (const breaker of this.#breakers.values()) {
      if (mode === 'auto') breaker.resume();
      else breaker.pause();
    }
  }

  /** Sessions that an earlier run has opened, by their ids: they are ours as well. */
  recall(sessions: readonly string[]): void {
    for (const id of sessions) this.#ours.recalled(id, performance.now());
  }

  get mayCall(): boolean {
    return this.#mode !== 'offline';
  }

  plan(asked: Asked): Plan | 'undecided' {
    const claim = claimOf(asked);
    const vendor = answering(claim, asked);
    if (vendor === null) return this.mayCall ? 'relay' : refusal;
    if (this.#ours.hasConnection(asked.connection)) return { answer: 'own-session' };
    if (this.#mode !== 'offline' && (this.#hooks.owesAny || this.#ours.any(performance.now())))
      return 'undecided';
    return this.#byMode(vendor, claim, asked.upstream);
  }

  planWhole(asked: Asked, request: RawMessage): Plan | Promise<Plan> {
    const claim = claimOf(asked);
    const vendor = answering(claim, asked);
    if (vendor === null) return this.mayCall ? 'relay' : refusal;
    const now = performance.now();
    const step = vendor.step(request);
    const { session } = step;
    if (session !== null && this.#ours.hasSession(session, now)) return { answer: 'own-session' };
    if (step.kind === 'open' && this.#ours.hasChallenged(addressOf(asked), now))
      return { answer: 'own-session' };
    const plan = this.#byMode(vendor, claim, asked.upstream);
    if (
      step.kind !== 'close' ||
      session === null ||
      !(plan === 'try' || plan === 'review' || plan === 'relay')
    ) {
      return plan;
    }
    const device = this.#live.device(session, now);
    if (device === undefined || !this.#hooks.owes(vendor.name, device)) return plan;
    return (
      this.#hooks
        .deliverOwed({ vendor, device, session, upstream: asked.upstream })
        // The mode may have been switched meanwhile.
        .then(() => this.#byMode(vendor, claim, asked.upstream))
    );
  }

  review(asked: Asked, plan: 'review' | 'try', request: RawMessage, response: RawMessage): Review {
    const claim = claimOf(asked);
    const vendor = claimant(claim);
    if (vendor === undefined) return passed;
    const fault = this.#fault(vendor, asked, request, response);
    const verdict = this.#guarded(vendor, claim, response, asked.upstream.host);
    if (plan === 'review') return { failed: null, verdict };
    if (fault !== null || verdict.kind !== 'refused') return { failed: fault, verdict };
    return { failed: { failure: 'not-protocol', ...verdict.refusal }, verdict };
  }

  /** What is wrong with an answer; null when it is the vendor's own. */
  #fault(vendor: Vendor, asked: Asked, request: RawMessage, response: RawMessage): Failed | null {
    const { host } = asked.upstream;
    if (!response.complete) {
      return {
        failure: 'not-protocol',
        reason: 'not-protocol',
        message: `the answer of ${host} cannot be framed`,
      };
    }
    const judgement = vendor.judge(request, response);
    if (!judgement.good) {
      const { reason, detail } = judgement;
      return { failure: reason, reason, message: `${host} does not answer as it should: ${detail}` };
    }
    this.#breakers.get(host)?.worked();
    const { status, session } = judgement;
    if (session !== null) this.#opened(vendor, request, session);
    const now = performance.now();
    if (this.#ours.hasChallenged(addressOf(asked), now) && vendor.step(request).kind === 'challenge') {
      this.#ours.challengedLive(addressOf(asked));
    }
    if (status === 0 || !this.#settings.failOn.has('status') || vendor.step(request).kind !== 'open')
      return null;
    const message = `${host} opens no session: it answers with status ${status}`;
    return { failure: 'status', reason: 'bad-status', message };
  }

  standsInFor(asked: Asked, { failure, message }: Failed): boolean {
    if (this.#mode === 'live') return false;
    if (this.#mode === 'auto' && !this.#settings.failOn.has(failure)) return false;
    this.#log.debug(`${asked.client}: ${message}; answering in its place`);
    const vendor = claimant(claimOf(asked));
    // A cloud that refuses one device is there for others.
    if (vendor && failure !== 'status' && this.#mode === 'auto')
      this.#breaker(vendor, asked.upstream).failed(message);
    return true;
  }

  async answer(asked: Asked, exchange: Exchange): Promise<RawMessage | null> {
    const vendor = claimant(claimOf(asked));
    if (vendor === undefined) return null;
    this.#answering.add(asked.connection);
    const response = await this.#hooks.answer(vendor, exchange);
    // A client that has left meanwhile knows of no visit.
    const stayed = this.#answering.delete(asked.connection);
    if (response === null || !stayed) return response;
    const { request } = exchange;
    const now = performance.now();
    const { kind } = vendor.step(request);
    if (kind === 'challenge') this.#ours.challenged(asked.connection, addressOf(asked), now);
    else if (kind === 'close') this.#ours.ended(asked.connection);
    else if (kind === 'open') {
      const judgement = vendor.judge(request, response);
      if (judgement.good && judgement.session !== null) {
        this.#ours.opened(asked.connection, addressOf(asked), judgement.session, now);
        this.#log.info(`${vendor.step(request).device} has a session with scaletap (${exchange.reason})`);
      }
    }
    return response;
  }

  closed(connection: string): void {
    this.#answering.delete(connection);
    this.#ours.ended(connection);
  }

  /** Ends the probes. */
  close(): void {
    for (const breaker of this.#breakers.values()) breaker.pause();
  }

  #byMode(vendor: Vendor, claim: Claim, upstream: Upstream): Plan {
    if (this.#mode === 'offline') return { answer: 'offline' };
    // Session replies are always looked at: catch-up must know whose session it is.
    if (this.#mode === 'live') return vendor.guards(claim) ? 'review' : 'relay';
    return this.#breakers.get(upstream.host)?.isOpen ? { answer: 'upstream-down' } : 'try';
  }

  #opened(vendor: Vendor, request: RawMessage, session: string): void {
    const { device } = vendor.step(request);
    if (device !== null) this.#live.opened(session, device, performance.now());
  }

  /** What becomes of an answer that may hold orders. */
  #guarded(vendor: Vendor, claim: Claim, response: RawMessage, host: string): Verdict {
    if (this.#settings.allowFirmware || !vendor.guards(claim)) return passed.verdict;
    const guarded = vendor.guard(response);
    if (guarded === null) return passed.verdict;
    const allow = '--allow-firmware would let them pass';
    if (guarded.kind === 'withheld') {
      const message = `the answer of ${host} may hold orders and is withheld (${guarded.why}); ${allow}`;
      this.#log.warn(message);
      return { kind: 'refused', refusal: { reason: 'answer-withheld', message } };
    }
    this.#log.warn(`orders of ${host} were taken out of its answer: ${guarded.removed.join(', ')}; ${allow}`);
    return { kind: 'changed', response: guarded.response, reason: 'orders-removed' };
  }

  #breaker(vendor: Vendor, upstream: Upstream): Breaker {
    const { host } = upstream;
    const known = this.#breakers.get(host);
    if (known) return known;
    const { breakerFailures, probeIntervalMs } = this.#settings;
    const breaker = new Breaker({
      failures: breakerFailures,
      probeIntervalMs,
      probe: () => this.#hooks.probe(vendor, upstream),
      onOpen: (why) => this.#log.warn(`${why}. Until it is back, scales are answered from what was learnt`),
      onClosed: () => this.#log.info(`${host} answers again`),
    });
    this.#breakers.set(host, breaker);
    return breaker;
  }
}

const passed: Review = { failed: null, verdict: { kind: 'pass' } };

function claimOf({ upstream, facts }: Asked): Claim {
  const query = facts.target.indexOf('?');
  return { host: upstream.host, path: query < 0 ? facts.target : facts.target.slice(0, query) };
}

/** The vendor that could answer such a request; null when there is none. */
function answering(claim: Claim, { facts }: Asked): Vendor | null {
  if (facts.method !== 'POST') return null;
  const vendor = claimant(claim);
  return vendor?.claims(claim) === 2 ? vendor : null;
}

/** The client's address without its port. */
function addressOf({ client }: Asked): string {
  return client.slice(0, client.lastIndexOf(':'));
}
