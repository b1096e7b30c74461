import type { RefusalReason } from '../model/exchange.js';
import type { HeadFacts } from './head.js';
import type { AllowList, Upstream } from './upstreams.js';

/** Why a client is not served, for the journal and in words for people. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly message: string;
}

const SLASH = 47;
const ASTERISK = 42;

/**
 * Decides by its head where a request leads. `bound` is where the connection leads already, null for its first
 * request: one connection never serves two upstreams, and a request without a Host goes where those before it went.
 */
export function admit(
  facts: HeadFacts,
  allowList: Pick<AllowList, 'pick'>,
  bound: Upstream | null,
): Upstream | Refusal {
  const { method, target, host } = facts;
  const first = target.charCodeAt(0);
  if (method === 'CONNECT' || (first !== SLASH && first !== ASTERISK)) {
    return { reason: 'not-origin-form', message: 'this address is for scales; it is not a web proxy' };
  }
  if (host === null) {
    return { reason: 'conflicting-host', message: 'the request has two different Host headers' };
  }
  if (bound !== null && (host === undefined || host === '')) return bound;
  const upstream = allowList.pick(host);
  if (upstream === undefined) {
    return {
      reason: 'host-not-allowed',
      message: `nothing is relayed to ${host}; --upstream HOST would allow it`,
    };
  }
  if (bound !== null && bound !== upstream) {
    return {
      reason: 'host-not-allowed',
      message: `this connection leads to ${bound.host}, not to ${host}`,
    };
  }
  return upstream;
}

/** Whether {@link admit} says no. */
export function isRefusal(decision: Upstream | Refusal): decision is Refusal {
  return 'reason' in decision;
}
