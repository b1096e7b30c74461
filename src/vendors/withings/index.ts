import type { Exchange } from '../../model/exchange.js';
import { isTunnel, pathOf, targetOf } from '../raw.js';
import type { Claim, Findings, Known, OfflineVendor } from '../vendor.js';
import { nothingFound } from '../vendor.js';
import { answer } from './answer.js';
import { decodeExchange } from './decode.js';
import { endpoints } from './endpoints.js';
import { guard, guards } from './guard.js';
import { judge } from './judge.js';
import { ownVisit, probe } from './own-visit.js';
import { readdress } from './readdress.js';
import { secretSpans } from './redaction.js';
import { shortNames } from './short-names.js';
import { step } from './step.js';
import { byId } from './user-members.js';
import { valueRules } from './value-rules.js';
import { Visit } from './visit.js';

/**
 * The hosts that Withings scales have been seen or said to speak to. s5 is from WBS01 owners of 2010, the Nokia
 * one from 2018, scalews.withings.com is the web app's; maintws takes maint posts of newer devices, the last
 * two serve firmware.
 */
const hosts = [
  'scalews.withings.net',
  's5.withings.net',
  'scalews.health.nokia.com',
  'scalews.withings.com',
  'maintws.withings.net',
  'fw.withings.net',
  'cdnfw.withings.net',
] as const;

const hostSet: ReadonlySet<string> = new Set(hosts);

/** Withings Wi-Fi scales. The protocol is in docs/protocols/withings.md. */
export const withings: OfflineVendor = {
  name: 'withings',
  hosts,
  apps: hosts,
  values: valueRules,
  claims,
  read,
  open: (exchange) => exchange,
  secrets: secretSpans,
  decode: decodeExchange,
  step,
  judge,
  guards,
  guard,
  answer,
  idsOf: (people) => new Map([...byId(people)].map(([id, person]) => [String(id), person])),
  personName: (person, device, value) => shortNames(value(device, 'users')).get(person) ?? null,
  readdress,
  visit: ownVisit,
  probe,
};

function claims({ host, path }: Claim): 0 | 1 | 2 {
  const known = endpoints.has(path);
  if (host === '') return known ? 2 : 0;
  if (!hostSet.has(host)) return 0;
  return known ? 2 : 1;
}

function read(exchange: Exchange, known: Known): Findings {
  const endpoint = endpoints.get(pathOf(targetOf(exchange.request.head)));
  if (endpoint === undefined) return { label: isTunnel(exchange) ? 'connect' : 'unknown', ...nothingFound };
  const visit = new Visit(exchange, known, endpoint.label);
  if (visit.readable) endpoint.read(visit);
  return visit.findings();
}
