import { expect, test } from 'vitest';
import type { Manner } from '../servers/withings-cloud.js';
import { manners } from '../servers/withings-cloud.js';
import { House } from './house.js';

/**
 * In mode auto the cloud fails in every way there is, at every step of a visit. The contract: the scale gets replies
 * that it accepts, what it forgets is a reading once, and when the cloud is back it has every weigh-in once. Twice it
 * may have got one only if it had got the first without answering.
 */

const steps = ['before the visit', 'session', 'maint', 'measure', 'delete'] as const;

/** Ways in which nothing that the scale can use comes back: scaletap answers in the place of the cloud. */
const failures = [
  ...['refuse', 'blackhole', 'reset-on-accept', 'reset-after-request', 'reset-in-answer', 'hang', 'drip'],
  ...['half-head', 'portal', 'redirect', 'unavailable', 'truncated', 'wrong-types'],
] as const satisfies readonly Manner[] as readonly Manner[];

async function failAt(manner: Manner, step: (typeof steps)[number]): Promise<void> {
  const house = await House.open();
  const { cloud } = house;
  const scale = house.scale();
  await house.firstVisit(scale);
  scale.weigh(76.5);
  await house.liveVisit(scale);

  scale.weigh(77);
  scale.weigh(61.5);
  // Only the cloud asks for maint here.
  cloud.add(scale.identity.mac, {
    ...cloud.books.devices.get(scale.identity.mac),
    asksMaint: step === 'maint',
  });
  await cloud.misbehave(manner, step === 'before the visit' ? undefined : step);
  const visit = await scale.visit();
  expect(visit.exchanges.map(({ endpoint, status }) => `${endpoint} ${status}`)).toEqual([
    ...['once 0', 'session 0', ...(step === 'maint' ? ['maint 0'] : [])],
    ...['measure 0', 'measure 0', 'delete 0'],
  ]);
  // Ours knows who was weighed last, and what.
  expect(visit.session?.users).toMatchObject([{ sn: 'MIC', wt: 76.5 }]);
  expect(scale.store).toEqual([]);

  // The next visits do not meet the failure any more: the cloud is not asked.
  scale.weigh(77.2);
  expect(house.wasLive(await scale.visit())).toBe(false);
  expect(scale.store).toEqual([]);

  await cloud.recover();
  await house.liveVisit(scale);
  const { inVain } = house.expectDelivered();
  const mayBeInVain = manners[manner].takes && step === 'measure' ? 1 : 0;
  expect(inVain).toBe(mayBeInVain);
  expect(cloud.books.count(250)).toBe(0);
  const weights = await house.expectKept();
  const replayed = weights.filter(({ quality }) => quality.includes('replayed')).map(({ value }) => value);
  expect(replayed).toEqual(step === 'delete' ? [77.2] : [77, 61.5, 77.2]);
}

test.each(failures)(
  'the cloud: %s, at every step of a visit',
  async (manner) => {
    const outcomes = await Promise.allSettled(steps.map((step) => failAt(manner, step)));
    const failed = outcomes.flatMap((outcome, i) =>
      outcome.status === 'rejected'
        ? [`${steps[i]}: ${String(outcome.reason?.stack ?? outcome.reason)}`]
        : [],
    );
    expect(failed.join('\n')).toBe('');
  },
  60_000,
);
