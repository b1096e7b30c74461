import type { RetryCause } from '../sink.js';

/** Why something with the broker did not go through. */
export interface Problem {
  readonly cause: RetryCause;
  readonly message: string;
  /** The broker does not know this version of MQTT. */
  readonly otherVersion?: true;
}

const longestMessage = 300;

/** Reason codes of MQTT 5 (from 128 on) and return codes of 3.1.1: user, password or rights are wrong. */
const unauthorized: ReadonlySet<number> = new Set([4, 5, 134, 135, 138, 140]);
/** Unacceptable, or unsupported, protocol version. */
const otherVersion: ReadonlySet<number> = new Set([1, 132]);

/**
 * Sorts what the mqtt library reports: an answer of the broker carries its code as a number, a fault of the
 * connection Node's as a text, and what the library finds by itself none.
 */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { cause: 'server-error', message: cut(String(error)) };
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'number') return refusal(code, cut(error.message));
  const message = connectionMessage(error);
  if (typeof code !== 'string') {
    if (message === 'connack timeout') return { cause: 'timeout', message: 'the broker does not answer' };
    return { cause: 'unreachable', message };
  }
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    const hint = 'name the authority of its certificate with --mqtt-ca';
    return { cause: 'unreachable', message: `the broker's certificate is not trusted (${message}): ${hint}` };
  }
  return { cause: 'unreachable', message };
}

/** What the broker means by a code that it gives, with its words for people. */
export function refusal(code: number, words: string): Problem {
  const message = `the broker says: ${words}`;
  if (otherVersion.has(code)) return { cause: 'server-error', message, otherVersion: true };
  return { cause: unauthorized.has(code) ? 'unauthorized' : 'server-error', message };
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
