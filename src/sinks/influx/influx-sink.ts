import type { KeptReading } from '../../model/reading.js';
import type { Retraction } from '../../model/retraction.js';
import type { Outcome, RelayPoint, Sink, SinkContext } from '../sink.js';
import { Calls } from './calls.js';
import { type Point, points, relayPoints, unwritable } from './points.js';
import { distinct } from './retractions.js';

/** So many are taken back at once. One costs InfluxDB 1.6 a fifth of a second where it has readings of ten years. */
const TAKEN_BACK_AT_ONCE = 20;

/** What the sinks for all versions of InfluxDB have in common: what is written, and for how long it is tried. */
export abstract class InfluxSink implements Sink {
  readonly name: string;
  readonly batchSize = 500;
  readonly #context: SinkContext;
  readonly #calls: Calls;
  /** What has been taken back since the last delivery, by its text, of a list that did not go through as a whole. */
  readonly #gone = new Set<string>();
  #hasWarned = false;

  /** `timeoutMs` bounds a whole delivery. */
  constructor(name: string, context: SinkContext, timeoutMs: number) {
    this.name = name;
    this.#context = context;
    this.#calls = new Calls(timeoutMs);
  }

  /** Whether this version can delete points. Where it cannot, what it is not to hold any more is written over. */
  protected abstract readonly deletes: boolean;

  /** Writes points, and says what became of them. It may be given up on, which the signal tells. */
  protected abstract write(batch: readonly Point[], signal: AbortSignal): Promise<Outcome>;

  /**
   * Takes points back; what is not there is taken back already. `refused`: it cannot be done there, for good.
   * `missing-target`: there is nobody who deletes.
   */
  protected abstract remove(retractions: readonly Retraction[], signal: AbortSignal): Promise<Outcome>;

  /** Closes the connections. */
  protected abstract disconnect(): Promise<void>;

  async deliver(batch: readonly KeptReading[]): Promise<Outcome> {
    const message = unwritable(batch);
    if (message !== undefined) return { kind: 'refused', message };
    this.#gone.clear();
    const written = points(batch, this.deletes ? 'when-told' : 'always');
    return this.#calls.run((signal) => this.write(written, signal));
  }

  async retract(retractions: readonly Retraction[]): Promise<Outcome> {
    const left = distinct(retractions).filter((each) => !this.#gone.has(JSON.stringify(each)));
    return this.#calls.run((signal) => this.#retractAll(left, signal));
  }

  async report(given: readonly RelayPoint[]): Promise<Outcome> {
    return this.#calls.run((signal) => this.write(relayPoints(given), signal));
  }

  async close(): Promise<void> {
    this.#calls.end();
    await this.disconnect();
  }

  /** A long list may take longer than a delivery may: the next try goes on where this one has got to. */
  async #retractAll(retractions: readonly Retraction[], signal: AbortSignal): Promise<Outcome> {
    for (let at = 0; at < retractions.length; at += TAKEN_BACK_AT_ONCE) {
      const some = retractions.slice(at, at + TAKEN_BACK_AT_ONCE);
      const outcome = await this.#retract(some, signal);
      if (outcome.kind !== 'delivered' || signal.aborted) return outcome;
      for (const each of some) this.#gone.add(JSON.stringify(each));
    }
    return { kind: 'delivered' };
  }

  async #retract(retractions: readonly Retraction[], signal: AbortSignal): Promise<Outcome> {
    const outcome = await this.remove(retractions, signal);
    if (outcome.kind === 'delivered') return outcome;
    if (outcome.kind === 'retry') {
      if (outcome.cause !== 'missing-target' || !this.deletes) return outcome;
      // A server that takes points and has no way to delete them must not hold up what is to be delivered.
      const writing = await this.write([], signal);
      if (writing.kind === 'retry') return writing;
    }
    this.#warnOnce(outcome.message);
    return { kind: 'delivered' };
  }

  #warnOnce(message: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#context.warn(
      `${this.name}: what was corrected is not taken back there, and the old points stay (${message}); see docs/influxdb.md`,
    );
  }
}
