import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Reading } from '../../../src/model/reading.js';
import { reading } from '../../../src/model/reading.js';
import { DeliveryLoop, type DeliveryStatus } from '../../../src/sinks/delivery.js';
import { influxSink } from '../../../src/sinks/influx/index.js';
import { haveInfluxdb, type Influxd, startInfluxd } from '../../servers/influxdb.js';
import { MemoryPlace, weights } from '../memory-place.js';

// The loop and the sink together against a real server that goes away and comes back. The place is in memory
// here; the store's own tests and the end-to-end tests have the durable one.

describe.skipIf(!haveInfluxdb)('the delivery to a real InfluxDB', () => {
  let influxd: Influxd;
  let loop: DeliveryLoop | undefined;
  const changes: DeliveryStatus[] = [];

  beforeAll(async () => {
    influxd = await startInfluxd();
  });
  afterEach(async () => {
    await loop?.close();
    changes.length = 0;
  });
  afterAll(() => influxd.remove());

  function start(database: string, place: MemoryPlace): DeliveryLoop {
    const sink = influxSink(`${influxd.url}/${database}`);
    if ('reason' in sink) throw new Error(sink.message);
    loop = new DeliveryLoop(sink, place, { random: () => 0.1, onChange: (status) => changes.push(status) });
    loop.wake();
    return loop;
  }

  async function allDelivered(delivery: DeliveryLoop): Promise<void> {
    await vi.waitFor(() => expect(delivery.status()).toMatchObject({ state: 'idle', backlog: 0 }), {
      timeout: 15_000,
      interval: 20,
    });
  }

  async function written(database: string): Promise<[time: number, weight: number][]> {
    const [series] = await influxd.query('SELECT "weight_kg" FROM "scaletap"', database);
    return (series?.values ?? []).map(([time, weight]) => [Number(time), Number(weight)]);
  }
  const asWritten = (batch: readonly Reading[]) => batch.map(({ timeMs, value }) => [timeMs, value]);

  test('all points are there afterwards exactly once, after a stop and after a kill -9', async () => {
    const all = weights(3_000);
    const place = new MemoryPlace();
    const delivery = start('outage', place);
    // Readings come the whole time, a few at a time.
    let committed = 0;
    const commit = async (until: number) => {
      while (committed < until) {
        place.add(all.slice(committed, committed + 20));
        committed += 20;
        delivery.wake();
        await sleep(2);
      }
    };
    const down = () =>
      vi.waitFor(() => expect(delivery.status()).toMatchObject({ state: 'waiting', cause: 'unreachable' }));
    await commit(1_000);
    await influxd.stop();
    await commit(1_500);
    await down();
    await influxd.restart();
    await commit(2_000);
    await allDelivered(delivery);

    const flood = commit(2_500);
    await sleep(10);
    await influxd.kill();
    await flood;
    await down();
    await influxd.restart();
    await commit(3_000);
    await allDelivered(delivery);

    expect(await written('outage')).toEqual(asWritten(all));
    expect(delivery.status().deliveredCount).toBe(3_000);
    expect(place.refused.size).toBe(0);
    // A server that is being stopped may say so before it is gone.
    const causes = changes.map(({ cause }) => cause).filter((cause) => cause !== 'server-error');
    expect(causes).toEqual(['unreachable', undefined, 'unreachable', undefined]);
  });

  test('one bad reading among 500 does not block the rest', async () => {
    await influxd.query('CREATE DATABASE "mixed"');
    const all = weights(500);
    const victim = all[333];
    if (victim === undefined) throw new Error('500 weights');
    await influxd.write(`scaletap fat_ratio_pct="text" ${victim.timeMs}`, 'mixed');
    // Of the same weigh-in as a good weight, so that both are one point.
    const bad = reading({ ...victim, kind: 'fat_ratio', value: 20 });
    const place = new MemoryPlace(all.toSpliced(334, 0, bad));
    await allDelivered(start('mixed', place));

    expect([...place.refused.values()]).toEqual([
      { reading: bad, message: expect.stringContaining('field type conflict') },
    ]);
    expect(await written('mixed')).toEqual(asWritten(all));
    expect(changes).toEqual([]);
  });

  test('a run that was killed in the middle is continued by the next', async () => {
    const all = weights(2_000);
    const place = new MemoryPlace(all);
    const first = start('continued', place);
    await vi.waitFor(() => expect(place.place).toBeGreaterThan(0), { interval: 1 });
    await first.close();
    expect(place.backlog()).toBeGreaterThan(0);
    await allDelivered(start('continued', place));
    expect(await written('continued')).toEqual(asWritten(all));
  });
});
