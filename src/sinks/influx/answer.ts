import type { Outcome } from '../sink.js';

/** What became of a batch that did not go through. */
export type Failed = Exclude<Outcome, { kind: 'delivered' }>;

const longestMessage = 300;

/** An answer to a write, other than that it went through. */
export interface Answer {
  readonly status: number;
  /** For people, in one line. */
  readonly message: string;
  /**
   * Whether this is InfluxDB's word about the points. A proxy or a web server at that address may answer 400 or 404
   * to everything: only InfluxDB's own verdict is final.
   */
  readonly verdict: boolean;
  /** Headers of the answer. */
  readonly location: string | undefined;
  readonly retryAfter: string | undefined;
}

/** What an answer means for the batch, in all versions of InfluxDB. */
export function failedBy({ status, message, verdict, location, retryAfter }: Answer): Failed {
  if (verdict) return { kind: 'refused', message };
  switch (status) {
    case 401:
    case 403:
      return { kind: 'retry', cause: 'unauthorized', message };
    case 404:
      return { kind: 'retry', cause: 'missing-target', message };
    case 413:
      return { kind: 'refused', message };
  }
  if (status < 300) return { kind: 'retry', cause: 'missing-target', message };
  if (status < 400) {
    const to = oneLine(location ?? 'nowhere');
    return {
      kind: 'retry',
      cause: 'missing-target',
      message: `the server redirects to ${to}: put that in the URL`,
    };
  }
  const seconds = Number(retryAfter);
  const afterMs = seconds > 0 ? { afterMs: seconds * 1000 } : {};
  const said = status === 429 ? message : `unexpected answer ${message}`;
  return { kind: 'retry', cause: 'server-error', message: said, ...afterMs };
}

/** An address with several families gives an AggregateError whose own message is empty. */
export function connectionMessage(error: Error): string {
  if (!(error instanceof AggregateError)) return oneLine(error.message);
  return oneLine(
    [...new Set(error.errors.map((e) => (e instanceof Error ? e.message : String(e))))].join(', '),
  );
}

/** What a server says, as part of a message: at most 300 characters, without line ends. */
export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longestMessage ? `${line.slice(0, longestMessage)}…` : line;
}
