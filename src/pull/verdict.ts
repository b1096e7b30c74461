import type { Exchange } from '../model/exchange.js';
import { codeInWords } from '../vendors/renpho/codes.js';
import { renphoExchange } from '../vendors/renpho/exchange.js';
import { isGood, staleBy } from '../vendors/renpho/outcome.js';
import type { Verdict } from './polite.js';

/**
 * The cloud's own trouble, by docs/protocols/renpho.md: too many requests, server error, a 502 that its app passes over,
 * service exceptions.
 */
const trouble: ReadonlySet<string> = new Set(['429', '500', '502', '-1', '-109', '-113', '-115']);

/** What the answer of either cloud is worth, by HTTP status and by the code in it. `got` of a good one is its data. */
export function verdictOf(exchange: Exchange): Verdict {
  const renpho = renphoExchange(exchange);
  const { api, status, code, got, refusals } = renpho;
  const name = api === 'new' ? 'code' : 'status';
  const stale = staleBy(renpho);
  if (stale !== null) return { kind: 'stale', why: stale };
  if (status === 429 || status >= 500) {
    return { kind: 'again', why: `the cloud answered with HTTP ${codeInWords(String(status))}` };
  }
  if (code !== null && trouble.has(code)) {
    return { kind: 'again', why: `the cloud answered with ${name} ${codeInWords(code)}` };
  }
  if (isGood(renpho)) {
    // An envelope with nothing in it is as good as null; one that cannot be opened stays as it is.
    const isClosed = typeof got === 'string' || (got === undefined && refusals.length > 0);
    if (!isClosed) return { kind: 'good', got: got ?? null };
    const reasons = refusals.map(({ reason }) => reason).join(', ');
    return { kind: 'refused', why: `the answer of the cloud cannot be read (${reasons})` };
  }
  const what = code === null ? `HTTP ${status} and nothing of its protocol` : `${name} ${codeInWords(code)}`;
  return { kind: 'refused', why: `the cloud answered with ${what}` };
}
