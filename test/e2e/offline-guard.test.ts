import { expect, test } from 'vitest';
import { REFUSED_STATUS } from '../servers/withings-cloud.js';
import { House, quick } from './house.js';
import { output, until } from './scaletap.js';

/** What must not get through to the scale, and who must not be believed. */

const orders = /"(blc|sha1|ws|kl)":"[^"]*",/g;

test.each(['auto', 'live'])(
  'mode %s: orders are taken out of a session reply, and nothing else',
  async (mode) => {
    const house = await House.open([...quick, '--mode', mode]);
    const scale = house.scale();
    scale.weigh(77, [1744475]);
    await house.cloud.misbehave('firmware');
    const { session, exchanges } = await scale.visit();
    expect(session?.orders).toEqual([]);
    expect(exchanges.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0]);

    const sent = house.cloud.replies.get('session') ?? Buffer.alloc(0);
    const at = sent.indexOf('\r\n\r\n') + 4;
    const [, json = ''] = /^[0-9a-f]+\r\n(.*)\r\n0\r\n\r\n$/.exec(sent.toString('utf8', at)) ?? [];
    expect(json.match(orders)).toHaveLength(4);
    const got = exchanges.find(({ endpoint }) => endpoint === 'session')?.reply;
    expect(got?.head).toBe(sent.toString('latin1', 0, at));
    expect(got?.payload.toString()).toBe(json.replace(orders, ''));

    // Replies that need no change crossed as they were.
    for (const { endpoint, reply } of exchanges.filter(({ endpoint }) => endpoint !== 'session')) {
      expect(reply.raw).toEqual(house.cloud.replies.get(endpoint));
    }
    const list = await until('the listing', async () => {
      const text = await output('exchanges', 'list', '--data-dir', house.dataDir);
      return text.includes('session delete') ? text : undefined;
    });
    expect(list).toMatch(/session new.*(firmware|guard|order)/);
    expect(house.program.stderr).toContain('wbs03_211.bin');
    expect(house.program.stderr).not.toContain('fedcba9876543210');
  },
);

test('--allow-firmware: the reply crosses as it is', async () => {
  const house = await House.open([...quick, '--allow-firmware']);
  const scale = house.scale();
  await house.cloud.misbehave('firmware');
  const { session, exchanges } = await scale.visit();
  expect(session?.orders).toEqual(['blc', 'sha1', 'ws', 'kl']);
  for (const { endpoint, reply } of exchanges) expect(reply.raw).toEqual(house.cloud.replies.get(endpoint));
});

test('orders that were learnt are not given by us either', async () => {
  const house = await House.open([...quick, '--allow-firmware']);
  const scale = house.scale();
  await house.cloud.misbehave('firmware');
  await house.firstVisit(scale);
  await house.cloud.misbehave('refuse');
  const { session } = await scale.visit();
  expect(session?.orders).toEqual([]);
  expect(session?.users).toMatchObject([{ sn: 'MIC' }]);
});

test('a session for another scale: its measures are not taken by the cloud, kept by the scale, and come later', async () => {
  const { house, scale } = await House.withScale();
  scale.weigh(77);
  await house.cloud.misbehave('wrong-session');
  const wrong = await scale.visit();
  expect(wrong.exchanges.map(({ status }) => status)).toEqual([0, 0, 250, 0]);
  expect(scale.store).toHaveLength(1);
  await house.cloud.misbehave('refuse');
  // It was learnt, for nothing in it tells whose it is. What is made of it is good enough for the scale all the same.
  expect((await scale.visit()).exchanges.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
  expect(scale.store).toEqual([]);
  await house.cloud.recover();
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  await house.expectKept();
});

test('a cloud that refuses sessions is heard, unless that counts as a failure', async () => {
  const { house, scale } = await House.withScale();
  await house.cloud.misbehaveOnlyAt('status', 'session');
  scale.weigh(77);
  expect((await scale.visit()).exchanges.map(({ status }) => status)).toEqual([0, REFUSED_STATUS]);
  expect(scale.store).toHaveLength(1);

  const failOn = 'lookup,connect,lost,timeout,server-error,not-protocol,status';
  await house.restart('SIGTERM', [...quick, '--fail-on', failOn]);
  const visit = await scale.visit();
  expect(visit.exchanges.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
  expect(scale.store).toEqual([]);
  await house.cloud.recover();
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  await house.expectKept();
});

test('--require-auth: only a scale that proves itself is served; without it, its readings are unverified', async () => {
  const house = await House.open([...quick, '--require-auth']);
  const scale = house.scale();
  const unknown = house.scale({ mac: '00:24:e4:00:00:02' });
  await house.firstVisit(scale);
  await house.cloud.misbehave('refuse');

  scale.weigh(77);
  expect((await scale.visit()).exchanges.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
  // Its secret is not known.
  unknown.weigh(60);
  expect((await unknown.visit()).exchanges.map(({ status }) => status)).toEqual([0, 100]);
  expect(unknown.store).toHaveLength(1);
  // One that takes its place does not know the secret.
  const thief = house.scale({ secret: 'fedcba9876543210' });
  thief.weigh(90);
  expect((await thief.visit()).exchanges.map(({ status }) => status)).toEqual([0, 100]);
  expect(thief.store).toHaveLength(1);

  await house.restart('SIGTERM', quick);
  expect((await thief.visit()).exchanges.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
  await unknown.visit();
  const weights = (await house.readings()).filter(({ kind }) => kind === 'weight');
  const told = weights.map(({ device, value, quality }) => [
    device.slice(-2),
    value,
    quality.includes('unverified'),
  ]);
  expect(told).toEqual(
    expect.arrayContaining([
      ['01', 77, false],
      ['01', 90, true],
      ['02', 60, false],
    ]),
  );
});
