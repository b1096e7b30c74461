import http from 'node:http';
import https from 'node:https';
import { InfluxDB } from 'influx';
import type { Reading } from '../../model/reading.js';
import type { Outcome, Sink } from '../sink.js';
import { type Failure, failureOf } from './failure.js';
import { points, unwritable } from './points.js';
import { type BadInfluxUrl, type InfluxTarget, parseInfluxUrl, targetName } from './url.js';

/**
 * Delivers readings to InfluxDB 1.x through the `influx` package. The database is created when it turns out to
 * be missing and the user may do so.
 */
export class InfluxSink implements Sink {
  readonly name: string;
  readonly batchSize = 500;
  readonly #target: InfluxTarget;
  readonly #timeoutMs: number;
  readonly #agent: http.Agent;
  readonly #pending = new Set<AbortController>();

  /** `timeoutMs` bounds a whole delivery: the library waits for good when an answer is cut in its body. */
  constructor(target: InfluxTarget, timeoutMs = 30_000) {
    this.name = `influx ${targetName(target)}`;
    this.#target = target;
    this.#timeoutMs = timeoutMs;
    // Kept for a few seconds only: a weigh-in comes once a day, and by then a router on the way may have
    // forgotten the connection without telling.
    const keep = { keepAlive: true, timeout: 5_000 };
    this.#agent = target.protocol === 'https' ? new https.Agent(keep) : new http.Agent(keep);
  }

  async deliver(batch: readonly Reading[]): Promise<Outcome> {
    for (const reading of batch) {
      const message = unwritable(reading);
      if (message !== undefined) return { kind: 'refused', message };
    }
    const abort = new AbortController();
    const aborted = new Promise<Outcome>((resolve) => {
      abort.signal.onabort = () =>
        resolve({ kind: 'retry', cause: 'timeout', message: String(abort.signal.reason) });
    });
    const timer = setTimeout(
      () => abort.abort(`no answer within ${this.#timeoutMs / 1000} s`),
      this.#timeoutMs,
    );
    this.#pending.add(abort);
    try {
      return await Promise.race([aborted, this.#write(batch, abort.signal)]);
    } finally {
      clearTimeout(timer);
      this.#pending.delete(abort);
    }
  }

  async close(): Promise<void> {
    for (const abort of this.#pending) abort.abort('closed before the answer came');
    this.#agent.destroy();
  }

  async #write(batch: readonly Reading[], signal: AbortSignal): Promise<Outcome> {
    const client = this.#client(signal);
    const write = () => failure(client.writePoints(points(batch), { precision: 'ms' }));

    const first = await write();
    if (first === undefined) return { kind: 'delivered' };
    if (first.kind !== 'no-database') return first;

    const refusal = await failure(client.createDatabase(this.#target.database));
    if (refusal?.kind === 'retry' && refusal.cause !== 'unauthorized') return refusal;
    if (refusal !== undefined) return missing(`${first.message}; creating it failed: ${refusal.message}`);

    const second = await write();
    if (second === undefined) return { kind: 'delivered' };
    return second.kind === 'no-database' ? missing(`${second.message}, although just created`) : second;
  }

  /**
   * A client of its own for each delivery, so that it can be aborted, and because the library takes a host out
   * of use for a while after a failure: when to try again is the loop's decision. Connections are shared.
   */
  #client(signal: AbortSignal): InfluxDB {
    const { protocol, host, port, database, user, password } = this.#target;
    return new InfluxDB({
      protocol,
      host,
      port,
      database,
      // Always given: left out, the library would send root and root.
      username: user,
      password,
      // Its own time-out must not come before ours: it could not be told from an answer of 500.
      pool: { maxRetries: 0, requestTimeout: this.#timeoutMs * 2 },
      options: { agent: this.#agent, signal },
    });
  }
}

/** How a call failed; undefined when it did not. */
function failure(call: Promise<void>): Promise<Failure | undefined> {
  return call.then(() => undefined, failureOf);
}

function missing(message: string): Outcome {
  return { kind: 'retry', cause: 'missing-target', message };
}

/** The sink that an InfluxDB URL stands for, or why the URL cannot be used. Connects to nothing yet. */
export function influxSink(url: string): Sink | BadInfluxUrl {
  const target = parseInfluxUrl(url);
  return 'reason' in target ? target : new InfluxSink(target);
}
