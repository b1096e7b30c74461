import { gzipSync } from 'node:zlib';
import { type Dispatcher, Pool } from 'undici';
import type { Outcome } from '../sink.js';
import { connectionMessage, failedBy } from './answer.js';
import { InfluxSink } from './influx-sink.js';
import { lines } from './lines.js';
import type { Point } from './points.js';
import { type InfluxTarget, originOf } from './url.js';
import { saidIn, type WriteApi } from './write-api.js';

/** A body from this many bytes on is compressed: one weigh-in is not worth it, a batch is. */
const COMPRESS_FROM = 1024;
/** As much of an answer's body is read: it may repeat every line of a batch, and is no verdict when it is cut. */
const MAX_ANSWER = 8 * 1024 * 1024;

/** Delivers readings to InfluxDB 2 or 3 by token, over its write API. */
export class BucketSink extends InfluxSink {
  readonly #api: WriteApi;
  readonly #token: string;
  readonly #pool: Pool;

  /** `timeoutMs` bounds a whole delivery. The token is known here only so that no message repeats it. */
  constructor(name: string, target: InfluxTarget, api: WriteApi, token: string, timeoutMs = 30_000) {
    super(name, timeoutMs);
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
    const compressed = text.length >= COMPRESS_FROM;
    let response: Dispatcher.ResponseData;
    let body: string;
    try {
      response = await this.#pool.request({
        method: 'POST',
        path: this.#api.path,
        headers: {
          authorization: this.#api.authorization,
          'content-type': 'text/plain; charset=utf-8',
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
    return this.#outcome(response, body);
  }

  #outcome({ statusCode: status, headers }: Dispatcher.ResponseData, body: string): Outcome {
    // Both versions say 204 and nothing else; 200 with a page is what a captive portal or a web server says.
    if (status === 204) return { kind: 'delivered' };
    const said = saidIn(body, this.#token);
    const ask = status < 300 || status === 404 || status === 405;
    return failedBy({
      status: status === 405 ? 404 : status,
      message: `${status} ${said.text}${ask ? ": is that InfluxDB's address, and its version?" : ''}`,
      verdict: this.#api.isVerdict(status, said),
      location: one(headers.location)?.replaceAll(this.#token, '***'),
      retryAfter: one(headers['retry-after']),
    });
  }
}

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
