import { expect, test } from 'vitest';
import { House, quick } from './house.js';
import { until } from './scaletap.js';

/** How the cloud gets what it is owed, and what happens on the way. */

/** A house whose scale has delivered so many weigh-ins that the cloud has not got; the cloud is back. */
async function owing(count: number, flags: readonly string[] = quick) {
  const { house, scale } = await House.withScale(flags);
  await house.cloud.misbehave('refuse');
  for (let i = 0; i < count; i++) scale.weigh(77 + i / 10);
  await scale.visit();
  expect(scale.store).toEqual([]);
  await house.cloud.recover();
  await house.program.says(/answers again/);
  return { house, scale };
}

/** Weigh-ins as the cloud got them, by their times. */
const timesIn = ({ cloud }: House) => cloud.books.receipts.map(({ key }) => key.split(' ')[1]);

test('what is owed comes before the end of the live session, in its order, and once', async () => {
  const { house, scale } = await owing(16);
  scale.weigh(60);
  expect(house.wasLive(await scale.visit())).toBe(true);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  const owed = scale.weighed.slice(0, 16).map(({ time }) => String(time));
  expect(timesIn(house).filter((time) => time !== undefined && owed.includes(time))).toEqual(owed);
  // All under sessions that were open, and nothing twice in the visits to come.
  expect(house.cloud.books.count(250)).toBe(0);
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  expect((await house.command('catch-up', 'list')).stdout.match(/ delivered /g)).toHaveLength(16);
});

test('a cloud that fails in the middle of a queue: each weigh-in has gone one way or the other', async () => {
  const { house, scale } = await House.withScale();
  for (let i = 0; i < 12; i++) scale.weigh(77 + i / 10);
  let measures = 0;
  const visit = await scale.visit({
    before: (endpoint) => {
      if (endpoint === 'measure' && ++measures === 6)
        return house.cloud.misbehave('reset-after-request', 'measure');
      return undefined;
    },
  });
  expect(visit.exchanges.filter(({ status }) => status !== 0)).toEqual([]);
  expect(scale.store).toEqual([]);
  expect(house.cloud.books.receipts.map(({ answered }) => answered)).toEqual([...Array(5).fill(true), false]);
  await house.cloud.recover();
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 1 });
  expect(house.cloud.books.receipts).toHaveLength(13);
  await house.expectKept();
});

test('a cloud that hangs over what it is owed does not hold the scale, and gets it later', async () => {
  const { house, scale } = await owing(3, [...quick, '--catch-up-time', '0.5']);
  await house.cloud.misbehaveOnlyAt('hang', 'measure');
  const visit = await house.liveVisit(scale);
  expect(visit.exchanges.map(({ endpoint, status }) => `${endpoint} ${status}`)).toEqual([
    ...['once 0', 'session 0', 'delete 0'],
  ]);
  expect(house.cloud.books.receipts).toHaveLength(1);
  await house.cloud.recover();
  await until('the rest', async () => {
    await house.liveVisit(scale);
    return house.cloud.books.receipts.length >= 4 || undefined;
  });
  expect(house.expectDelivered()).toEqual({ inVain: 1 });
}, 60_000);

test('a scale that sends a measure again, live, which we have answered: the cloud gets it once', async () => {
  const { house, scale } = await owing(1);
  // The answer did not reach it, so it has kept the weigh-in.
  scale.store.push(...scale.weighed);
  await house.liveVisit(scale);
  expect(scale.store).toEqual([]);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  await house.expectKept();
});

test('catch-up send opens a session as the scale, which the cloud believes', async () => {
  const { house, scale } = await owing(4);
  const toCloud = ['--upstream', `scalews.withings.net=127.0.0.1:${house.cloud.port}`];
  const sent = await house.command('catch-up', 'send', ...toCloud);
  expect(sent).toMatchObject({ code: 0 });
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  expect([100, 507, 250].map((status) => house.cloud.books.count(status))).toEqual([0, 0, 0]);
  expect([...house.cloud.books.sessions.values()].map(({ isOpen }) => isOpen)).toEqual([false, false]);
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
});

test('catch-up send and the scale at the same time send nothing twice', async () => {
  const { house, scale } = await owing(10);
  const toCloud = ['--upstream', `scalews.withings.net=127.0.0.1:${house.cloud.port}`];
  await house.cloud.misbehave('slow');
  await Promise.all([house.command('catch-up', 'send', ...toCloud), house.liveVisit(scale)]);
  await house.cloud.recover();
  await until('everything owed', async () => {
    await house.liveVisit(scale);
    return house.cloud.books.tally().size >= 10 || undefined;
  });
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
}, 60_000);

test('catch-up drop: the cloud does not get it, and the reading stays', async () => {
  const { house, scale } = await owing(2);
  expect(await house.command('catch-up', 'drop', '--all')).toMatchObject({ code: 0 });
  await house.program.kill('SIGTERM');
  await house.restart('SIGTERM');
  await house.liveVisit(scale);
  expect(house.cloud.books.receipts).toEqual([]);
  await house.expectKept();
});
