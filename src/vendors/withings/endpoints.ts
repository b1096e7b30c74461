import { readMaint } from './maint.js';
import { readMeasure, readRoomMeasure } from './measure.js';
import { readOnce, readSession } from './session.js';
import type { Visit } from './visit.js';

export const MAINT = '/cgi-bin/maint';

interface Endpoint {
  readonly label: string;
  /** What there is to read beyond device and reply, which every visit has. */
  readonly read?: (visit: Visit) => void;
}

/**
 * What a scale asks of its server, by path. Association is pairing: the scale shows the reply's blind code on
 * status 205. Of the weather request of the WS-50 nothing is public but its path.
 */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['/cgi-bin/once', { label: 'once', read: readOnce }],
  ['/cgi-bin/session', { label: 'session', read: readSession }],
  [MAINT, { label: 'maint', read: readMaint }],
  ['/cgi-bin/measure', { label: 'measure', read: readMeasure }],
  ['/cgi-bin/v2/measure', { label: 'v2/measure', read: readRoomMeasure }],
  ['/cgi-bin/v2/weather', { label: 'v2/weather' }],
  ['/cgi-bin/association', { label: 'association', read: readAssociation }],
]);

const associationLabels: Readonly<Record<string, string>> = {
  deviceassociationrequest: 'association request',
  deviceassociationenquiry: 'association enquiry',
};

function readAssociation(visit: Visit): void {
  const action = visit.text('action') ?? '';
  if (Object.hasOwn(associationLabels, action)) visit.label = associationLabels[action] ?? visit.label;
  visit.device = visit.mac('macaddress') ?? visit.device;
}
