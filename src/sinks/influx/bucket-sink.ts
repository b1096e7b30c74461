import { gzipSync } from 'node:zlib';
import { type Dispatcher, Pool } from 'undici';
import type { Retraction } from '../../model/retraction.js';
import type { Outcome, SinkContext } from '../sink.js';
import { connectionMessage, failedBy } from './answer.js';
import { InfluxSink } from './influx-sink.js';
import { lines } from './lines.js';
import type { Point } from './points.js';
import { deleteRequest, mark } from './retractions.js';
import { type InfluxTarget, originOf } from './url.js';
import { saidIn, type WriteApi } from './write-api.js';

/** A body from this many bytes on is compressed: one weigh-in is not worth it, a batch is. */
const COMPRESS_FROM = 1024;
/** As much of an answer's body is read: it may repeat every line of a batch, and is no verdict when it is cut. */
const MAX_ANSWER = 8 * 1024 * 1024;

/** Where points are written, and by which token. The token is here so that no message repeats it. */
interface BucketPlace {
  /** The sink's name. */
  readonly name: string;
  readonly target: InfluxTarget;
  readonly token: string;
}

/** Delivers readings to InfluxDB 2 or 3 by token, over its write API. */
export class BucketSink extends InfluxSink {
  protected readonly deletes: boolean;
  readonly #api: WriteApi;
  readonly #token: string;
  readonly #pool: Pool;

  /** `timeoutMs` bounds a whole delivery. */
  constructor({ name, target, token }: BucketPlace, api: WriteApi, context: SinkContext, timeoutMs = 30_000) {
    super(name, context, timeoutMs);
    this.deletes = api.deletePath !== null;
    this.#api = api;
    this.#token = token;
    this.#pool = new Pool(originOf(target), {
      // One for deliveries, which never wait for a report.
      connections: 2,
      pipelining: 1,
      // Kept for a few seconds only, whatever the server says: see DatabaseSink.
      keepAliveTimeout: 5_000,
      keepAliveMaxTimeout: 5_000,
      // The time-out of a delivery is one for all of it.
      connect: { timeout: timeoutMs },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  protected disconnect(): Promise<void> {
    return this.#pool.destroy();
  }

  protected async write(batch: readonly Point[], signal: AbortSignal): Promise<Outcome> {
    const text = Buffer.from(lines(batch));
    return this.#post(this.#api.path, 'text/plain; charset=utf-8', text, signal);
  }

  protected async remove(retractions: readonly Retraction[], signal: AbortSignal): Promise<Outcome> {
    const { deletePath } = this.#api;
    if (deletePath === null) return this.#mark(retractions, signal);
    for (const retraction of retractions) {
      const text = Buffer.from(JSON.stringify(deleteRequest(retraction)));
      const outcome = await this.#post(deletePath, 'application/json', text, signal);
      if (outcome.kind !== 'delivered') return outcome;
    }
    return { kind: 'delivered' };
  }

  /** Nothing can be deleted in InfluxDB 3, but points can be told from those that hold. */
  async #mark(retractions: readonly Retraction[], signal: AbortSignal): Promise<Outcome> {
    const marks = retractions.flatMap((each) => (each.of === 'weigh-in' ? [mark(each)] : []));
    const outcome: Outcome = marks.length === 0 ? { kind: 'delivered' } : await this.write(marks, signal);
    if (outcome.kind !== 'delivered' || marks.length === retractions.length) return outcome;
    return { kind: 'refused', message: 'InfluxDB 3 does not delete all points of a person' };
  }

  async #post(path: string, type: string, text: Buffer, signal: AbortSignal): Promise<Outcome> {
    const compressed = path === this.#api.path && text.length >= COMPRESS_FROM;
    let response: Dispatcher.ResponseData;
    let body: string;
    try {
      response = await this.#pool.request({
        method: 'POST',
        path,
        headers: {
          authorization: this.#api.authorization,
          'content-type': type,
          accept: 'application/json',
          ...(compressed && { 'content-encoding': 'gzip' }),
        },
        body: compressed ? gzipSync(text) : text,
        signal,
      });
      body = await startOf(response.body);
    } catch (error) {
      const message = connectionMessage(error instanceof Error ? error : new Error(String(error)));
      return { kind: 'retry', cause: 'unreachable', message };
    }
    return this.#outcome(response, body, path === this.#api.deletePath);
  }

  #outcome(
    { statusCode: status, headers }: Dispatcher.ResponseData,
    body: string,
    deleting: boolean,
  ): Outcome {
    // Both versions say 204 and nothing else; 200 with a page is what a captive portal or a web server says.
    if (status === 204) return { kind: 'delivered' };
    const said = saidIn(body, this.#token);
    if (deleting && this.#api.isNothingThere(status, said)) return { kind: 'delivered' };
    const verdict = this.#api.isVerdict(status, said);
    const other = deleting && !verdict && noSuchPath.has(status);
    const ask = status < 300 || status === 404 || status === 405;
    return failedBy({
      status: other || status === 405 ? 404 : status,
      message: `${status} ${said.text}${ask ? ": is that InfluxDB's address, and its version?" : ''}`,
      verdict,
      location: one(headers.location)?.replaceAll(this.#token, '***'),
      retryAfter: one(headers['retry-after']),
    });
  }
}

/** With these a server says that it does not know what is asked for; VictoriaMetrics says 400. */
const noSuchPath: ReadonlySet<number> = new Set([400, 404, 405, 410, 501]);

/** The beginning of a body. Rejects when the answer is cut in it. */
async function startOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length >= MAX_ANSWER) break;
  }
  return Buffer.concat(chunks).toString().slice(0, MAX_ANSWER);
}

function one(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
