import type { Change, Changed, PersonFacts } from '../model/change.js';
import type { ViewRequest } from '../views/messages.js';
import type { Bodies } from '../views/shapes.js';
import { bodies, queries } from '../views/shapes.js';
import type { Admission } from './access.js';
import { noCookie } from './access.js';
import { apiStatus } from './api-status.js';
import { openApi } from './openapi.js';
import type { Call, Outcome, Route } from './route.js';
import { jsonBytes, plain, problem, withBody, withQuery } from './route.js';

/** Everything that can be asked for below `/api`: requests are led by this table, and the OpenAPI document is made of it. */
export const routes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/session',
    summary: 'Whether a password is needed, and whether it was given',
    isOpen: true,
    gives: { 200: 'session' },
    ...plain(async ({ parts, asker }) => {
      const { needsPassword, allowed, maySetPassword } = await parts.access.standing(asker);
      return json({ needsPassword, signedIn: allowed, maySetPassword });
    }),
  },
  {
    method: 'POST',
    path: '/api/session',
    summary: 'Sign in; the session is a cookie',
    isOpen: true,
    gives: { 204: { says: 'Signed in, by the cookie `scaletap_session`' } },
    refuses: [401, 409, 429],
    ...withBody(bodies.signIn, async ({ parts, asker }, { password }) =>
      admitted(await parts.access.signIn(asker, password)),
    ),
  },
  {
    method: 'DELETE',
    path: '/api/session',
    summary: 'Sign out',
    gives: { 204: { says: 'Signed out' } },
    ...plain(async ({ parts, asker }) => {
      await parts.access.signOut(asker);
      return { status: 204, headers: [['Set-Cookie', noCookie]] };
    }),
  },
  {
    method: 'PUT',
    path: '/api/password',
    summary:
      'Set the password; the first one only on the machine that runs scaletap. It ends all other sessions',
    gives: { 204: { says: 'Set; whoever asked is signed in' } },
    refuses: [429],
    ...withBody(bodies.password, async ({ parts, asker }, { password, current }) =>
      admitted(await parts.access.setPassword(asker, password, current)),
    ),
  },
  {
    method: 'GET',
    path: '/api/status',
    summary: 'How scaletap and its sinks do',
    gives: { 200: 'status' },
    ...plain(async ({ status }) => json(apiStatus(await status()))),
  },
  {
    method: 'PUT',
    path: '/api/mode',
    summary: 'Switch the mode, until it is switched again or scaletap is started again',
    gives: { 200: 'mode' },
    ...withBody(bodies.mode, ({ parts, statusChanged }, { mode }) => {
      parts.standIn.mode = mode;
      statusChanged();
      return json({ mode: parts.standIn.mode });
    }),
  },
  {
    method: 'GET',
    path: '/api/events',
    summary: 'What happens, as server-sent events: exchange, status, readings, people',
    gives: {
      200: {
        says: 'Events without end. The data of `exchange` and `status` is as in the schemas; that of the others is empty',
        type: 'text/event-stream',
      },
    },
    ...plain(() => 'events'),
  },
  {
    method: 'GET',
    path: '/api/openapi.json',
    summary: 'This document',
    gives: { 200: { says: 'OpenAPI 3.1', type: 'application/json' } },
    ...plain(() => {
      described ??= json(openApi(routes));
      return described;
    }),
  },
  {
    method: 'GET',
    path: '/api/people',
    summary: 'The people, each with the newest weigh-in, and how many weigh-ins are nobody’s',
    gives: { 200: 'people' },
    ...plain((call) => view(call, { view: 'people' })),
  },
  {
    method: 'POST',
    path: '/api/people',
    summary: 'Add a person',
    gives: { 201: 'person' },
    refuses: [409],
    ...withBody(bodies.addPerson, async (call, person) =>
      changed(call, { change: 'add-person', person }, async (key) => {
        if (key === null) throw new Error('a person who was added has no key');
        const made = await view(call, { view: 'person', key });
        if (made === 'events' || made.status !== 200) return made;
        return { ...made, status: 201, headers: [['Location', `/api/people/${key}`]] };
      }),
    ),
  },
  {
    method: 'GET',
    path: '/api/people/{key}',
    summary: 'One person',
    gives: { 200: 'person' },
    refuses: [404],
    ...plain((call) => view(call, { view: 'person', key: call.id })),
  },
  {
    method: 'PATCH',
    path: '/api/people/{key}',
    summary: 'Change what is given of a person',
    gives: { 200: 'person' },
    refuses: [404, 409],
    ...withBody(bodies.editPerson, async (call, body) => {
      const change: Change = { change: 'edit-person', key: call.id, person: givenOf(body) };
      return changed(call, change, () => view(call, { view: 'person', key: call.id }));
    }),
  },
  {
    method: 'DELETE',
    path: '/api/people/{key}',
    summary: 'Remove a person who has no weigh-ins',
    gives: { 204: { says: 'Removed' } },
    refuses: [404, 409],
    ...plain((call) => changed(call, { change: 'remove-person', key: call.id }, () => ({ status: 204 }))),
  },
  {
    method: 'POST',
    path: '/api/people/{key}/merge',
    summary: 'Give all weigh-ins and ids of a person to another one, and remove the person',
    gives: { 204: { says: 'Merged' } },
    refuses: [404, 409],
    ...withBody(bodies.mergePerson, async (call, { into }) =>
      changed(call, { change: 'merge-person', key: call.id, into }, () => ({ status: 204 })),
    ),
  },
  {
    method: 'GET',
    path: '/api/kinds',
    summary: 'What a person or a device has readings of',
    gives: { 200: 'kinds' },
    refuses: [404],
    ...withQuery(queries.kinds, (call, query) => view(call, { view: 'kinds', query })),
  },
  {
    method: 'GET',
    path: '/api/series',
    summary:
      'Readings of a person or a device over time, of the kinds that are named, with commas between them',
    gives: { 200: 'series' },
    refuses: [404],
    ...withQuery(queries.series, (call, query) => view(call, { view: 'series', query })),
  },
  {
    method: 'GET',
    path: '/api/weigh-ins',
    summary: 'Weigh-ins, the newest first; of a person by key, or of `nobody`',
    gives: { 200: 'weighIns' },
    refuses: [404],
    ...withQuery(queries.weighIns, (call, query) => view(call, { view: 'weigh-ins', query })),
  },
  {
    method: 'GET',
    path: '/api/weigh-ins/{id}',
    summary: 'One weigh-in',
    gives: { 200: 'weighIn' },
    refuses: [404],
    ...plain((call) => view(call, { view: 'weigh-in', id: call.id })),
  },
  {
    method: 'PATCH',
    path: '/api/weigh-ins/{id}',
    summary:
      'Say for good whose a weigh-in is, null for nobody’s, and whether it counts, or take back what was said',
    gives: { 200: 'weighIn' },
    refuses: [404, 409],
    ...withBody(bodies.weighIn, async (call, { person, counts, reset }) => {
      const change: Change = {
        change: 'weigh-in',
        weighIn: call.id,
        ...(person !== undefined && { owner: person }),
        ...(counts !== undefined && { counts }),
        ...(reset !== undefined && { reset }),
      };
      return changed(call, change, () => view(call, { view: 'weigh-in', id: call.id }));
    }),
  },
  {
    method: 'GET',
    path: '/api/devices',
    summary: 'The devices, each with the newest of what it says of itself and the room',
    gives: { 200: 'devices' },
    ...plain((call) => view(call, { view: 'devices' })),
  },
  {
    method: 'GET',
    path: '/api/exchanges',
    summary: 'Exchanges, the newest first',
    gives: { 200: 'exchanges' },
    ...withQuery(queries.exchanges, (call, query) => view(call, { view: 'exchanges', query })),
  },
  {
    method: 'GET',
    path: '/api/exchanges/{id}',
    summary: 'One exchange with both messages, secrets covered',
    gives: { 200: 'exchangeDetail' },
    refuses: [404],
    ...plain((call) => {
      if (!/^[1-9]\d{0,14}$/.test(call.id)) return problem(404, 'there is no such exchange');
      return view(call, { view: 'exchange', id: Number(call.id) });
    }),
  },
];

/** Made when it is first asked for: it is always the same. */
let described: Outcome | null = null;

function json(value: unknown): Outcome {
  return { status: 200, body: jsonBytes(value) };
}

async function view({ parts }: Call, request: ViewRequest): Promise<Outcome> {
  const views = await parts.views();
  return views.get(request);
}

/** Has something changed, and gives what is to be given then. */
async function changed(
  { parts }: Call,
  change: Change,
  then: (key: string | null) => Promise<Outcome> | Outcome,
): Promise<Outcome> {
  const result: Changed | undefined = await parts.change(change);
  if (result === undefined) {
    return problem(503, 'the database does not answer; whether it was changed will show when it does');
  }
  if (result.done) return then(result.key);
  return problem(result.why === 'unknown' ? 404 : 409, result.message);
}

/** Only what was given: what is left out stays as it is. */
function givenOf(body: Bodies['editPerson']): Partial<PersonFacts> {
  const { name, shortName, colour, ids, heightM, birthDate, sex } = body;
  return {
    ...(name !== undefined && { name }),
    ...(shortName !== undefined && { shortName }),
    ...(colour !== undefined && { colour }),
    ...(ids !== undefined && { ids }),
    ...(heightM !== undefined && { heightM }),
    ...(birthDate !== undefined && { birthDate }),
    ...(sex !== undefined && { sex }),
  };
}

function admitted(admission: Admission): Outcome {
  if ('cookie' in admission) return { status: 204, headers: [['Set-Cookie', admission.cookie]] };
  const { status, message, retryAfterS } = admission;
  return problem(status, message, retryAfterS === undefined ? [] : [['Retry-After', String(retryAfterS)]]);
}
