import type { Known } from '../vendor.js';
import type { RenphoExchange } from './exchange.js';
import { isGood } from './outcome.js';
import type { RenphoSession } from './session.js';
import { isCredential, newSession, oldSession, paramsOf, sessionMark, sessionOf } from './session.js';

/** The session in a request: of the new API in its headers, of the old one in its parameters. */
export function carriedSession({ api, exchange }: RenphoExchange, known: Known): RenphoSession | null {
  if (api === 'new') return newSession(exchange.request);
  const params = new Map(paramsOf(exchange.request));
  const key = params.get('terminal_user_session_key');
  const session = oldSession(exchange.request, key, params.get('user_id'));
  if (session !== null || !isCredential(key)) return session;
  // The user id may be left out; an earlier call tells whose the key is.
  const nobody = oldSession(exchange.request, key, '0');
  return nobody && oldSession(exchange.request, key, known.note(`account:${sessionMark(nobody)}`));
}

/**
 * Whether the cloud has taken what was sent to it, in the session that is known of the account, or in the first one.
 * Anybody in the house can send something in any account's name, and not every endpoint asks for a session.
 */
export function isTaken(renpho: RenphoExchange, known: Known): boolean {
  if (!isGood(renpho)) return false;
  const carried = carriedSession(renpho, known);
  if (carried === null) return false;
  const newest = sessionOf(known.value(carried.userId, 'session') ?? '');
  return newest === null || sessionMark(newest) === sessionMark(carried);
}

/**
 * Whether anybody on the way could have changed what crossed: it was no HTTPS, which is all that the apps are known to
 * speak. The proxy reads plain HTTP at port 80 alone.
 */
export function isPlain({ exchange }: RenphoExchange): boolean {
  return exchange.upstream.endsWith(':80');
}
