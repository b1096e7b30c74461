import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { Store } from '../../src/store/store.js';
import { Answering } from '../../src/views/answering.js';
import { Household } from '../../src/views/household.js';
import { routes } from '../../src/web/routes.js';
import { capturedStore } from '../views/houses.js';
import { statusWith, storeWith } from './statuses.js';
import type { Answered, Asked } from './webs.js';
import { Behind, GOOD, json, served } from './webs.js';

/*
 * The OpenAPI document is checked against the real answers: a server over the captures is asked for everything that the
 * document names, and each answer must be one that it describes. What stands in the table of routes and is not asked
 * for here fails the last test.
 */

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}

interface Media {
  readonly schema?: { readonly $ref: string };
}

const exercised = new Set<string>();

/** A server over the captures, whose answers are judged by the document that it gives. */
async function house() {
  const behind = new Behind();
  const store = await capturedStore(behind.dataDir);
  // A connection of its own, as the thread of the views has it: what another one changes is noticed.
  const own = new Store(behind.dataDir, () => undefined);
  onTestFinished(() => own.close());
  const answering = new Answering(own, new Household(own.page));
  behind.view = async (request) => answering.reply(request);
  behind.change = async (change) => store.change(change);
  const site = await served(behind);
  const document = (await site.ask({ path: '/api/openapi.json' })).json() as Described;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'api', components: document.components });

  /** Asks, and checks that status, type and body are as the document has them for this route. */
  async function asked(
    path: string,
    asked: Omit<Asked, 'path'> & { readonly id?: string; query?: string } = {},
  ) {
    const { id = '', query = '', method = 'GET', ...rest } = asked;
    const answer = await site.ask({ ...rest, method, path: path.replace(/\{\w+\}/, id) + query });
    exercised.add(`${method} ${path}`);
    judge(document.paths[path]?.[method.toLowerCase()], answer);
    return answer;
  }

  function judge(operation: Operation | undefined, answer: Answered): void {
    expect(operation).toBeDefined();
    const described = operation?.responses[answer.status];
    expect(described, `${answer.status} ${answer.text}`).toBeDefined();
    const [type, media] = Object.entries(described?.content ?? {})[0] ?? [];
    expect(answer.headers['content-type']?.split(';', 1)[0]).toBe(type);
    if (type === undefined) expect(answer.text).toBe('');
    if (media?.schema === undefined) return;
    const validate = ajv.compile({ $ref: `api${media.schema.$ref}` });
    expect(validate(answer.json()), `${JSON.stringify(validate.errors)} ${answer.text}`).toBe(true);
  }

  return { ...site, behind, document, asked };
}

describe('the document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const { document } = await house();
    exercised.add('GET /api/openapi.json');
    expect(await new Validator().validate({ ...document })).toMatchObject({ valid: true });
  });

  test('names each route of the table, once, and no other', async () => {
    const { document } = await house();
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => ({
        name: `${method.toUpperCase()} ${path}`,
        operationId,
      })),
    );
    expect(operations.map(({ name }) => name)).toEqual(routes.map(({ method, path }) => `${method} ${path}`));
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length);
  });

  test('says what needs no session: only the way to one', async () => {
    const { document } = await house();
    const open = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { security }]) => (security ? [] : [`${method} ${path}`])),
    );
    expect(open).toEqual(['get /api/session', 'post /api/session']);
  });

  test('tells what a body and a query may be', async () => {
    const { document } = await house();
    expect(document.paths['/api/weigh-ins']?.get).toMatchObject({
      parameters: [
        { name: 'person', in: 'query', required: false },
        { name: 'before' },
        { name: 'limit', schema: { type: 'integer', minimum: 1, maximum: 500 } },
      ],
    });
    expect(document.paths['/api/people']?.post).toMatchObject({
      requestBody: {
        content: { 'application/json': { schema: { $ref: '#/components/schemas/addPersonBody' } } },
      },
    });
    expect(document.components).toMatchObject({
      schemas: { addPersonBody: { required: ['name'], additionalProperties: false } },
    });
  });
});

const sink = { name: 'influx', state: 'waiting', deliveredCount: 1, backlog: null } as const;

describe('what is answered is what is described:', () => {
  test('session and password', async () => {
    const { asked } = await house();
    await asked('/api/session');
    const signIn = (password: unknown) => asked('/api/session', { method: 'POST', body: { password } });
    expect((await signIn(GOOD)).status).toBe(409);
    const first = { method: 'PUT', body: { password: GOOD } };
    expect((await asked('/api/password', { ...first, headers: { Host: '10.0.0.1' } })).status).toBe(403);
    const { status, cookie = '' } = await asked('/api/password', first);
    expect(status).toBe(204);
    expect((await signIn(GOOD)).status).toBe(204);
    expect((await signIn('wrong one')).status).toBe(401);
    expect((await signIn(5)).status).toBe(400);
    expect((await asked('/api/password', first)).status).toBe(401);
    expect((await asked('/api/password', { ...first, cookie })).status).toBe(403);
    for (let i = 0; i < 4; i++) await signIn(`guess ${i}`);
    expect((await signIn(GOOD)).status).toBe(429);
    expect((await asked('/api/session', { method: 'DELETE', cookie })).status).toBe(204);
    expect((await asked('/api/session', { method: 'DELETE', cookie })).status).toBe(401);
  });

  test('status, mode and events', async () => {
    const { asked, behind, open } = await house();
    behind.status = async () =>
      statusWith({
        phones: [{ address: '::', port: 8888 }],
        breakers: new Map([['cloud.example', true]]),
        store: storeWith({
          sinks: [sink, { ...sink, cause: 'unreachable', message: 'no way', nextTryMs: 5 }],
        }),
      });
    expect((await asked('/api/status')).status).toBe(200);
    behind.status = async () => statusWith({ store: 'silent' });
    expect((await asked('/api/status')).json()).toMatchObject({ sinks: null });
    expect((await asked('/api/mode', { method: 'PUT', body: { mode: 'live' } })).json()).toEqual({
      mode: 'live',
    });
    expect((await asked('/api/mode', { method: 'PUT', body: { mode: 'off' } })).status).toBe(400);
    expect(
      (await asked('/api/mode', { method: 'PUT', body: 'x', headers: { 'Content-Type': 'a/b' } })).status,
    ).toBe(415);
    expect((await asked('/api/mode', { method: 'PUT', body: ' '.repeat(70_000) })).status).toBe(413);
    const events = await open({ path: '/api/events' });
    expect([events.statusCode, events.headers['content-type']]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    events.destroy();
    exercised.add('GET /api/events');
  });

  test('people', async () => {
    const { asked } = await house();
    const { people } = (await asked('/api/people')).json() as { people: { key: string }[] };
    expect(people.length).toBeGreaterThan(1);
    const added = await asked('/api/people', {
      method: 'POST',
      body: { name: `O'Neill "<script>" \u{1f600}`, heightM: 1.7, birthDate: '1992-02-29', sex: 'female' },
    });
    expect(added.status).toBe(201);
    const { key } = added.json() as { key: string };
    expect(added.headers.location).toBe(`/api/people/${key}`);
    expect((await asked('/api/people', { method: 'POST', body: { name: added.json() } })).status).toBe(400);
    expect(
      (await asked('/api/people', { method: 'POST', body: { name: `O'Neill "<script>" \u{1f600}` } })).status,
    ).toBe(409);
    expect((await asked('/api/people/{key}', { id: key })).status).toBe(200);
    expect((await asked('/api/people/{key}', { id: 'nobody-here' })).status).toBe(404);
    const edit = (id: string, body: object) => asked('/api/people/{key}', { method: 'PATCH', id, body });
    expect((await edit(key, { colour: '#00ff00' })).json()).toMatchObject({
      colour: '#00ff00',
      heightM: 1.7,
    });
    expect((await edit(key, { colour: 'green' })).status).toBe(400);
    expect((await edit('nobody-here', { name: 'x' })).status).toBe(404);
    const into = people[0]?.key ?? '';
    const merge = (id: string) => asked('/api/people/{key}/merge', { method: 'POST', id, body: { into } });
    const second = await asked('/api/people', { method: 'POST', body: { name: 'Second' } });
    expect((await merge((second.json() as { key: string }).key)).status).toBe(204);
    expect((await merge('nobody-here')).status).toBe(404);
    const remove = (id: string) => asked('/api/people/{key}', { method: 'DELETE', id });
    expect((await remove(key)).status).toBe(204);
    expect((await remove(key)).status).toBe(404);
    expect((await remove(into)).status).toBe(409);
  });

  test('weigh-ins, kinds and series', async () => {
    const { asked } = await house();
    const { weighIns, next } = (await asked('/api/weigh-ins', { query: '?limit=1' })).json() as {
      weighIns: { id: string; person: string | null }[];
      next: string;
    };
    const [{ id } = { id: '' }] = weighIns;
    expect((await asked('/api/weigh-ins', { query: `?before=${encodeURIComponent(next)}` })).status).toBe(
      200,
    );
    expect((await asked('/api/weigh-ins', { query: '?limit=0' })).status).toBe(400);
    expect((await asked('/api/weigh-ins', { query: '?before=nonsense' })).status).toBe(400);
    expect((await asked('/api/weigh-ins', { query: '?person=nobody' })).status).toBe(200);
    expect((await asked('/api/weigh-ins/{id}', { id })).status).toBe(200);
    expect((await asked('/api/weigh-ins/{id}', { id: 'nonsense' })).status).toBeGreaterThanOrEqual(400);
    const edit = (of: string, body: object) =>
      asked('/api/weigh-ins/{id}', { method: 'PATCH', id: of, body });
    expect((await edit(id, { person: null, counts: false })).json()).toMatchObject({
      id,
      person: null,
      counts: false,
      ownedBy: 'hand',
    });
    const { people } = (await asked('/api/people')).json() as { people: { key: string }[] };
    const person = people[0]?.key ?? '';
    expect((await edit(id, { person, counts: true })).json()).toMatchObject({ person, counts: true });
    expect((await edit(id, { person: 'nobody-here' })).status).toBeGreaterThanOrEqual(404);
    expect((await edit('nonsense', { counts: true })).status).toBe(404);
    expect((await edit(id, { counts: 'yes' })).status).toBe(400);
    expect((await asked('/api/kinds', { query: `?person=${person}` })).status).toBe(200);
    expect((await asked('/api/kinds')).status).toBe(400);
    expect(
      (await asked('/api/series', { query: `?person=${person}&kinds=weight,fat_ratio` })).json(),
    ).toMatchObject({
      series: [{ kind: 'weight' }, { kind: 'fat_ratio' }],
    });
    expect((await asked('/api/series', { query: `?person=${person}` })).status).toBe(400);
  });

  test('devices and exchanges', async () => {
    const { asked } = await house();
    const { devices } = (await asked('/api/devices')).json() as { devices: unknown[] };
    expect(devices.length).toBeGreaterThan(1);
    const { exchanges, next } = (await asked('/api/exchanges', { query: '?limit=20' })).json() as {
      exchanges: { id: number }[];
      next: string;
    };
    expect(exchanges).toHaveLength(20);
    expect((await asked('/api/exchanges', { query: `?before=${encodeURIComponent(next)}` })).status).toBe(
      200,
    );
    for (const { id } of exchanges) {
      expect((await asked('/api/exchanges/{id}', { id: String(id) })).status).toBe(200);
    }
    for (const id of ['0', '999999', '1e3', 'x', '-1', '99999999999999999999']) {
      expect((await asked('/api/exchanges/{id}', { id })).status).toBe(404);
    }
  });

  test('a store that does not answer', async () => {
    const { asked, behind } = await house();
    behind.view = async () => json(503, { message: 'the database is not there yet' });
    behind.change = async () => undefined;
    expect((await asked('/api/people')).status).toBe(503);
    expect((await asked('/api/people', { method: 'POST', body: { name: 'Ana' } })).status).toBe(503);
  });
});

afterAll(() => {
  const missing = routes
    .map(({ method, path }) => `${method} ${path}`)
    .filter((each) => !exercised.has(each));
  expect(missing, 'routes that nothing here has asked for').toEqual([]);
});
