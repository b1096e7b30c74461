import type { Claim, Vendor } from '../vendor.js';
import { decodeExchange } from './decode.js';
import { isKnownPath } from './endpoints.js';
import { NEW_HOST } from './exchange.js';
import { open } from './open.js';
import { personName } from './profiles.js';
import { read } from './read.js';
import { secretSpans } from './redaction.js';
import { valueRules } from './value-rules.js';

/**
 * The cloud of the classic app is renpho.qnclouds.com. Other apps of the same maker speak to their own names below
 * qnclouds.com (FeelFit: feelfit.qnclouds.com) in the same manner.
 */
const OLD_HOSTS = '.qnclouds.com';

/** Renpho scales, by what their apps say to the clouds. The protocol is in docs/protocols/renpho.md. */
export const renpho: Vendor = {
  name: 'renpho',
  // Its Wi-Fi scales speak to servers whose names nobody has published.
  hosts: [],
  apps: [NEW_HOST, `*${OLD_HOSTS}`],
  values: valueRules,
  claims,
  read,
  open,
  secrets: secretSpans,
  decode: decodeExchange,
  idsOf: (people) =>
    new Map(
      people.flatMap((person) => (person.ids.renpho === undefined ? [] : [[person.ids.renpho, person]])),
    ),
  personName,
};

function claims({ host, path }: Claim): 0 | 1 | 2 {
  if (host !== NEW_HOST && !host.endsWith(OLD_HOSTS)) return 0;
  return isKnownPath(path.replace(/^https?:\/\/[^/]*/i, '')) ? 2 : 1;
}
