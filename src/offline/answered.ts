import type { Exchange, RawMessage } from '../model/exchange.js';

/** An exchange with the answer that we give it, now. */
export function answered(exchange: Exchange, response: RawMessage): Exchange {
  const sinceUs = Math.max(exchange.endedAfterUs, Math.round(Date.now() * 1000 - exchange.startedAtUs));
  const responseAfterUs = exchange.responseAfterUs ?? sinceUs;
  return { ...exchange, responseAfterUs, endedAfterUs: sinceUs, response };
}
