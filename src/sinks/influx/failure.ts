import { IncomingMessage } from 'node:http';
import { ResultError } from 'influx';
import type { Outcome } from '../sink.js';

/** What became of a call to InfluxDB that failed: an outcome, or that the database does not exist. */
export type Failure =
  | Exclude<Outcome, { kind: 'delivered' }>
  | { readonly kind: 'no-database'; readonly message: string };

const longestMessage = 300;

/**
 * Sorts what the influx library rejects with. It has three kinds of errors: an answer from 300 to 499 carries
 * the response, a fault of the connection carries Node's code, and one from 500 on has the reason phrase only.
 */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: 'retry', cause: 'server-error', message: String(error) };
  if ('res' in error && error.res instanceof IncomingMessage) return answered(error, error.res);
  // The answer to `create database` when the name is not allowed.
  if (error instanceof ResultError)
    return { kind: 'retry', cause: 'missing-target', message: cut(error.message) };
  if ('code' in error) return { kind: 'retry', cause: 'unreachable', message: connectionMessage(error) };
  return { kind: 'retry', cause: 'server-error', message: `the server answers: ${cut(error.message)}` };
}

function answered(error: Error, response: IncomingMessage): Failure {
  const status = response.statusCode ?? 0;
  const said = response.headers['x-influxdb-error'];
  const message = `${status} ${cut(typeof said === 'string' ? said : bodyMessage(error.message))}`;
  // A proxy or a web server at that address may answer 400 or 404 to everything: only InfluxDB's own verdict
  // is final.
  const isInflux = said !== undefined || response.headers['x-influxdb-version'] !== undefined;
  switch (status) {
    case 400:
      if (isInflux) return { kind: 'refused', message };
      break;
    case 401:
    case 403:
      return { kind: 'retry', cause: 'unauthorized', message };
    case 404:
      if (isInflux && message.includes('database not found')) return { kind: 'no-database', message };
      return { kind: 'retry', cause: 'missing-target', message: `${message}: is that InfluxDB's address?` };
    case 413:
      return { kind: 'refused', message };
    case 429: {
      const seconds = Number(response.headers['retry-after']);
      const afterMs = seconds > 0 ? { afterMs: seconds * 1000 } : {};
      return { kind: 'retry', cause: 'server-error', message, ...afterMs };
    }
  }
  if (status < 400) {
    const to = cut(response.headers.location ?? 'nowhere');
    return {
      kind: 'retry',
      cause: 'missing-target',
      message: `the server redirects to ${to}: put that in the URL`,
    };
  }
  return { kind: 'retry', cause: 'server-error', message: `unexpected answer ${message}` };
}

/** Without the words that the library puts before the body. */
function bodyMessage(message: string): string {
  return message.replace(/^A \d+ .*? error occurred: /, '');
}

/** An address with several families gives an AggregateError whose own message is empty. */
function connectionMessage(error: Error): string {
  if (!(error instanceof AggregateError)) return cut(error.message);
  return cut([...new Set(error.errors.map((e) => (e instanceof Error ? e.message : String(e))))].join(', '));
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longestMessage ? `${line.slice(0, longestMessage)}…` : line;
}
