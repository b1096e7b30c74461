import http from 'node:http';
import https from 'node:https';
import { InfluxDB } from 'influx';
import type { Retraction } from '../../model/retraction.js';
import type { Outcome, SinkContext } from '../sink.js';
import { type Failure, failureOf } from './failure.js';
import { InfluxSink } from './influx-sink.js';
import type { Point } from './points.js';
import { deleteStatement } from './retractions.js';
import { type InfluxTarget, targetName } from './url.js';

/**
 * Delivers readings to InfluxDB 1.x through the `influx` package. The database is created when it turns out to
 * be missing and the user may do so.
 */
export class DatabaseSink extends InfluxSink {
  protected readonly deletes = true;
  readonly #target: InfluxTarget;
  readonly #timeoutMs: number;
  readonly #agent: http.Agent;

  /** `timeoutMs` bounds a whole delivery: the library waits for good when an answer is cut in its body. */
  constructor(target: InfluxTarget, context: SinkContext, timeoutMs = 30_000) {
    super(`influx ${targetName(target)}`, context, timeoutMs);
    this.#target = target;
    this.#timeoutMs = timeoutMs;
    // Kept for a few seconds only: a weigh-in comes once a day, and by then a router on the way may have
    // forgotten the connection without telling.
    const keep = { keepAlive: true, timeout: 5_000 };
    this.#agent = target.protocol === 'https' ? new https.Agent(keep) : new http.Agent(keep);
  }

  protected async disconnect(): Promise<void> {
    this.#agent.destroy();
  }

  protected async write(batch: readonly Point[], signal: AbortSignal): Promise<Outcome> {
    const client = this.#client(signal);
    const write = () => failure(client.writePoints([...batch], { precision: 'ms' }));

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

  protected async remove(retractions: readonly Retraction[], signal: AbortSignal): Promise<Outcome> {
    const client = this.#client(signal);
    const statements = retractions.map(deleteStatement);
    const ask = (some: string[]) => failure(client.query(some, { method: 'POST' }));
    let failed = await ask(statements);
    // InfluxDB 1.6 says that of all statements, and not why: of one alone it does.
    if (failed?.message.includes('not executed') === true) failed = await ask(statements.slice(0, 1));
    // Nothing is there, and the next delivery makes the database.
    return failed === undefined || failed.kind === 'no-database' ? { kind: 'delivered' } : failed;
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
function failure(call: Promise<unknown>): Promise<Failure | undefined> {
  return call.then(() => undefined, failureOf);
}

function missing(message: string): Outcome {
  return { kind: 'retry', cause: 'missing-target', message };
}
