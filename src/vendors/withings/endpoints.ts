import { learnReply } from './learn.js';
import { readMaint } from './maint.js';
import { readMeasure, readRoomMeasure } from './measure.js';
import type { ReplyName } from './reply-head.js';
import { readOnce, readSession } from './session.js';
import type { Visit } from './visit.js';

export const MAINT = '/cgi-bin/maint';

interface Endpoint {
  readonly label: string;
  /** Reads what there is beyond device and reply, which every visit has, and learns from the reply. */
  readonly read: (visit: Visit) => void;
}

/**
 * What a scale asks of its server, by path. Association is pairing: the scale shows the reply's blind code on
 * status 205. Of the weather request of the WS-50 nothing is public but its path.
 */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['/cgi-bin/once', { label: 'once', read: readOnce }],
  ['/cgi-bin/session', { label: 'session', read: readSession }],
  [MAINT, { label: 'maint', read: learning('maint', readMaint) }],
  ['/cgi-bin/measure', { label: 'measure', read: learning('measure', readMeasure) }],
  ['/cgi-bin/v2/measure', { label: 'v2/measure', read: learning('v2-measure', readRoomMeasure) }],
  ['/cgi-bin/v2/weather', { label: 'v2/weather', read: learning('v2-weather') }],
  ['/cgi-bin/association', { label: 'association', read: learning('association', readAssociation) }],
]);

function learning(
  name: Exclude<ReplyName, 'once' | 'session'>,
  read?: (visit: Visit) => void,
): (visit: Visit) => void {
  return (visit) => {
    read?.(visit);
    learnReply(visit, name);
  };
}

const associationLabels: Readonly<Record<string, string>> = {
  deviceassociationrequest: 'association request',
  deviceassociationenquiry: 'association enquiry',
};

/** Whether an `action` is one that a scale asks of association. */
export function isAssociation(action: string): boolean {
  return Object.hasOwn(associationLabels, action);
}

function readAssociation(visit: Visit): void {
  const action = visit.text('action') ?? '';
  if (isAssociation(action)) visit.label = associationLabels[action] ?? visit.label;
  visit.device = visit.mac('macaddress') ?? visit.device;
}
