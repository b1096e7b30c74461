import type { Answered, Exchange, ExchangeReason } from '../model/exchange.js';

/** Ten limits for each factor of ten, so that a latency is known to a quarter at worst. */
const steps = [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8];

/**
 * Where the buckets of latencies end, in microseconds, from 0.1 ms to 800 s. A latency belongs to the first bucket
 * whose limit is not below it; behind the last limit is one more bucket.
 */
const limitsUs: readonly number[] = [100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].flatMap((factor) =>
  steps.map((step) => step * factor),
);

/** The exchanges of one vendor that were answered in one way. */
export interface RelayCount {
  /** Null where no vendor claims them. */
  readonly vendor: string | null;
  readonly answered: Answered;
  readonly exchanges: number;
  /** Those of them that have a response; all below is about their latency: `Exchange.responseAfterUs`. */
  readonly responses: number;
  readonly sumUs: number;
  readonly maxUs: number;
  /** How many responses came within each of the buckets, and not within the one before. */
  readonly buckets: readonly { readonly upToUs: number; readonly count: number }[];
  /** How many exchanges were not plain, by the reason. */
  readonly reasons: ReadonlyMap<ExchangeReason, number>;
}

/**
 * The latency that this share of the responses did not exceed, in microseconds, `share` from 0 to 1: taken from the
 * buckets, so in the bucket of the true one. Null when there was no response.
 */
export function latencyUs({ buckets, responses, maxUs }: RelayCount, share: number): number | null {
  if (responses === 0) return null;
  const rank = Math.max(1, share * responses);
  let below = 0;
  let fromUs = 0;
  for (const { upToUs, count } of buckets) {
    if (below + count >= rank) {
      const us = fromUs + ((Math.min(upToUs, maxUs) - fromUs) * (rank - below)) / count;
      return Math.min(us, maxUs);
    }
    below += count;
    fromUs = upToUs;
  }
  return maxUs;
}

/** What is added up of exchanges of one kind. */
class Tally {
  exchanges = 0;
  responses = 0;
  sumUs = 0;
  maxUs = 0;
  readonly counts = new Float64Array(limitsUs.length + 1);
  readonly reasons = new Map<ExchangeReason, number>();

  count(us: number | null, reason: ExchangeReason | null): void {
    this.exchanges++;
    if (us !== null) {
      this.responses++;
      this.sumUs += us;
      if (us > this.maxUs) this.maxUs = us;
      const bucket = bucketOf(us);
      this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    }
    if (reason !== null) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  add(other: Tally): void {
    this.exchanges += other.exchanges;
    this.responses += other.responses;
    this.sumUs += other.sumUs;
    this.maxUs = Math.max(this.maxUs, other.maxUs);
    for (const [i, count] of other.counts.entries()) this.counts[i] = (this.counts[i] ?? 0) + count;
    for (const [reason, count] of other.reasons)
      this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + count);
  }

  as(vendor: string | null, answered: Answered): RelayCount {
    const { exchanges, responses, sumUs, maxUs } = this;
    const buckets = Array.from(this.counts, (count, i) => ({ upToUs: limitsUs[i] ?? Infinity, count }));
    const reasons = new Map(this.reasons);
    return { vendor, answered, exchanges, responses, sumUs, maxUs, buckets, reasons };
  }
}

function bucketOf(us: number): number {
  let from = 0;
  let to = limitsUs.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((limitsUs[middle] ?? 0) < us) from = middle + 1;
    else to = middle;
  }
  return from;
}

class Series {
  readonly vendor: string | null;
  readonly answered: Answered;
  recent = new Tally();
  readonly earlier = new Tally();

  constructor(vendor: string | null, answered: Answered) {
    this.vendor = vendor;
    this.answered = answered;
  }
}

interface Seen {
  readonly series: Series;
  readonly atUs: number;
  readonly us: number | null;
  readonly reason: ExchangeReason | null;
}

/**
 * Counts the exchanges of clients that are committed, since the thread began. What scaletap asks a cloud for by itself,
 * in a pull or to catch up, is not counted: nobody waits for it, and it is no part of what was relayed.
 */
export class RelayCounters {
  readonly #series = new Map<string | null, Partial<Record<Answered, Series>>>();
  /** What a commit has read so far; null while there is none. */
  #seen: Seen[] | null = null;
  #lastUs: number | null = null;

  /** When the newest exchange that is counted began, in microseconds since the Unix epoch; null before the first. */
  get lastUs(): number | null {
    return this.#lastUs;
  }

  /**
   * Does what commits exchanges. Those that {@link RelayCounters.see} is told of meanwhile are counted, unless it
   * throws, or `kept` says of its result that they are not on disk.
   */
  committing<T>(commit: () => T, kept: (result: T) => boolean = () => true): T {
    const seen: Seen[] = [];
    this.#seen = seen;
    try {
      const result = commit();
      if (kept(result)) {
        for (const { series, atUs, us, reason } of seen) {
          series.recent.count(us, reason);
          this.#lastUs = Math.max(atUs, this.#lastUs ?? atUs);
        }
      }
      return result;
    } finally {
      this.#seen = null;
    }
  }

  /** An exchange is being read for the journal; `vendor` claims it, or nobody. */
  see(exchange: Exchange, vendor: string | null): void {
    const { connection, answered, startedAtUs, responseAfterUs, reason } = exchange;
    if (this.#seen === null || isOurs(connection)) return;
    this.#seen.push({ series: this.#of(vendor, answered), atUs: startedAtUs, us: responseAfterUs, reason });
  }

  /** All that was counted. */
  snapshot(): RelayCount[] {
    return this.#all().map(({ vendor, answered, earlier, recent }) => {
      const all = new Tally();
      all.add(earlier);
      all.add(recent);
      return all.as(vendor, answered);
    });
  }

  /** What was counted since this was asked last; nothing of what did not happen. */
  interval(): RelayCount[] {
    const busy = this.#all().filter(({ recent }) => recent.exchanges > 0);
    return busy.map((series) => {
      const { vendor, answered, earlier, recent } = series;
      earlier.add(recent);
      series.recent = new Tally();
      return recent.as(vendor, answered);
    });
  }

  #all(): Series[] {
    return [...this.#series.values()].flatMap((byAnswer) => Object.values(byAnswer));
  }

  #of(vendor: string | null, answered: Answered): Series {
    let byAnswer = this.#series.get(vendor);
    if (byAnswer === undefined) {
      byAnswer = {};
      this.#series.set(vendor, byAnswer);
    }
    byAnswer[answered] ??= new Series(vendor, answered);
    return byAnswer[answered];
  }
}

/** Connections of clients have names of hexadecimal digits and a number. */
function isOurs(connection: string): boolean {
  return /^(?:pull|catch-up|probe)-/.test(connection);
}
