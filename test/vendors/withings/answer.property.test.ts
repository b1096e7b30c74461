import fc from 'fast-check';
import { expect, test } from 'vitest';
import { content, header, isChunked, parseHead } from '../../../src/model/message.js';
import type { Person } from '../../../src/model/person.js';
import type { Answer } from '../../../src/vendors/vendor.js';
import { parseOnce, parseReply, parseSession } from '../../servers/ws30-parser.js';
import { House, mac } from './answering.js';
import { message, post, requestHead, text } from './exchanges.js';

/** Whatever is learnt, set, told or asked: an answer that the scale can use, and no exception. */

const paths = ['once', 'session', 'maint', 'measure', 'v2/measure', 'v2/weather', 'association'];
const forms = [
  'action=get',
  `action=new&auth=${mac}&hash=0&batterylvl=5`,
  'action=delete&sessionid=s1',
  `action=store&sessionid=s1&macaddress=${mac}&meastime=1399999980&measures=[{"value":80,"type":1,"unit":0}]`,
  `action=deviceassociationrequest&macaddress=${mac}`,
];

const number = fc.oneof(
  fc.integer({ min: -5, max: 2 ** 33 }),
  fc.double(),
  fc.constantFrom(0, 1363702686, 77.11, 1.7, 20.8, 2 ** 32 - 1),
);
const anything = fc.oneof(
  { weight: 4, arbitrary: number },
  fc.string({ maxLength: 40, unit: 'binary' }),
  fc.jsonValue({ maxDepth: 3 }),
);
const user = fc
  .dictionary(
    fc.constantFrom(
      'id',
      'sn',
      'wt',
      're',
      'ri',
      'ht',
      'agt',
      'sx',
      'fm',
      'cr',
      'att',
      'fn',
      'cs',
      'blc',
      '__proto__',
    ),
    anything,
  )
  .chain((members) => fc.integer({ min: 0, max: 2 ** 32 }).map((id) => ({ id, ...members })));
const users = fc.array(fc.oneof({ weight: 9, arbitrary: user }, anything), { maxLength: 40 });

const settings = fc.dictionary(
  fc.constantFrom('lg', 'imt', 'stp', 'f', 'g', 'tmp', 'w', 'ws', 'sha1'),
  anything,
);
const amount = fc.double({ min: 0, max: 300, noNaN: true });
const whole = fc.nat(2 ** 31);
const learntUser = fc.record({
  id: whole,
  sn: fc.string({ maxLength: 3 }),
  wt: amount,
  re: whole,
  ht: amount,
  agt: amount,
  sx: fc.nat(1),
  fm: fc.nat(5),
  cr: whole,
  att: fc.nat(5),
  cs: fc.string({ maxLength: 31 }),
});

/** What the cloud of a WS-30 may have said: nothing that widens a limit, and else of any type. */
const session = fc
  .record({
    users: fc.array(learntUser, { maxLength: 15 }),
    ind: fc.oneof(settings, anything),
    syp: anything,
    ctp: anything,
  })
  .map(({ users: table, ...rest }) => JSON.stringify({ status: 0, body: { sp: { users: table }, ...rest } }))
  .filter((text) => Buffer.byteLength(text) <= 1_799);

const anyText = fc.oneof(fc.string({ maxLength: 60 }), fc.json());
const values = fc.record(
  {
    session: fc.oneof(session, anyText),
    users: fc.oneof(
      users.map((list) => JSON.stringify(list)),
      anyText,
    ),
    gravity: fc.oneof(fc.constant('97918'), anyText),
    language: anyText,
    units: fc.oneof(
      settings.map((units) => JSON.stringify(units)),
      anyText,
    ),
    'learn-secret': anyText,
    secret: anyText,
    'reply.session': anyText,
    'reply.measure': fc
      .tuple(fc.array(fc.string(), { maxLength: 3 }), fc.jsonValue())
      .map(([head, body]) =>
        JSON.stringify({ head: ['HTTP/1.1 200 OK', ...head], body: { status: 0, body } }),
      ),
    'reply.once': fc.oneof(fc.constant('{"head":["HTTP/1.1 200 OK"]}'), anyText),
  },
  { requiredKeys: [] },
);

const person: fc.Arbitrary<Person> = fc.record({
  name: fc.string(),
  shortName: fc.string({ minLength: 1, maxLength: 3 }),
  heightM: fc.option(fc.double({ min: 0.5, max: 2.5, noNaN: true })),
  birthDate: fc.option(fc.constantFrom('1992-08-14', '2999-01-01', '0001-01-01')),
  sex: fc.option(fc.constantFrom('female', 'male')),
  athlete: fc.boolean(),
  weightKg: fc.option(fc.double({ min: 2, max: 300, noNaN: true })),
  ids: fc.option(fc.nat(2 ** 32 - 1)).map((id) => (id === null ? {} : { withings: String(id) })),
});

const told = fc.record({
  nowMs: fc.oneof(fc.integer({ min: -1e13, max: 1e13 }), fc.constantFrom(Number.NaN, 8.64e15, 1e300)),
  clockIsRight: fc.boolean(),
  people: fc.array(person, { maxLength: 20 }),
  gravityMs2: fc.option(fc.double(), { nil: null }),
  language: fc.option(fc.string({ maxLength: 9 }), { nil: null }),
  requireAuth: fc.boolean(),
  canKeep: fc.boolean(),
  random: fc.uint8Array({ minLength: 16, maxLength: 20 }),
});

const newest = fc.option(fc.record({ value: fc.double(), timeMs: fc.oneof(fc.double(), fc.nat(2e12)) }), {
  nil: undefined,
});

const houses = fc.record({ values, told, newest }).map((made) => {
  const house = new House();
  for (const [name, value] of Object.entries(made.values)) if (value !== undefined) house.set(name, value);
  house.told = { ...made.told, newest: () => made.newest };
  return house;
});

/** The content, by a head whose framing is right. */
function payloadOf({ response }: Answer): Buffer {
  const { start, headers } = parseHead(response.head);
  expect(start.slice(0, 2)).toEqual(['HTTP/1.1', '200']);
  expect(text(response.head).endsWith('\r\n\r\n')).toBe(true);
  const payload = Buffer.from(content(response));
  if (isChunked(headers)) {
    expect(text(response.body)).toBe(`${payload.length.toString(16)}\r\n${text(payload)}\r\n0\r\n\r\n`);
  } else expect(header(headers, 'content-length')).toBe(String(payload.length));
  return payload;
}

test('whatever was learnt, set or told, a scale takes the answer', () => {
  fc.assert(
    fc.property(houses, fc.constantFrom(...paths), fc.constantFrom(...forms), (house, path, form) => {
      const answer = house.answer(post(path, form, null));
      expect(answer).not.toBeNull();
      if (answer === null) return;
      const payload = payloadOf(answer);
      const endpoint = path === 'once' || path === 'session' ? path : 'measure';
      const { status } = parseReply(path === 'v2/weather' ? 'session' : endpoint, payload);
      expect(text(payload).startsWith(`{"status":${status}`)).toBe(true);
      expect(answer.acknowledges).toBe(status === 0 && /measure/.test(path));
      if (status !== 0) return;
      if (path === 'once' && form === 'action=get') parseOnce(payload);
      if (path === 'session' && form.startsWith('action=new')) {
        expect(parseSession(payload).orders).toEqual([]);
      }
    }),
    { numRuns: 1_500 },
  );
});

test('whatever a newer model was told, it is told no orders, and no longer a reply', () => {
  const body = fc.record({
    sp: fc.record({ users: fc.oneof(users, anything) }),
    more: fc.jsonValue(),
    ind: settings,
  });
  fc.assert(
    fc.property(body, houses, (learnt, house) => {
      const before = JSON.stringify({ status: 0, body: learnt });
      house.set('session', before);
      house.told = { ...house.told, requireAuth: false };
      const answer = house.answer(post('session', `action=new&auth=${mac}`, null));
      const payload = answer === null ? Buffer.alloc(0) : payloadOf(answer);
      expect(payload.length).toBeLessThanOrEqual(Math.max(1_799, Buffer.byteLength(before)));
      expect(text(payload)).toMatch(/^\{"status":0,"body":\{/);
      expect(text(payload)).not.toMatch(/"(?:blc|sha1|ws|kl)":/);
      expect(() => JSON.parse(payload.toString())).not.toThrow();
    }),
  );
});

test('whatever is asked, there is an answer or none', () => {
  const raw = fc.uint8Array({ maxLength: 200 });
  const heads = fc.oneof(
    raw,
    fc.constantFrom(...paths).map((path) => Buffer.from(requestHead(`/cgi-bin/${path}`))),
  );
  const bodies = fc.oneof(
    raw,
    fc.tuple(fc.constantFrom(...forms), raw).map(([form, more]) => Buffer.concat([Buffer.from(form), more])),
  );
  fc.assert(
    fc.property(
      houses,
      heads,
      bodies,
      fc.nat(400),
      fc.boolean(),
      (house, head, body, bodyBytes, complete) => {
        const request = { head, body, bodyBytes, complete };
        const answer = house.answer({ ...post('', '', null), request });
        if (answer !== null) payloadOf(answer);
      },
    ),
  );
});

test('values made to be deep or long', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const objects = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
  const long = `[${Array.from({ length: 20_000 }, (_, i) => `{"id":${i + 1},"wt":70,"x":${deep.slice(0, 40)}}`).join(',')}]`;
  const ask = (values: Record<string, string>) => {
    const house = new House({ gravity: '97918', ...values });
    for (const path of ['session', 'measure']) {
      for (const form of forms)
        payloadOf(house.answer(post(path, form, null)) ?? { response: message('', ''), acknowledges: false });
    }
    return house.session();
  };
  for (const odd of [deep, objects, long, long.replaceAll(deep.slice(0, 40), '"y"')]) {
    ask({ users: odd, 'reply.measure': `{"head":${odd},"body":${odd}}`, units: odd });
    ask({ session: `{"status":0,"body":{"sp":{"users":${odd}},"ind":${odd},"more":${odd}}}` });
    ask({ 'reply.measure': `{"head":["HTTP/1.1 200 OK"],"body":{"status":0,"body":${odd}}}` });
  }
  expect(ask({ users: long })).not.toHaveProperty('sp');
});
