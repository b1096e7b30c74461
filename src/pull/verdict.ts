import type { Exchange } from '../model/exchange.js';
import { renphoExchange } from '../vendors/renpho/exchange.js';
import { isGood, staleBy } from '../vendors/renpho/outcome.js';
import type { Verdict } from './polite.js';

/**
 * The cloud's own trouble, by docs/protocols/renpho.md: too many requests, server error, a 502 that its app passes over,
 * service exceptions.
 */
const trouble: ReadonlySet<string> = new Set(['429', '500', '502', '-1', '-109', '-113', '-115']);

/** Codes that mean something to people. */
const words: ReadonlyMap<string, string> = new Map([
  ['429', 'too many requests'],
  ['-114', 'it could not undo the envelope'],
  ['20003', 'the limit of data to be had is reached'],
  ['104', 'wrong password'],
  ['106', 'no account has this e-mail address'],
  ['1004', 'no account can have such a password'],
  ['1009', 'that is no e-mail address'],
  ['20001', 'e-mail address or password is wrong'],
  ['20004', 'there is no such account'],
  ['50000', 'it refuses that, as for an e-mail address that it does not know'],
  ['50005', 'there is no such user'],
]);

/** What the answer of either cloud is worth, by HTTP status and by the code in it. `got` of a good one is its data. */
export function verdictOf(exchange: Exchange): Verdict {
  const renpho = renphoExchange(exchange);
  const { api, status, code, got, refusals } = renpho;
  const name = api === 'new' ? 'code' : 'status';
  const stale = staleBy(renpho);
  if (stale !== null) return { kind: 'stale', why: stale };
  if (status === 429 || status >= 500) {
    return { kind: 'again', why: `the cloud answered with HTTP ${status}${inWords(String(status))}` };
  }
  if (code !== null && trouble.has(code)) {
    return { kind: 'again', why: `the cloud answered with ${name} ${code}${inWords(code)}` };
  }
  if (isGood(renpho)) {
    // An envelope with nothing in it is as good as null; one that cannot be opened stays as it is.
    const isClosed = typeof got === 'string' || (got === undefined && refusals.length > 0);
    if (!isClosed) return { kind: 'good', got: got ?? null };
    const reasons = refusals.map(({ reason }) => reason).join(', ');
    return { kind: 'refused', why: `the answer of the cloud cannot be read (${reasons})` };
  }
  const what =
    code === null ? `HTTP ${status} and nothing of its protocol` : `${name} ${code}${inWords(code)}`;
  return { kind: 'refused', why: `the cloud answered with ${what}` };
}

function inWords(code: string): string {
  const found = words.get(code);
  return found === undefined ? '' : ` (${found})`;
}
