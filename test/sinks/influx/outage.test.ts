import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { KeptReading } from '../../../src/model/reading.js';
import { DeliveryLoop, type DeliveryStatus } from '../../../src/sinks/delivery.js';
import { haveInfluxdb, type Influxd, startInfluxd } from '../../servers/influxdb.js';
import { haveVictoriaMetrics, startVictoriaMetrics } from '../../servers/victoria-metrics.js';
import { MemoryPlace } from '../memory-place.js';
import { keptWeights } from '../readings.js';
import { sinkOf } from './sinks.js';

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

  async function start(database: string, place: MemoryPlace): Promise<DeliveryLoop> {
    const sink = await sinkOf({ url: `${influxd.url}/${database}` });
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
  const asWritten = (batch: readonly KeptReading[]) => batch.map(({ timeMs, value }) => [timeMs, value]);

  test('all points are there afterwards exactly once, after a stop and after a kill -9', async () => {
    const all = keptWeights(3_000);
    const place = new MemoryPlace();
    const delivery = await start('outage', place);
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

  test('who is called otherwise while it is down has the new name alone when it is back', async () => {
    const all = keptWeights(1_200);
    const place = new MemoryPlace(all);
    const delivery = await start('renamed', place);
    await allDelivered(delivery);
    await influxd.kill();
    place.retracting.push('1744475');
    place.add(all.map((each) => ({ ...each, owner: { key: 'withings-1744475', name: 'Anna' } })));
    delivery.wake();
    await vi.waitFor(() => expect(delivery.status()).toMatchObject({ cause: 'unreachable' }));
    await influxd.restart();
    await allDelivered(delivery);
    expect(await written('renamed')).toEqual(asWritten(all));
    const [people] = await influxd.query('SHOW TAG VALUES FROM "scaletap" WITH KEY = "person"', 'renamed');
    expect(people?.values).toEqual([['person', 'Anna']]);
  });

  test('a run that was killed in the middle is continued by the next', async () => {
    const all = keptWeights(2_000);
    const place = new MemoryPlace(all);
    const first = await start('continued', place);
    await vi.waitFor(() => expect(place.place).toBeGreaterThan(0), { interval: 1 });
    await first.close();
    expect(place.backlog()).toBeGreaterThan(0);
    await allDelivered(await start('continued', place));
    expect(await written('continued')).toEqual(asWritten(all));
  });
});

describe.skipIf(!haveVictoriaMetrics)('the delivery by the API of 2 to a real VictoriaMetrics', () => {
  test('all is there afterwards exactly once, after it was stopped in between', async () => {
    const server = await startVictoriaMetrics();
    onTestFinished(() => server.remove());
    const sink = await sinkOf({ version: '2', url: `${server.url}/scales`, token: 'token', org: 'home' });
    const all = keptWeights(2_000);
    const place = new MemoryPlace(all.slice(0, 1_000));
    const delivery = new DeliveryLoop(sink, place, { random: () => 0.1 });
    onTestFinished(() => delivery.close());
    const becomes = (status: Partial<DeliveryStatus>) =>
      vi.waitFor(() => expect(delivery.status()).toMatchObject(status), { timeout: 15_000, interval: 20 });

    delivery.wake();
    await becomes({ state: 'idle', backlog: 0 });
    await server.stop();
    place.add(all.slice(1_000));
    delivery.wake();
    await becomes({ state: 'waiting', cause: 'unreachable' });
    await server.restart();
    await becomes({ state: 'idle', backlog: 0, deliveredCount: 2_000 });
    const samples = await server.samples();
    expect(samples.map(({ timeMs, value }) => [timeMs, value])).toEqual(
      all.map(({ timeMs, value }) => [timeMs, value]),
    );
  });
});
