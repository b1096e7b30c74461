import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReadingDraft } from '../../../src/model/reading.js';
import { DeliveryLoop } from '../../../src/sinks/delivery.js';
import type { InfluxSettings } from '../../../src/sinks/index.js';
import { lineSafe } from '../../../src/sinks/influx/points.js';
import type { Sink } from '../../../src/sinks/sink.js';
import { haveInfluxdb, type Influxd, startInfluxd } from '../../servers/influxdb.js';
import {
  haveVictoriaMetrics,
  startVictoriaMetrics,
  type VictoriaMetrics,
} from '../../servers/victoria-metrics.js';
import { MemoryPlace } from '../memory-place.js';
import { keptReading, keptWeights } from '../readings.js';
import { type Door, openDoor, org, token } from './door.js';
import { sinkOf } from './sinks.js';

// What is the same in all versions, against everything real that can be had. What only one version does is in
// database-sink.test.ts and bucket-sink.test.ts.

const draft: ReadingDraft = {
  kind: 'weight',
  value: 66.85,
  timeMs: 1_363_749_900_123,
  device: '00:24:e4:06:59:dc',
  vendor: 'withings',
  person: '1744475',
};

type Point = Readonly<Record<string, unknown>>;

const byTime = (points: Point[]) =>
  points.sort((a, b) => Number(a.time) - Number(b.time) || String(a.device).localeCompare(String(b.device)));

/** Every point of the measurement as an object, without the columns that are null, and a quality that is empty. */
async function pointsIn(influxd: Influxd, database: string): Promise<Point[]> {
  const series = await influxd.query('SELECT * FROM "scaletap"', database);
  return series.flatMap(({ columns, values }) =>
    values.map((row) =>
      Object.fromEntries(columns.map((name, i) => [name, row[i]]).filter(([, v]) => v !== null && v !== '')),
    ),
  );
}

describe.skipIf(!haveInfluxdb)('a real InfluxDB 1.x', () => {
  let influxd: Influxd;
  let door: Door;
  beforeAll(async () => {
    influxd = await startInfluxd();
    door = await openDoor(influxd);
  });
  afterAll(async () => {
    await door.close();
    await influxd.remove();
  });

  describe.each<[string, (database: string) => Omit<InfluxSettings, 'url'> & { url: string }]>([
    ['by 1.x', (database) => ({ version: '1', url: `${influxd.url}/${database}`, token: null, org: null })],
    ['behind the API of 2', (bucket) => ({ version: '2', url: `${door.url}/${bucket}`, token, org })],
    ['behind the API of 3', (db) => ({ version: '3', url: `${door.url}/${db}`, token, org: null })],
  ])('%s', (way, settings) => {
    const sinks: Sink[] = [];
    afterAll(async () => {
      for (const sink of sinks) await sink.close();
    });

    /** A sink on an empty database of this way's own. */
    async function open(name: string): Promise<{ sink: Sink; database: string }> {
      const database = `${name}-${way.at(-1)}`;
      await influxd.query(`CREATE DATABASE "${database}"`);
      const sink = await sinkOf(settings(database));
      sinks.push(sink);
      return { sink, database };
    }

    test('takes points with tags, fields and times as they are', async () => {
      const { sink, database } = await open('exact');
      const batch = [
        keptReading(draft),
        keptReading({ ...draft, kind: 'fat_ratio', value: 21.5, quality: ['unverified', 'server-time'] }),
        keptReading({ ...draft, kind: 'battery', value: 97, person: null, timeMs: 0 }),
        keptReading({ ...draft, kind: 'withings_type_999', value: -1e21, person: null, timeMs: -1 }),
        keptReading({ ...draft, kind: 'co2', value: 5e-324, person: null, timeMs: 4_102_444_800_000 }),
      ];
      expect(await sink.deliver(batch)).toEqual({ kind: 'delivered' });

      const nobody = { device: '00:24:e4:06:59:dc', vendor: 'withings' };
      const expected = [
        { time: -1, ...nobody, withings_type_999: -1e21 },
        { time: 0, ...nobody, battery_pct: 97 },
        {
          time: 1_363_749_900_123,
          ...nobody,
          person: '1744475',
          weight_kg: 66.85,
          fat_ratio_pct: 21.5,
          quality: 'server-time,unverified',
        },
        { time: 4_102_444_800_000, ...nobody, co2_ppm: 5e-324 },
      ];
      expect(await pointsIn(influxd, database)).toEqual(expected);

      const [tags] = await influxd.query('SHOW TAG KEYS', database);
      expect(tags?.values.flat()).toEqual(['device', 'person', 'vendor']);
      const [fields] = await influxd.query('SHOW FIELD KEYS', database);
      expect(fields?.values).toEqual([
        ['battery_pct', 'float'],
        ['co2_ppm', 'float'],
        ['fat_ratio_pct', 'float'],
        ['quality', 'string'],
        ['weight_kg', 'float'],
        ['withings_type_999', 'float'],
      ]);

      // Twice, and cut in other places, is the same.
      await sink.deliver(batch);
      for (const one of batch) await sink.deliver([one]);
      expect(await pointsIn(influxd, database)).toEqual(expected);
    });

    test('hostile ids come back distinct and cannot inject a point', async () => {
      const injection = 'x\nevil,person=you weight_kg=1 1\n';
      const ids = [
        injection,
        'x\\',
        'x\\\\',
        'x\\,person=you',
        'x\\ weight_kg=1',
        'x,person=you',
        'a=b',
        'a b',
        ' ',
        '"quoted"',
        "it's",
        '\\n',
        '\n',
        '\r\n',
        '\0',
        '',
        '%',
        '🐻',
        '0012',
        '#comment',
        'null',
        '\ud83d',
      ];
      const { sink, database } = await open('hostile');
      const batch = ids.flatMap((id) => [
        keptReading({ ...draft, person: id }),
        keptReading({ ...draft, device: id, person: null }),
      ]);
      expect(await sink.deliver(batch)).toEqual({ kind: 'delivered' });

      expect((await influxd.query('SHOW MEASUREMENTS', database))[0]?.values).toEqual([['scaletap']]);
      const points = await pointsIn(influxd, database);
      expect(points).toHaveLength(2 * ids.length);
      expect(points.every(({ time, weight_kg }) => time === draft.timeMs && weight_kg === 66.85)).toBe(true);
      const written = ids.map(lineSafe).sort();
      expect(points.flatMap(({ person }) => (person === undefined ? [] : [person])).sort()).toEqual(written);
      const devices = points.filter(({ person }) => person === undefined).map(({ device }) => device);
      expect(devices.sort()).toEqual(written);
    });

    test('any ids whatever come back as they were written', async () => {
      const { sink, database } = await open('any');
      const id = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.string({ unit: fc.constantFrom('\\', ',', '=', ' ', '\n', '"', '%', 'a'), maxLength: 12 }),
      );
      let timeMs = 0;
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(id, { minLength: 1, maxLength: 40 }), async (ids) => {
          timeMs++;
          const batch = ids.map((person) => keptReading({ ...draft, person, device: person, timeMs }));
          expect(await sink.deliver(batch)).toEqual({ kind: 'delivered' });
          const [series] = await influxd.query(
            `SELECT "device", "person", "weight_kg" FROM "scaletap" WHERE time = ${timeMs}ms`,
            database,
          );
          const expected = ids.map((person) => [timeMs, lineSafe(person), lineSafe(person), 66.85].join());
          expect(series?.values.map((row) => row.join()).sort()).toEqual(expected.sort());
        }),
        { numRuns: 40 },
      );
    });

    test('a point that conflicts with the type of a field is refused, and so is its batch', async () => {
      const { sink, database } = await open('conflict');
      // A field has one type in each shard, that is, in each week.
      await influxd.write(`scaletap fat_ratio_pct="text" ${draft.timeMs}`, database);
      const good = keptReading(draft);
      const bad = keptReading({ ...draft, kind: 'fat_ratio' });
      const refused = { kind: 'refused', message: expect.stringContaining('field type conflict') };
      expect(await sink.deliver([good, bad])).toEqual(refused);
      expect(await sink.deliver([bad])).toEqual(refused);
      expect(await sink.deliver([good])).toEqual({ kind: 'delivered' });
    });

    test('a time that InfluxDB cannot hold is refused, even when every line of a batch is bad', async () => {
      const { sink } = await open('times');
      // Each line comes back in the answer, 100 kB here, and some of it in a header.
      const batch = Array.from({ length: 500 }, (_, i) =>
        keptReading({ ...draft, person: `${i}`.padStart(100, 'x'), timeMs: 9_223_372_036_855 }),
      );
      for (const tried of [batch, batch.slice(0, 1)]) {
        const outcome = await sink.deliver(tried);
        expect(outcome).toEqual({
          kind: 'refused',
          message: expect.stringMatching(/time outside range|unable to parse/),
        });
      }
    });

    test('a reading that is older than is kept there is refused', async () => {
      const { sink, database } = await open('short');
      await influxd.query(`ALTER RETENTION POLICY "autogen" ON "${database}" DURATION 1d SHARD DURATION 1h`);
      expect(await sink.deliver([keptReading(draft)])).toEqual({
        kind: 'refused',
        message: expect.stringContaining('points beyond retention policy'),
      });
      expect(await sink.deliver([keptReading({ ...draft, timeMs: Date.now() })])).toEqual({
        kind: 'delivered',
      });
    });

    test('values that are no numbers are refused and never written', async () => {
      const { sink, database } = await open('nan');
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const outcome = await sink.deliver([
          keptReading(draft),
          keptReading({ ...draft, kind: 'bmi', value }),
        ]);
        expect(outcome).toEqual({ kind: 'refused', message: expect.stringContaining('not a finite number') });
      }
      expect(await pointsIn(influxd, database)).toEqual([]);
    });

    test('one bad reading among 500 does not block the rest', async () => {
      const { sink, database } = await open('mixed');
      const all = keptWeights(500);
      const victim = all[333];
      if (victim === undefined) throw new Error('500 weights');
      await influxd.write(`scaletap fat_ratio_pct="text" ${victim.timeMs}`, database);
      // Of the same weigh-in as a good weight, so that both are one point.
      const bad = keptReading({ ...victim, kind: 'fat_ratio', value: 20 });
      const place = new MemoryPlace(all.toSpliced(334, 0, bad));
      const loop = new DeliveryLoop(sink, place);
      loop.wake();
      await expect
        .poll(() => loop.status(), { timeout: 15_000 })
        .toMatchObject({ state: 'idle', backlog: 0 });

      expect([...place.refused.values()]).toEqual([
        { reading: bad, message: expect.stringContaining('field type conflict') },
      ]);
      const [series] = await influxd.query('SELECT "weight_kg" FROM "scaletap"', database);
      expect(series?.values).toEqual(all.map(({ timeMs, value }) => [timeMs, value]));
    });

    test('batches are of 500', async () => {
      expect((await open('size')).sink.batchSize).toBe(500);
    });
  });

  test.each(['2', '3'] as const)('is no InfluxDB %s, and told so', async (version) => {
    const sink = await sinkOf({ version, url: `${influxd.url}/scales`, token, org });
    expect(await sink.deliver([keptReading(draft)])).toEqual({
      kind: 'retry',
      cause: 'missing-target',
      message: "404 404 page not found: is that InfluxDB's address, and its version?",
    });
    await sink.close();
  });

  test('a bucket that is missing is a missing target until somebody makes it; 3 makes its databases', async () => {
    const two = await sinkOf({ version: '2', url: `${door.url}/later`, token, org });
    expect(await two.deliver([keptReading(draft)])).toEqual({
      kind: 'retry',
      cause: 'missing-target',
      message: expect.stringMatching(/^404 bucket "later" not found: /),
    });
    await influxd.query('CREATE DATABASE "later"');
    expect(await two.deliver([keptReading(draft)])).toEqual({ kind: 'delivered' });
    const three = await sinkOf({ version: '3', url: `${door.url}/new`, token });
    expect(await three.deliver([keptReading(draft)])).toEqual({ kind: 'delivered' });
    for (const sink of [two, three]) await sink.close();
  });
});

describe.skipIf(!haveVictoriaMetrics)('a real VictoriaMetrics by the API of 2', () => {
  let server: VictoriaMetrics;
  let sink: Sink;
  beforeAll(async () => {
    server = await startVictoriaMetrics();
    sink = await sinkOf({ version: '2', url: `${server.url}/scales`, token, org });
  });
  afterAll(async () => {
    await sink.close();
    await server.remove();
  });

  /** The samples as points. It keeps numbers alone: what becomes of `quality` is its own. */
  async function points(): Promise<Point[]> {
    const found = new Map<string, Record<string, unknown>>();
    for (const { timeMs, labels, value } of await server.samples()) {
      const { __name__: name = '', ...tags } = labels;
      if (name === 'scaletap_quality') continue;
      const key = JSON.stringify([timeMs, tags.device, tags.person]);
      const point = found.get(key) ?? { time: timeMs, ...tags };
      point[name.replace(/^scaletap_/, '')] = value;
      found.set(key, point);
    }
    return byTime([...found.values()]);
  }

  test('takes points with tags, fields and times as they are', async () => {
    const batch = [
      keptReading(draft),
      keptReading({ ...draft, kind: 'fat_ratio', value: 21.5, quality: ['unverified', 'server-time'] }),
      keptReading({ ...draft, kind: 'battery', value: 97, person: null, timeMs: 1_363_749_900_124 }),
      keptReading({
        ...draft,
        kind: 'withings_type_999',
        value: -1e21,
        person: null,
        timeMs: 1_700_000_000_000,
      }),
    ];
    const nobody = { device: '00:24:e4:06:59:dc', vendor: 'withings' };
    const expected = [
      { time: 1_363_749_900_123, ...nobody, person: '1744475', weight_kg: 66.85, fat_ratio_pct: 21.5 },
      { time: 1_363_749_900_124, ...nobody, battery_pct: 97 },
      { time: 1_700_000_000_000, ...nobody, withings_type_999: -1e21 },
    ];
    expect(await sink.deliver(batch)).toEqual({ kind: 'delivered' });
    expect(await points()).toEqual(expected);

    await sink.deliver(batch);
    for (const one of batch) await sink.deliver([one]);
    expect(await points()).toEqual(expected);
    await server.clear();
  });

  test('hostile ids come back distinct, in a batch that is compressed', async () => {
    const ids = [
      'x\nevil weight_kg=1 1\n',
      'x\\',
      'x,person=you',
      'a=b',
      'a b',
      '"quoted"',
      '',
      '%',
      '🐻',
      '#',
    ];
    const batch = Array.from({ length: 20 }, (_, i) =>
      ids.map((id) => keptReading({ ...draft, device: id, person: id, timeMs: 1_363_749_900_000 + i })),
    );
    expect(await sink.deliver(batch.flat())).toEqual({ kind: 'delivered' });
    const found = await points();
    expect(found).toHaveLength(20 * ids.length);
    expect([...new Set(found.map(({ person }) => person))].sort()).toEqual(ids.map(lineSafe).sort());
    expect(found.every(({ device, person, weight_kg }) => device === person && weight_kg === 66.85)).toBe(
      true,
    );
    await server.clear();
  });
});
