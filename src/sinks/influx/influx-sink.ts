import type { Reading } from '../../model/reading.js';
import type { Outcome, RelayPoint, Sink } from '../sink.js';
import { Calls } from './calls.js';
import { type Point, points, relayPoints, unwritable } from './points.js';

/** What the sinks for all versions of InfluxDB have in common: what is written, and for how long it is tried. */
export abstract class InfluxSink implements Sink {
  readonly name: string;
  readonly batchSize = 500;
  readonly #calls: Calls;

  /** `timeoutMs` bounds a whole delivery. */
  constructor(name: string, timeoutMs: number) {
    this.name = name;
    this.#calls = new Calls(timeoutMs);
  }

  /** Writes points, and says what became of them. It may be given up on, which the signal tells. */
  protected abstract write(batch: readonly Point[], signal: AbortSignal): Promise<Outcome>;

  /** Closes the connections. */
  protected abstract disconnect(): Promise<void>;

  async deliver(batch: readonly Reading[]): Promise<Outcome> {
    const message = unwritable(batch);
    if (message !== undefined) return { kind: 'refused', message };
    return this.#calls.run((signal) => this.write(points(batch), signal));
  }

  async report(given: readonly RelayPoint[]): Promise<Outcome> {
    return this.#calls.run((signal) => this.write(relayPoints(given), signal));
  }

  async close(): Promise<void> {
    this.#calls.end();
    await this.disconnect();
  }
}
