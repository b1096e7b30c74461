import { expect, onTestFinished, test } from 'vitest';
import { playCloud } from '../e2e/cloud.js';
import { captures, said } from '../wire/captures.js';
import { Scale } from './scale.js';
import { measureForm, NoReply } from './scale-posts.js';
import type { Manner } from './withings-cloud.js';
import { manners, REFUSED_STATUS, WithingsCloud } from './withings-cloud.js';
import { parseReply, parseSession, ReplyRefused } from './ws30-parser.js';

/** The rig itself: a scale that is exact, and a cloud that is strict and says what it got. */

const mac = '00:24:e4:00:00:01';
const secret = '0123456789abcdef';
const MIC = { id: 1744475, sn: 'MIC', wt: 77.11, ht: 1.727, agt: 20.8, sx: 0, fm: 3, cr: 1363702686, att: 0 };

/** A cloud that knows one scale and one person. */
async function startCloud(): Promise<WithingsCloud> {
  const cloud = await WithingsCloud.start();
  onTestFinished(() => cloud.stop());
  cloud.add(mac, { secret, users: [{ ...MIC }] });
  return cloud;
}

test('a scale says byte for byte what the WS-30 of the captures said', async () => {
  const capture = captures().filter(({ name }) => name === 'ws30-update2.http');
  const cloud = await playCloud(capture);
  const scale = new Scale(cloud.port);
  const { session, exchanges } = await scale.visit();
  expect(cloud.faults).toEqual([]);
  expect(session?.sessionid).toBe('4924-51493147-1813ac3d');
  expect(exchanges.map(({ endpoint }) => endpoint)).toEqual(['once', 'session', 'maint', 'delete']);
});

test('its weigh-ins are posted as those of the captures', () => {
  const said50 = captures().find(({ name }) => name === 'ws50-weigh-in.http');
  const ws50 = { mac: '00:24:e4:00:00:50', secret: '', model: 'WS-50' } as const;
  const weighIn = { time: 1387053012, kg: 84.216, users: [2507298] };
  expect(said50 && said(said50, 'client').toString()).toContain(
    measureForm(ws50, '4079-f5f75535-2f5ea8eb', weighIn),
  );
  const saidOne = captures().find(({ name }) => name === 'wbs01-weigh-in.http');
  const one = { mac: '00:24:e4:ff:fc:01', secret: '', model: 'WS-30' } as const;
  expect(saidOne && said(saidOne, 'client').toString()).toContain(
    measureForm(one, '546-4c818c8e-3b918091', { time: 1283558512, kg: 66.85, users: [101010] }),
  );
});

test('a visit to the cloud: everything crosses once, and the person is recognised', async () => {
  const cloud = await startCloud();
  cloud.add(mac, { secret, users: [{ ...MIC }], asksMaint: true });
  const scale = new Scale(cloud.port);
  const first = await scale.visit();
  expect(first.exchanges.map(({ endpoint, status }) => `${endpoint} ${status}`)).toEqual([
    ...['once 0', 'session 0', 'maint 0', 'delete 0'],
  ]);
  const weighIn = scale.weigh(77.5);
  expect(weighIn?.users).toEqual([MIC.id]);
  expect(scale.weigh(30)?.users).toEqual([]);
  const second = await scale.visit();
  expect(second.exchanges.map(({ endpoint }) => endpoint)).toEqual([
    ...['once', 'session', 'measure', 'measure', 'delete'],
  ]);
  expect(scale.store).toEqual([]);
  expect(scale.users).toMatchObject([{ id: MIC.id, wt: 77.5, cr: weighIn?.time }]);
  expect([...cloud.books.tally().values()]).toEqual([
    { received: 1, answered: 1 },
    { received: 1, answered: 1 },
  ]);
});

test('the cloud takes no other nonce, secret, session or person', async () => {
  const cloud = await startCloud();
  const statuses = async (scale: Scale, options = {}) =>
    (await scale.visit(options)).exchanges.map(({ status }) => status);
  expect(await statuses(new Scale(cloud.port, { secret: 'another secret..' }))).toEqual([0, 100]);
  expect(await statuses(new Scale(cloud.port), { reconnectBefore: 'session' })).toEqual([0, 0, 0]);
  const scale = new Scale(cloud.port);
  scale.weigh(77, [MIC.id]);
  expect(await statuses(scale, { sessionOfMeasures: '1-2-3' })).toEqual([0, 0, 250, 0]);
  scale.store.length = 0;
  scale.weigh(77, [99]);
  expect(await statuses(scale)).toEqual([0, 0, 247, 0]);
  expect(scale.store).toHaveLength(1);
  expect(cloud.books.receipts).toEqual([]);
});

/** What a scale without a relay before it makes of the manners. */
const expected: Readonly<Record<Manner, string>> = {
  refuse: 'NoReply',
  blackhole: 'NoReply',
  'reset-on-accept': 'NoReply',
  'reset-after-request': 'NoReply',
  'reset-in-answer': 'NoReply',
  hang: 'NoReply',
  slow: '0',
  drip: 'NoReply',
  'half-head': 'NoReply',
  portal: 'ReplyRefused',
  redirect: 'ReplyRefused',
  unavailable: 'ReplyRefused',
  status: `${REFUSED_STATUS}`,
  'wrong-session': '0',
  firmware: '0',
  truncated: 'ReplyRefused',
  'wrong-types': 'ReplyRefused',
};

test.each(Object.entries(expected))('a cloud that does %s at the measure', async (manner, outcome) => {
  const cloud = await startCloud();
  const scale = new Scale(cloud.port, { patienceMs: 1_000 });
  scale.weigh(77, [MIC.id]);
  await cloud.misbehave(manner as Manner, 'measure');
  const met = await scale.visit().then(
    ({ exchanges }) => String(exchanges.find(({ endpoint }) => endpoint === 'measure')?.status),
    (error: Error) => error.name,
  );
  expect(met).toBe(outcome);
  const takes = manners[manner as Manner].takes ? 1 : 0;
  const through = outcome === '0' ? 1 : 0;
  const [tally = { received: 0, answered: 0 }] = cloud.books.tally().values();
  expect(tally).toEqual({ received: takes, answered: through });
  expect(scale.store).toHaveLength(1 - through);
  await cloud.recover();
  await scale.visit();
  expect(scale.store).toEqual([]);
  const [after] = cloud.books.tally().values();
  expect(after).toEqual({ received: 1 + takes - through, answered: 1 });
});

test('a session of another scale, and one with orders', async () => {
  const cloud = await startCloud();
  const scale = new Scale(cloud.port);
  scale.weigh(77, [MIC.id]);
  await cloud.misbehave('wrong-session');
  const { exchanges } = await scale.visit();
  expect(exchanges.map(({ status }) => status)).toEqual([0, 0, 250, 0]);
  await cloud.misbehave('firmware');
  const { session } = await scale.visit();
  expect(session?.orders).toEqual(['blc', 'sha1', 'ws', 'kl']);
});

const user = '{"id":1,"sn":"ABC","wt":70,"ht":1.7,"agt":30.5,"sx":0,"fm":1,"cr":1,"att":0}';
const session = (more: string): string => `{"status":0,"body":{"sessionid":"1-2-3",${more}}}`;

test.each([
  ['measure', `{"status":0,"x":"${'y'.repeat(220)}"}`, 'more than 220'],
  ['session', session(`"x":"${'y'.repeat(1799)}"`), 'more than 1799'],
  ['session', '{"status":0,"body":{}', 'not JSON'],
  ['session', '{"body":{"sessionid":"1-2-3"},"status":0}', 'after its body'],
  ['session', '{"status":"0","body":{}}', 'no whole number'],
  ['session', '{"status":0.0,"body":{}}', 'no whole number'],
  ['session', `{"status":0,"body":{"sessionid":"${'1'.repeat(32)}"}}`, '1 to 31 characters'],
  ['session', session(`"sp":{"users":[${Array(16).fill(user).join()}]}`), '16 users'],
  ['session', session(`"sp":{"users":[${user.replace('70', '"70"')}]}`), 'wt is no number'],
  ['session', session(`"sp":{"users":[${user.replace('}', ',"x":{}}')}]}`), 'inside a user'],
  ['session', session(`"sp":{"users":[${user.replace('ABC', 'ABCD')}]}`), 'no short name'],
  ['session', session('"ind":{"g":0}'), 'g is 0'],
  ['session', session('"ind":{"g":97918,"stp":0.5}'), 'stp is not whole'],
  ['session', session(`"x":${'['.repeat(20)}${']'.repeat(20)}`), 'more than 20 deep'],
])('the parser of the scale refuses a %s reply: %s', (endpoint, text, why) => {
  const parse = () => {
    parseReply(endpoint, Buffer.from(text));
    if (endpoint === 'session') parseSession(Buffer.from(text));
  };
  expect(parse).toThrow(ReplyRefused);
  expect(parse).toThrow(why);
});

test('the parser of the scale takes 15 users, lists in a user, members that it does not know, and no body', () => {
  const fifteen = session(`"sp":{"users":[${Array(15).fill(user.replace('}', ',"ft":[{}]}')).join()}]}`);
  expect(parseSession(Buffer.from(fifteen)).users).toHaveLength(15);
  expect(parseReply('measure', Buffer.from('{"status":250}'))).toEqual({ status: 250, body: {} });
});

test('a scale gives up when nobody is there', async () => {
  const cloud = await startCloud();
  await cloud.misbehave('refuse');
  await expect(new Scale(cloud.port).visit()).rejects.toThrow(NoReply);
});
