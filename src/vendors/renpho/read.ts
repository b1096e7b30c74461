import type { Exchange } from '../../model/exchange.js';
import { isTunnel, view } from '../raw.js';
import type { Findings, Known } from '../vendor.js';
import { nothingFound } from '../vendor.js';
import { isPlain, isTaken } from './carried.js';
import { labelOf } from './endpoints.js';
import { renphoExchange } from './exchange.js';
import { learn } from './learn.js';
import { Refusals } from './refusals.js';
import { accountOf, weighIns } from './weigh-ins.js';

/** Everything in an exchange of the app with one of the clouds, opened or not. */
export function read(exchange: Exchange, known: Known): Findings {
  if (isTunnel(exchange)) return { label: 'connect', ...nothingFound };
  const renpho = renphoExchange(exchange);
  const refusals = new Refusals(renpho.refusals);
  const got = !isPlain(renpho);
  const { readings, deleted, device } = weighIns(renpho, refusals, {
    sent: got && isTaken(renpho, known),
    got,
  });
  return {
    label: labelOf(methodOf(exchange.request.head), renpho.path),
    device: device ?? accountOf(renpho),
    verdict: null,
    readings,
    ...(got ? learn(renpho, known) : { values: [], notes: [] }),
    refusals: refusals.all,
    deleted,
  };
}

function methodOf(head: Uint8Array): string {
  return /^[A-Za-z]{1,16}(?= )/.exec(view(head).toString('latin1', 0, 20))?.[0] ?? '';
}
