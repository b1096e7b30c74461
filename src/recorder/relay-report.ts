import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryStatus } from '../sinks/delivery.js';
import type { RelayPoint, Sink } from '../sinks/sink.js';
import type { RelayCount, RelayCounters } from './counters.js';
import { latencyUs } from './counters.js';

/** The end of the process waits so long for the last numbers. */
const LAST_REPORT_MS = 1_000;

/** A sink, and how the delivery to it stands. */
export interface Delivering {
  readonly sink: Sink;
  readonly loop: { status(): DeliveryStatus };
}

/**
 * Tells the sinks that keep such how the relay does. A report that does not go through is gone; deliveries do not wait
 * for it.
 */
export class RelayReporter {
  readonly #counters: RelayCounters;
  readonly #deliveries: readonly Delivering[];
  readonly #onLost: (message: string) => void;

  /** `onLost` is told, for people, of each report that did not go through. */
  constructor(counters: RelayCounters, deliveries: readonly Delivering[], onLost: (message: string) => void) {
    this.#counters = counters;
    this.#deliveries = deliveries;
    this.#onLost = onLost;
  }

  /** Tells of the time since it was called last. Resolves when all have taken it, or have not; never rejects. */
  async report(): Promise<void> {
    await this.#tell(this.#deliveries);
  }

  /** The last report. Those that a delivery has trouble with do not get it, and the others have a second. */
  async close(): Promise<void> {
    const well = this.#deliveries.filter(({ loop }) => loop.status().cause === undefined);
    const end = new AbortController();
    // Rejects only when it is ended early, by which time nobody waits for it.
    const late = sleep(LAST_REPORT_MS, undefined, { signal: end.signal }).catch(() => undefined);
    await Promise.race([this.#tell(well), late]);
    end.abort();
  }

  async #tell(deliveries: readonly Delivering[]): Promise<void> {
    const sinks = deliveries.map(({ sink }) => sink).filter(({ report }) => report !== undefined);
    if (sinks.length === 0) return;
    const statuses = this.#deliveries.map(({ loop }) => loop.status());
    const points = pointsOf(this.#counters.interval(), statuses, Date.now());
    await Promise.all(sinks.map((sink) => this.#hand(sink, points)));
  }

  async #hand(sink: Sink, points: readonly RelayPoint[]): Promise<void> {
    try {
      const outcome = await sink.report?.(points);
      if (outcome !== undefined && outcome.kind !== 'delivered') this.#lost(sink, outcome.message);
    } catch (error) {
      this.#lost(sink, error instanceof Error ? error.message : String(error));
    }
  }

  #lost({ name }: Sink, message: string): void {
    this.#onLost(`${name}: a minute of the relay's numbers is not written: ${message}`);
  }
}

/**
 * An interval as points: one for each vendor and way of answering, one for each reason there, and one for each sink.
 * Its end is their time. What names no vendor is `unknown`.
 */
function pointsOf(
  counts: readonly RelayCount[],
  statuses: readonly DeliveryStatus[],
  timeMs: number,
): RelayPoint[] {
  const points: RelayPoint[] = [];
  for (const count of counts) {
    const tags = { vendor: count.vendor ?? 'unknown', answered: count.answered };
    points.push({ timeMs, tags, fields: { exchanges: count.exchanges, ...latencies(count) } });
    for (const [reason, exchanges] of count.reasons) {
      points.push({ timeMs, tags: { ...tags, reason }, fields: { with_reason: exchanges } });
    }
  }
  for (const { name, backlog } of statuses) {
    if (backlog !== null) points.push({ timeMs, tags: { sink: name }, fields: { backlog } });
  }
  return points;
}

/** Fields of the time to the first byte of an answer; none when there was no answer. */
function latencies(count: RelayCount): Record<string, number> {
  const p50 = latencyUs(count, 0.5);
  const p99 = latencyUs(count, 0.99);
  if (p50 === null || p99 === null) return {};
  return { p50_ms: p50 / 1000, p99_ms: p99 / 1000, max_ms: count.maxUs / 1000 };
}
