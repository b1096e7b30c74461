import { expect, test } from 'vitest';
import type { Visit } from '../servers/scale.js';
import { House, person, quick } from './house.js';
import { output, until } from './scaletap.js';

/** What scales do beside the plain visit, while the cloud fails or comes back. */

const statuses = ({ exchanges }: Visit) => exchanges.map(({ status }) => status);

/** Makes visits go on step by step together: each of so many waits until all are there. */
function lockstep(parties: number): () => Promise<void> {
  const waiting: (() => void)[] = [];
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === parties) for (const go of waiting.splice(0)) go();
    });
}

test('two scales whose visits are interleaved keep their own people and weigh-ins', async () => {
  const house = await House.open();
  const a = house.scale({ mac: '00:24:e4:00:00:0a', secret: 'aaaaaaaaaaaaaaaa' }, [person(11, 'AAA', 60)]);
  const b = house.scale({ mac: '00:24:e4:00:00:0b', secret: 'bbbbbbbbbbbbbbbb' }, [person(22, 'BBB', 60)]);
  await house.firstVisit(a);
  await house.firstVisit(b);
  await house.cloud.misbehave('refuse');
  for (let round = 0; round < 3; round++) {
    a.weigh(60 + round / 10);
    b.weigh(61 + round / 10);
    const before = lockstep(2);
    const visits = await Promise.all([a.visit({ before }), b.visit({ before })]);
    for (const visit of visits) expect(statuses(visit)).toEqual([0, 0, 0, 0]);
    expect(visits.map(({ session }) => session?.users?.map(({ sn }) => sn))).toEqual([['AAA'], ['BBB']]);
  }
  await house.cloud.recover();
  const before = lockstep(2);
  await until('live visits', async () => {
    const visits = await Promise.all([a.visit({ before }), b.visit({ before })]);
    return visits.every((visit) => house.wasLive(visit)) || undefined;
  });
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  const weights = await house.expectKept();
  expect(new Set(weights.map(({ device, personName }) => `${device} ${personName}`))).toEqual(
    new Set(['00:24:e4:00:00:0a AAA', '00:24:e4:00:00:0b BBB']),
  );
  expect(house.cloud.books.count(250)).toBe(0);
});

test.each(['session', 'measure', 'delete'] as const)(
  'a visit begun offline goes on so over another connection from its %s on, though the cloud is back',
  async (endpoint) => {
    const { house, scale } = await House.withScale();
    await house.cloud.misbehave('refuse');
    scale.weigh(77);
    const visit = await scale.visit({
      reconnectBefore: endpoint,
      before: async (next) => {
        if (next !== endpoint) return;
        await house.cloud.recover();
        const probes = house.cloud.books.answers.length;
        await until('a probe', () => house.cloud.books.answers.length > probes || undefined);
      },
    });
    expect(statuses(visit)).toEqual([0, 0, 0, 0]);
    expect(house.wasLive(visit)).toBe(false);
    // It was never asked about a session that it does not know.
    expect([250, 507, 100].map((status) => house.cloud.books.count(status))).toEqual([0, 0, 0]);
    await house.liveVisit(scale);
    expect(house.expectDelivered()).toEqual({ inVain: 0 });
    await house.expectKept();
  },
);

test('a session that was opened live goes on offline over another connection', async () => {
  const { house, scale } = await House.withScale();
  scale.weigh(77);
  scale.weigh(60);
  const visit = await scale.visit({
    reconnectBefore: 'measure',
    before: (next) => (next === 'measure' ? house.cloud.misbehave('refuse') : undefined),
  });
  expect(house.wasLive(visit)).toBe(true);
  expect(statuses(visit)).toEqual([0, 0, 0, 0, 0]);
  await house.cloud.recover();
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  await house.expectKept();
});

test('the same measure ten times is one reading, and the cloud gets it once', async () => {
  const { house, scale } = await House.withScale();
  await house.cloud.misbehave('unavailable');
  scale.weigh(77);
  const visit = await scale.visit({ repeat: 10 });
  expect(statuses(visit)).toEqual(Array(13).fill(0));
  await house.cloud.recover();
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  await house.expectKept();
});

test('a measure under a session that nobody knows is kept, and delivered later under one that the cloud knows', async () => {
  const { house, scale } = await House.withScale();
  await house.cloud.misbehave('refuse');
  scale.weigh(77);
  expect(statuses(await scale.visit({ sessionOfMeasures: '1-2-3' }))).toEqual([0, 0, 0, 0]);
  await house.cloud.recover();
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  await house.expectKept();
});

test('a measure of a person whom the cloud does not know is a reading; the refusal of the cloud is kept', async () => {
  const { house, scale } = await House.withScale();
  await house.cloud.misbehave('refuse');
  scale.weigh(77, [99]);
  await scale.visit();
  expect(scale.store).toEqual([]);
  await house.cloud.recover();
  await house.liveVisit(scale);
  expect(house.cloud.books.count(247)).toBe(1);
  const { stdout } = await house.command('catch-up', 'list');
  expect(stdout).toMatch(/refused.*247/);
  // It is not tried again.
  await house.liveVisit(scale);
  expect(house.cloud.books.count(247)).toBe(1);
  const [weight] = await house.expectKept();
  expect(weight).toMatchObject({ value: 77, person: '99' });
});

test('a WS-50: groups, air of the room and weather', async () => {
  const house = await House.open();
  const scale = house.scale({ mac: '00:24:e4:00:00:50', model: 'WS-50' });
  await house.firstVisit(scale);
  scale.weigh(77);
  await house.liveVisit(scale);
  await house.cloud.misbehave('hang', 'v2/measure');
  scale.weigh(78);
  expect((await scale.visit()).exchanges.map(({ endpoint, status }) => `${endpoint} ${status}`)).toEqual([
    ...['once 0', 'session 0', 'measure 0', 'v2/measure 0', 'v2/weather 0', 'delete 0'],
  ]);
  scale.weigh(79);
  await scale.visit();
  await house.cloud.recover();
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  await house.expectKept();
  const tallies = [...house.cloud.books.tally()];
  const room = tallies.filter(([key]) => key.endsWith(' 35')).map(([, { answered }]) => answered);
  expect(room).toEqual([1, 1, 1]);
  const kinds = (await house.readings()).map(({ kind }) => kind);
  for (const kind of ['impedance', 'heart_rate', 'co2', 'room_temperature']) {
    expect(kinds.filter((found) => found === kind)).toHaveLength(3);
  }
});

test('nothing that the scale sees says that it was us; the listings do', async () => {
  const { house, scale } = await House.withScale([...quick, '--log-level', 'debug']);
  scale.weigh(77);
  const live = await house.liveVisit(scale);
  await house.cloud.misbehave('refuse');
  scale.weigh(78);
  const offline = await scale.visit();
  expect(house.wasLive(offline)).toBe(false);

  // Back-ends of the real server differ in their heads. What is in all of ours must be known from one of them.
  const seen = new Set<string>();
  for (const { head } of [...house.cloud.replies.values()].map((bytes) => ({ head: headOf(bytes) }))) {
    for (const name of namesIn(head)) seen.add(name);
  }
  for (const { endpoint, reply } of offline.exchanges) {
    expect(reply.raw.toString()).not.toMatch(/scaletap|replay|proxy|\bvia\b/i);
    for (const name of namesIn(reply.head)) expect(seen).toContain(name);
    expect(/^content-length:/im.test(reply.head)).toBe(endpoint === 'once');
    expect(/^transfer-encoding: chunked\r$/im.test(reply.head)).toBe(endpoint !== 'once');
    const [, date = ''] = /^Date: (.*)\r$/m.exec(reply.head) ?? [];
    expect(Math.abs(Date.parse(date) - Date.now())).toBeLessThan(10_000);
  }
  const ids = [live, offline].map(({ session }) => session?.sessionid.replace(/[0-9a-f]+/g, 'x'));
  expect(ids[0]).toBe(ids[1]);
  expect(Math.abs((offline.session?.utc ?? 0) - Date.now() / 1000)).toBeLessThan(10);

  await house.expectKept();
  const list = await output('exchanges', 'list', '--data-dir', house.dataDir);
  expect(list.match(/replayed/g)).toHaveLength(offline.exchanges.length);
  const weights = (await house.readings()).filter(({ kind }) => kind === 'weight');
  expect(weights.map(({ quality }) => quality)).toEqual([[], ['replayed']]);
});

function headOf(bytes: Buffer): string {
  return bytes.toString('latin1', 0, bytes.indexOf('\r\n\r\n') + 4);
}

function namesIn(head: string): string[] {
  return [...head.matchAll(/^([^:\r\n]+):/gm)].map(([, name = '']) => name);
}
