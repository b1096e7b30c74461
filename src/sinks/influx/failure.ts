import { IncomingMessage } from 'node:http';
import { ResultError } from 'influx';
import { connectionMessage, type Failed, failedBy, oneLine } from './answer.js';

/** What became of a call to InfluxDB 1.x that failed: an outcome, or that the database does not exist. */
export type Failure = Failed | { readonly kind: 'no-database'; readonly message: string };

/**
 * Sorts what the influx library rejects with. It has three kinds of errors: an answer from 300 to 499 carries
 * the response, a fault of the connection carries Node's code, and one from 500 on has the reason phrase only.
 */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: 'retry', cause: 'server-error', message: String(error) };
  if ('res' in error && error.res instanceof IncomingMessage) return answered(error, error.res);
  if (error instanceof ResultError) {
    const message = oneLine(error.message);
    // Of a query; of `create database`, that the name is not allowed.
    if (message.includes('database not found')) return { kind: 'no-database', message };
    return { kind: 'retry', cause: 'missing-target', message };
  }
  if ('code' in error) return { kind: 'retry', cause: 'unreachable', message: connectionMessage(error) };
  return { kind: 'retry', cause: 'server-error', message: `the server answers: ${oneLine(error.message)}` };
}

function answered(error: Error, { statusCode: status = 0, headers }: IncomingMessage): Failure {
  const said = headers['x-influxdb-error'];
  const message = `${status} ${oneLine(typeof said === 'string' ? said : bodyMessage(error.message))}`;
  const isInflux = said !== undefined || headers['x-influxdb-version'] !== undefined;
  if (status === 404 && isInflux && message.includes('database not found'))
    return { kind: 'no-database', message };
  return failedBy({
    status,
    message: status === 404 ? `${message}: is that InfluxDB's address?` : message,
    verdict: status === 400 && isInflux,
    location: headers.location,
    retryAfter: headers['retry-after'],
  });
}

/** Without the words that the library puts before the body. */
function bodyMessage(message: string): string {
  return message.replace(/^A \d+ .*? error occurred: /, '');
}
