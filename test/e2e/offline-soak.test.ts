import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Scale } from '../servers/scale.js';
import type { Endpoint } from '../servers/scale-posts.js';
import { NoReply } from '../servers/scale-posts.js';
import type { Receipt } from '../servers/withings-books.js';
import type { Manner } from '../servers/withings-cloud.js';
import { manners } from '../servers/withings-cloud.js';
import { House, person, quick } from './house.js';
import { until } from './scaletap.js';

/**
 * Scales weigh again and again while the cloud changes its manners at random and scaletap is killed with -9 now and
 * then. When all is well again, every weigh-in that a scale has forgotten is a reading once and with the cloud; the
 * cloud has two of one only where nobody could know whether it had got the first.
 *
 * SOAK_SECONDS says how long, SEED makes the same choices again.
 */

const seconds = Number(process.env.SOAK_SECONDS ?? 15);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

/** So long after a cloud's answer nobody knows, when scaletap is killed, whether the answer was heard. */
const UNSURE_MS = 1_000;

/** Numbers below 1 that a seed determines (mulberry32). */
function randomOf(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Chance {
  readonly #random: () => number;

  constructor(from: number) {
    this.#random = randomOf(from);
  }

  between(from: number, to: number): number {
    return from + this.#random() * (to - from);
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.#random() * choices.length)] ?? choices[0];
  }
}

const endpoints = ['once', 'session', 'measure', 'v2/measure', 'delete'] as const satisfies Endpoint[];
const allManners = Object.keys(manners) as [Manner, ...Manner[]];

test(
  `${seconds} s of a cloud that flaps and a scaletap that is killed: SEED=${seed}`,
  async () => {
    process.stderr.write(`soak of ${seconds} s with SEED=${seed}\n`);
    const house = await House.open(quick);
    const scales = [
      house.scale({ mac: '00:24:e4:00:00:01', secret: '1111111111111111' }, [
        person(11, 'ANN', 60),
        person(12, 'BEN', 85),
      ]),
      house.scale({ mac: '00:24:e4:00:00:02', secret: '2222222222222222' }, [person(21, 'CAT', 70)]),
      house.scale({ mac: '00:24:e4:00:00:03', secret: '3333333333333333', model: 'WS-50' }, [
        person(31, 'DAN', 77),
      ]),
    ];
    for (const scale of scales) await house.firstVisit(scale);

    const kills: number[] = [];
    const deadline = performance.now() + seconds * 1000;
    const isOn = () => performance.now() < deadline;
    const seen = { visits: 0, cut: 0, live: 0, manners: 0 };
    const weighing = scales.map(async (scale, i) => {
      const chance = new Chance(seed + 1 + i);
      while (isOn()) {
        for (let more = chance.of([0, 1, 1, 2]); more > 0; more--)
          scale.weigh(Number(chance.between(55, 90).toFixed(2)));
        await visit(house, scale, chance, seen);
        await sleep(chance.between(0, 300));
      }
    });
    const flapping = (async () => {
      const chance = new Chance(seed);
      while (isOn()) {
        await sleep(chance.between(100, 1500));
        const manner = chance.of(allManners);
        seen.manners++;
        const choice = chance.of(['well', 'at once', 'from', 'only'] as const);
        if (choice === 'well') await house.cloud.recover();
        else if (choice === 'at once') await house.cloud.misbehave(manner);
        else if (choice === 'from') await house.cloud.misbehave(manner, chance.of(endpoints));
        else if (manner !== 'blackhole' && manner !== 'refuse') {
          await house.cloud.misbehaveOnlyAt(manner, chance.of(endpoints));
        }
      }
    })();
    const killing = (async () => {
      const chance = new Chance(seed - 1);
      while (isOn()) {
        await sleep(Math.min(chance.between(2_000, 7_000), Math.max(0, deadline - performance.now())));
        kills.push(performance.now());
        await house.restart('SIGKILL');
      }
    })();
    await Promise.all([...weighing, flapping, killing]);

    await house.cloud.recover();
    await until(
      'empty scales and nothing owed',
      async () => {
        for (const scale of scales) await house.liveVisit(scale);
        if (scales.some(({ store }) => store.length > 0)) return undefined;
        const { stdout } = await house.command('catch-up', 'list');
        return !/\bpending\b/.test(stdout) || undefined;
      },
      120_000,
    );

    const { receipts } = house.cloud.books;
    const tallies = house.cloud.books.tally();
    const isUnsure = ({ atMs }: Receipt) => kills.some((at) => at >= atMs && at - atMs < UNSURE_MS);
    const weighed = scales.flatMap((scale) =>
      scale.weighed.map(({ time }) => `${scale.identity.mac} ${time} 1`),
    );
    expect(weighed.filter((key) => (tallies.get(key)?.answered ?? 0) === 0)).toEqual([]);
    const sure = new Map<string, number>();
    for (const receipt of receipts.filter(({ answered }) => answered)) {
      if (!isUnsure(receipt)) sure.set(receipt.key, (sure.get(receipt.key) ?? 0) + 1);
    }
    expect([...sure].filter(([, times]) => times > 1)).toEqual([]);

    const weights = (await house.readings()).filter(({ kind }) => kind === 'weight');
    const kept = weights.map(({ device, time }) => `${device} ${Date.parse(time) / 1000} 1`);
    expect(new Set(kept).size).toBe(kept.length);
    // What the cloud itself has answered is not ours to vouch for until it is in the journal a moment later.
    const unkept = weighed.filter((key) => !kept.includes(key));
    const vouched = unkept.filter(
      (key) => !receipts.some((receipt) => receipt.key === key && isUnsure(receipt)),
    );
    expect(vouched).toEqual([]);

    const doubled = [...tallies.values()].filter(({ received }) => received > 1).length;
    process.stderr.write(
      `soak: ${weighed.length} weigh-ins in ${seen.visits} visits (${seen.live} live, ${seen.cut} cut), ${seen.manners} changes of manner, ` +
        `${kills.length} kills; ${doubled} came to the cloud more than once, ${unkept.length} crossed just before a kill\n`,
    );
    expect(weighed.length).toBeGreaterThan(seconds);
  },
  (seconds + 180) * 1000,
);

/** One visit, which only a scaletap that is killed may cut. */
async function visit(
  house: House,
  scale: Scale,
  chance: Chance,
  seen: { visits: number; cut: number; live: number },
): Promise<void> {
  seen.visits++;
  const reconnectBefore = chance.of([
    undefined,
    undefined,
    undefined,
    'session',
    'measure',
    'delete',
  ] as const);
  try {
    const went = await scale.visit(reconnectBefore === undefined ? {} : { reconnectBefore });
    if (house.wasLive(went)) seen.live++;
  } catch (error) {
    if (!(error instanceof NoReply)) throw error;
    seen.cut++;
    await sleep(50);
  }
}
