import type { Exchange } from '../model/exchange.js';
import { lowerHeader, pathOf, targetOf } from './raw.js';
import { renpho } from './renpho/index.js';
import type { Claim, Vendor } from './vendor.js';
import { withings } from './withings/index.js';

/** Every vendor. No two may bid the same for an exchange; a test holds it. */
export const vendors: readonly Vendor[] = [withings, renpho];

/** The vendor of a name; undefined when there is none. */
export function vendorNamed(name: string): Vendor | undefined {
  return vendors.find((vendor) => vendor.name === name);
}

/** The vendor that is surest of an exchange; undefined when nobody wants it. */
export function vendorOf(exchange: Exchange): Vendor | undefined {
  return claimant(claimOf(exchange));
}

/** What vendors bid by, from an exchange's request head. */
export function claimOf(exchange: Exchange): Claim {
  const { head } = exchange.request;
  const host = lowerHeader(head, 'host', 'first') ?? '';
  return { host: host.replace(/:\d*$/, ''), path: pathOf(targetOf(head)) };
}

/** The vendor that bids most. */
export function claimant(claim: Claim): Vendor | undefined {
  let best: Vendor | undefined;
  let highest = 0;
  for (const vendor of vendors) {
    const bid = vendor.claims(claim);
    if (bid > highest) {
      best = vendor;
      highest = bid;
    }
  }
  return best;
}
