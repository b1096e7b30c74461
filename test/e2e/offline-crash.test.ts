import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NoReply } from '../servers/scale-posts.js';
import { House, quick } from './house.js';
import { until } from './scaletap.js';
import { canMount, fill, smallDisk } from './small-disk.js';

/** What was answered with status 0 is there, whatever happens to scaletap or its disk a moment later. */

test('kill -9 as soon as the scale has its answers: the weigh-ins are kept, and delivered by the next run', async () => {
  const { house, scale } = await House.withScale();
  await house.cloud.misbehave('refuse');
  for (let round = 0; round < 5; round++) {
    scale.weigh(76 + round / 10);
    await scale
      .visit({
        // The latest that is answered is the measure.
        before: (endpoint) => (endpoint === 'delete' ? house.restart('SIGKILL') : undefined),
      })
      .catch((error: unknown) => expect(error).toBeInstanceOf(NoReply));
    expect(scale.store).toEqual([]);
    expect(await house.expectKept()).toHaveLength(round + 1);
  }
  await house.cloud.recover();
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  expect(await house.expectKept()).toHaveLength(5);
}, 60_000);

test('kill -9 while the cloud is getting what it is owed: that one comes again, the others once', async () => {
  const { house, scale } = await House.withScale();
  await house.cloud.misbehave('refuse');
  for (const kg of [76, 77, 78]) scale.weigh(kg);
  await scale.visit();
  expect(scale.store).toEqual([]);

  await house.cloud.misbehaveOnlyAt('hang', 'measure');
  const visiting = until('a visit to the cloud', async () => {
    const visit = await scale.visit();
    return house.wasLive(visit) || undefined;
  }).catch((error: unknown) => error);
  await until('the first one owed', () => house.cloud.books.receipts.length > 0 || undefined);
  await house.restart('SIGKILL');
  expect(await visiting).toBeInstanceOf(NoReply);
  expect(house.cloud.books.receipts).toHaveLength(1);

  await house.cloud.recover();
  await until(
    'everything owed',
    async () => {
      await house.liveVisit(scale);
      return house.cloud.books.tally().size === 3 &&
        [...house.cloud.books.tally().values()].every((t) => t.answered > 0)
        ? true
        : undefined;
    },
    120_000,
  );
  expect(house.expectDelivered()).toEqual({ inVain: 1 });
  await house.expectKept();
}, 180_000);

test('kill -9 in the middle of a visit of ours, and the cloud is back: the next run goes on with it', async () => {
  const { house, scale } = await House.withScale();
  await house.cloud.misbehave('refuse');
  scale.weigh(77);
  const visit = await scale.visit({
    reconnectBefore: 'measure',
    before: async (endpoint) => {
      if (endpoint !== 'measure') return;
      await house.cloud.recover();
      await house.restart('SIGKILL');
    },
  });
  expect(visit.exchanges.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
  // The cloud was not asked about a session that it does not know.
  expect(house.cloud.books.count(250)).toBe(0);
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  await house.expectKept();
});

test('SIGTERM in the middle of a visit: the scale has its answer or keeps its weigh-in', async () => {
  const { house, scale } = await House.withScale();
  await house.cloud.misbehave('hang');
  scale.weigh(77);
  const visiting = scale.visit().catch((error: unknown) => expect(error).toBeInstanceOf(NoReply));
  await house.restart('SIGTERM');
  await visiting;
  await until('the weigh-in to be taken', async () => {
    await scale.visit();
    return scale.store.length === 0 || undefined;
  });
  await house.cloud.recover();
  await house.liveVisit(scale);
  house.expectDelivered();
  await house.expectKept();
});

test('a visit right after the start brings what was owed before it', async () => {
  const { house, scale } = await House.withScale();
  await house.cloud.misbehave('refuse');
  scale.weigh(77);
  await scale.visit();
  await house.cloud.recover();
  await house.restart('SIGTERM', quick, 'at once');
  // The store is not open yet.
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
});

describe.skipIf(!canMount())('on a full disk', () => {
  test('a measure is not acknowledged: the scale keeps it, and it is there when there is space again', async () => {
    // The log of the database alone may have 4 MiB.
    const { house, scale } = await House.withScale(quick, join(smallDisk(16), 'data'));
    await house.cloud.misbehave('refuse');
    scale.weigh(76);
    await scale.visit();
    expect(scale.store).toEqual([]);

    const makeSpace = fill(join(house.dataDir, '..'));
    // The last free pages of files that are there take some more.
    await until('a measure that is not taken', async () => {
      scale.weigh(77);
      await scale.visit();
      return scale.store.length > 0 || undefined;
    });
    const waiting = scale.store.length;
    scale.weigh(78);
    const visit = await scale.visit();
    expect(visit.session).not.toBeNull();
    expect(scale.store).toHaveLength(waiting + 1);

    makeSpace();
    await until('the scale to be empty', async () => {
      await scale.visit();
      return scale.store.length === 0 || undefined;
    });
    await house.expectKept();
    await house.cloud.recover();
    await house.liveVisit(scale);
    expect(house.expectDelivered()).toEqual({ inVain: 0 });
  }, 60_000);

  test('a disk that is full from the start: the scale is answered, and keeps its weigh-in until there is space', async () => {
    const disk = smallDisk(16);
    const makeSpace = fill(disk);
    const house = await House.open(quick, join(disk, 'data'));
    const scale = house.scale();
    await house.cloud.misbehave('refuse');
    scale.weigh(77);
    const visit = await scale.visit({
      before: (endpoint) => (endpoint === 'delete' ? makeSpace() : undefined),
    });
    expect(visit.exchanges.map(({ endpoint }) => endpoint)).toEqual(['once', 'session', 'measure', 'delete']);
    expect(scale.store).toHaveLength(1);
    await house.program.says(/keeping exchanges and readings/);
    await scale.visit();
    expect(scale.store).toEqual([]);
    await house.expectKept();
    await house.cloud.recover();
    await house.liveVisit(scale);
    expect(house.expectDelivered()).toEqual({ inVain: 0 });
  }, 60_000);
});
