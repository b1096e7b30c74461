import type { Mode } from '../config/choices.js';
import type { Log } from '../log.js';
import type { Exchange, RawMessage } from '../model/exchange.js';
import { claimant } from '../vendors/index.js';
import { pathOf } from '../vendors/raw.js';
import type { OfflineVendor } from '../vendors/vendor.js';
import { isOffline } from '../vendors/vendor.js';
import type { Asked, Failed, Failure, Plan, Review, StandIn, Verdict } from '../wire/stand-in.js';
import type { Upstream } from '../wire/upstreams.js';
import { Breaker } from './breaker.js';
import { LiveSessions, OurSessions } from './our-sessions.js';

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
  readonly vendor: OfflineVendor;
  readonly device: string;
  readonly session: string;
  readonly upstream: Upstream;
}

/** What is done elsewhere. None of them rejects. */
export interface OfflineHooks {
  /** The answer to a request that is whole, kept by then; null when there is none. */
  answer(vendor: OfflineVendor, exchange: Exchange): Promise<RawMessage | null>;
  /** Whether upstream gives a vendor's own answer. */
  probe(vendor: OfflineVendor, upstream: Upstream): Promise<boolean>;
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

/** What a request is about. */
interface Matter {
  /** Who claims it; null when nobody does that can be stood in for. */
  readonly vendor: OfflineVendor | null;
  /** Whether the vendor is as sure as it can be. */
  readonly isCertain: boolean;
  /** Whether its answer may open a session, or hold orders. */
  readonly opens: boolean;
  /** Whether its answer must not hold orders. */
  readonly guards: boolean;
}

const MAX_MATTERS = 64;
/** Each may be a hundred characters long. */
const ORDERS_SAID = 5;
/** No scale can hold a longer session id by far. */
const LONGEST_SESSION = 256;

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
  readonly #matters = new Map<string, Matter>();
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

  /** The upstreams that have failed in this run, by host, and whether nobody tries them just now. */
  get breakers(): ReadonlyMap<string, boolean> {
    return new Map([...this.#breakers].map(([host, { isOpen }]) => [host, isOpen]));
  }

  get mayCall(): boolean {
    return this.#mode !== 'offline';
  }

  plan(asked: Asked): Plan | 'undecided' {
    const matter = this.#matterOf(asked);
    if (!isOfScale(matter, asked)) return this.mayCall ? 'relay' : refusal;
    if (this.#ours.hasConnection(asked.connection)) return { answer: 'own-session' };
    if (this.#mode !== 'offline' && (this.#hooks.owesAny || this.#ours.any(performance.now())))
      return 'undecided';
    return this.#byMode(matter, asked.upstream);
  }

  planWhole(asked: Asked, request: RawMessage): Plan | Promise<Plan> {
    const matter = this.#matterOf(asked);
    if (!isOfScale(matter, asked)) return this.mayCall ? 'relay' : refusal;
    const { vendor } = matter;
    const now = performance.now();
    const step = vendor.step(request);
    const { session } = step;
    if (session !== null && this.#ours.hasSession(session, now)) return { answer: 'own-session' };
    if (step.kind === 'open' && this.#ours.hasChallenged(addressOf(asked), now))
      return { answer: 'own-session' };
    const plan = this.#byMode(matter, asked.upstream);
    if (step.kind !== 'close' || session === null || typeof plan !== 'string') return plan;
    const device = this.#live.device(session, now);
    if (device === undefined || !this.#hooks.owes(vendor.name, device)) return plan;
    const delivered = this.#hooks.deliverOwed({ vendor, device, session, upstream: asked.upstream });
    // The mode may have been switched meanwhile.
    return delivered.then(() => this.#byMode(matter, asked.upstream));
  }

  review(asked: Asked, plan: 'review' | 'try', request: RawMessage, response: RawMessage): Review {
    const matter = this.#matterOf(asked);
    if (matter.vendor === null) return passed;
    const fault = this.#fault(matter.vendor, asked, request, response);
    const verdict = matter.guards
      ? this.#guarded(matter.vendor, response, asked.upstream.host)
      : passed.verdict;
    if (plan === 'review') return { failed: null, verdict };
    if (fault !== null || verdict.kind !== 'refused') return { failed: fault, verdict };
    return { failed: { failure: 'not-protocol', ...verdict.refusal }, verdict };
  }

  /** What is wrong with an answer; null when it is the vendor's own. */
  #fault(vendor: OfflineVendor, asked: Asked, request: RawMessage, response: RawMessage): Failed | null {
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
    if (this.#ours.any(now) && vendor.step(request).kind === 'challenge') {
      this.#ours.challengedLive(addressOf(asked));
    }
    if (status === 0 || !this.#settings.failOn.has('status')) return null;
    if (vendor.step(request).kind !== 'open') return null;
    const message = `${host} opens no session: it answers with status ${status}`;
    return { failure: 'status', reason: 'bad-status', message };
  }

  standsInFor(asked: Asked, { failure, message }: Failed): boolean {
    if (this.#mode === 'live') return false;
    if (this.#mode === 'auto' && !this.#settings.failOn.has(failure)) return false;
    this.#log.debug(`${asked.client}: ${message}; answering in its place`);
    const { vendor } = this.#matterOf(asked);
    // A cloud that refuses one device is there for others.
    if (vendor && failure !== 'status' && this.#mode === 'auto')
      this.#breaker(vendor, asked.upstream).failed(message);
    return true;
  }

  async answer(asked: Asked, exchange: Exchange): Promise<RawMessage | null> {
    const { vendor } = this.#matterOf(asked);
    if (vendor === null) return null;
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

  /** What a request is about, by host and target. There are few, and every request asks. */
  #matterOf({ upstream: { host }, facts: { target } }: Asked): Matter {
    const key = `${host} ${target}`;
    const known = this.#matters.get(key);
    if (known) return known;
    const claim = { host, path: pathOf(target) };
    const claiming = claimant(claim);
    const vendor = isOffline(claiming) ? claiming : null;
    const matter = {
      vendor,
      isCertain: vendor?.claims(claim) === 2,
      guards: !this.#settings.allowFirmware && vendor?.guards(claim) === true,
      opens: vendor?.guards(claim) === true,
    };
    if (this.#matters.size < MAX_MATTERS) this.#matters.set(key, matter);
    return matter;
  }

  #byMode({ opens }: Matter, upstream: Upstream): Plan {
    if (this.#mode === 'offline') return { answer: 'offline' };
    // Session replies are always looked at: catch-up must know whose session it is.
    if (this.#mode === 'live') return opens ? 'review' : 'relay';
    return this.#breakers.get(upstream.host)?.isOpen ? { answer: 'upstream-down' } : 'try';
  }

  #opened(vendor: OfflineVendor, request: RawMessage, session: string): void {
    const { device } = vendor.step(request);
    if (device !== null && session.length <= LONGEST_SESSION)
      this.#live.opened(session, device, performance.now());
  }

  /** What becomes of an answer that may hold orders. */
  #guarded(vendor: OfflineVendor, response: RawMessage, host: string): Verdict {
    const guarded = vendor.guard(response);
    if (guarded === null) return passed.verdict;
    const allow = '--allow-firmware would let them pass';
    if (guarded.kind === 'withheld') {
      const message = `the answer of ${host} may hold orders and is withheld (${guarded.why}); ${allow}`;
      this.#log.warn(message);
      return { kind: 'refused', refusal: { reason: 'answer-withheld', message } };
    }
    const more = guarded.removed.length - ORDERS_SAID;
    const removed = [...guarded.removed.slice(0, ORDERS_SAID), ...(more > 0 ? [`${more} more`] : [])];
    this.#log.warn(`orders of ${host} were taken out of its answer: ${removed.join(', ')}; ${allow}`);
    return { kind: 'changed', response: guarded.response, reason: 'orders-removed' };
  }

  #breaker(vendor: OfflineVendor, upstream: Upstream): Breaker {
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

/** Whether a request is one that a scale makes, so that it can be answered in the vendor's place. */
function isOfScale(matter: Matter, { facts }: Asked): matter is Matter & { readonly vendor: OfflineVendor } {
  return matter.isCertain && facts.method === 'POST';
}

/** The client's address without its port. */
function addressOf({ client }: Asked): string {
  return client.slice(0, client.lastIndexOf(':'));
}
