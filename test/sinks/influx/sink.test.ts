import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ReadingDraft, reading } from '../../../src/model/reading.js';
import { InfluxSink, influxSink } from '../../../src/sinks/influx/index.js';
import { lineSafe } from '../../../src/sinks/influx/points.js';
import type { Sink } from '../../../src/sinks/sink.js';
import { haveInfluxdb, type Influxd, startInfluxd } from '../../servers/influxdb.js';

const draft: ReadingDraft = {
  kind: 'weight',
  value: 66.85,
  timeMs: 1_363_749_900_123,
  device: '00:24:e4:06:59:dc',
  vendor: 'withings',
  person: '1744475',
};

const sinks: Sink[] = [];

function sinkOf(url: string): Sink {
  const sink = influxSink(url);
  if ('reason' in sink) throw new Error(sink.message);
  sinks.push(sink);
  return sink;
}

/** Every point of the measurement as an object, without the columns that are null. */
async function pointsOf(influxd: Influxd, database: string): Promise<Record<string, unknown>[]> {
  const series = await influxd.query('SELECT * FROM "scaletap"', database);
  return series.flatMap(({ columns, values }) =>
    values.map((row) =>
      Object.fromEntries(columns.map((name, i) => [name, row[i]]).filter(([, v]) => v !== null)),
    ),
  );
}

describe.skipIf(!haveInfluxdb)('a real InfluxDB 1.x', () => {
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd();
  });
  afterAll(async () => {
    for (const sink of sinks.splice(0)) await sink.close();
    await influxd.remove();
  });

  test('takes points with tags, fields and times as they are, and makes the database', async () => {
    const sink = sinkOf(`${influxd.url}/exact`);
    const batch = [
      reading(draft),
      reading({ ...draft, kind: 'fat_ratio', value: 21.5, quality: ['unverified', 'server-time'] }),
      reading({ ...draft, kind: 'battery', value: 97, person: null, timeMs: 0 }),
      reading({ ...draft, kind: 'withings_type_999', value: -1e21, person: null, timeMs: -1 }),
      reading({ ...draft, kind: 'co2', value: 5e-324, person: null, timeMs: 4_102_444_800_000 }),
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
    expect(await pointsOf(influxd, 'exact')).toEqual(expected);

    const [tags] = await influxd.query('SHOW TAG KEYS', 'exact');
    expect(tags?.values.flat()).toEqual(['device', 'person', 'vendor']);
    const [fields] = await influxd.query('SHOW FIELD KEYS', 'exact');
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
    expect(await pointsOf(influxd, 'exact')).toEqual(expected);
  });

  test('a database that is dropped later is made again', async () => {
    const sink = sinkOf(`${influxd.url}/dropped`);
    await sink.deliver([reading(draft)]);
    await influxd.query('DROP DATABASE "dropped"');
    expect(await sink.deliver([reading({ ...draft, timeMs: 5 })])).toEqual({ kind: 'delivered' });
    expect(await pointsOf(influxd, 'dropped')).toMatchObject([{ time: 5 }]);
  });

  test('a database name that InfluxDB takes from nobody is a missing target', async () => {
    const outcome = await sinkOf(`${influxd.url}/zero%E2%80%8Bwidth`).deliver([reading(draft)]);
    expect(outcome).toMatchObject({
      cause: 'missing-target',
      message: expect.stringContaining('invalid name'),
    });
  });

  test('a database with a name of other letters', async () => {
    const sink = sinkOf(`${influxd.url}/W%C3%A4ge%20%3D%2C;%25`);
    expect(await sink.deliver([reading(draft)])).toEqual({ kind: 'delivered' });
    expect(await pointsOf(influxd, 'Wäge =,;%')).toHaveLength(1);
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
    const sink = sinkOf(`${influxd.url}/hostile`);
    const batch = ids.flatMap((id) => [
      reading({ ...draft, person: id }),
      reading({ ...draft, device: id, person: null }),
    ]);
    expect(await sink.deliver(batch)).toEqual({ kind: 'delivered' });

    expect((await influxd.query('SHOW MEASUREMENTS', 'hostile'))[0]?.values).toEqual([['scaletap']]);
    const points = await pointsOf(influxd, 'hostile');
    expect(points).toHaveLength(2 * ids.length);
    expect(points.every(({ time, weight_kg }) => time === draft.timeMs && weight_kg === 66.85)).toBe(true);
    const written = ids.map(lineSafe).sort();
    expect(points.flatMap(({ person }) => (person === undefined ? [] : [person])).sort()).toEqual(written);
    const devices = points.filter(({ person }) => person === undefined).map(({ device }) => device);
    expect(devices.sort()).toEqual(written);
  });

  test('any ids whatever come back as they were written', async () => {
    const sink = sinkOf(`${influxd.url}/any`);
    const id = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ unit: fc.constantFrom('\\', ',', '=', ' ', '\n', '"', '%', 'a'), maxLength: 12 }),
    );
    let timeMs = 0;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(id, { minLength: 1, maxLength: 40 }), async (ids) => {
        timeMs++;
        const batch = ids.map((person) => reading({ ...draft, person, device: person, timeMs }));
        expect(await sink.deliver(batch)).toEqual({ kind: 'delivered' });
        const [series] = await influxd.query(
          `SELECT "device", "person", "weight_kg" FROM "scaletap" WHERE time = ${timeMs}ms`,
          'any',
        );
        const expected = ids.map((person) => [timeMs, lineSafe(person), lineSafe(person), 66.85].join());
        expect(series?.values.map((row) => row.join()).sort()).toEqual(expected.sort());
      }),
      { numRuns: 40 },
    );
  });

  test('a point that conflicts with the type of a field is refused, and so is its batch', async () => {
    await influxd.query('CREATE DATABASE "conflict"');
    // A field has one type in each shard, that is, in each week.
    await influxd.write(`scaletap fat_ratio_pct="text" ${draft.timeMs}`, 'conflict');
    const sink = sinkOf(`${influxd.url}/conflict`);
    const good = reading(draft);
    const bad = reading({ ...draft, kind: 'fat_ratio' });
    const refused = { kind: 'refused', message: expect.stringContaining('field type conflict') };
    expect(await sink.deliver([good, bad])).toEqual(refused);
    expect(await sink.deliver([bad])).toEqual(refused);
    expect(await sink.deliver([good])).toEqual({ kind: 'delivered' });
  });

  test('a time that InfluxDB cannot hold is refused, even when every line of a batch is bad', async () => {
    const sink = sinkOf(`${influxd.url}/times`);
    await sink.deliver([reading(draft)]);
    // Each line comes back in the answer, 100 kB here, and some of it in a header.
    const batch = Array.from({ length: 500 }, (_, i) =>
      reading({ ...draft, person: `${i}`.padStart(100, 'x'), timeMs: 9_223_372_036_855 }),
    );
    for (const tried of [batch, batch.slice(0, 1)]) {
      const outcome = await sink.deliver(tried);
      expect(outcome).toEqual({ kind: 'refused', message: expect.stringContaining('time outside range') });
    }
  });

  test('a reading that is older than the retention policy keeps is refused', async () => {
    await influxd.query('CREATE DATABASE "short" WITH DURATION 1d');
    const sink = sinkOf(`${influxd.url}/short`);
    expect(await sink.deliver([reading(draft)])).toEqual({
      kind: 'refused',
      message: expect.stringContaining('points beyond retention policy'),
    });
    expect(await sink.deliver([reading({ ...draft, timeMs: Date.now() })])).toEqual({ kind: 'delivered' });
  });

  test('an id that is too long for InfluxDB is refused', async () => {
    const outcome = await sinkOf(`${influxd.url}/long`).deliver([
      reading({ ...draft, device: 'x'.repeat(70_000) }),
    ]);
    expect(outcome).toMatchObject({ kind: 'refused', message: expect.stringMatching(/^400 .{300}…$/) });
  });

  test('values that are no numbers are refused and never written', async () => {
    const sink = sinkOf(`${influxd.url}/nan`);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const outcome = await sink.deliver([reading(draft), reading({ ...draft, kind: 'bmi', value })]);
      expect(outcome).toEqual({ kind: 'refused', message: expect.stringContaining('not a finite number') });
    }
    expect(await influxd.query('SHOW DATABASES')).not.toContainEqual(expect.arrayContaining(['nan']));
  });

  test('a body that is too large is refused', async () => {
    const sink = sinkOf(`${influxd.url}/large`);
    await sink.deliver([reading(draft)]);
    const batch = Array.from({ length: 150_000 }, (_, i) =>
      reading({ ...draft, person: `${i}`.padStart(200, '0') }),
    );
    expect(await sink.deliver(batch)).toMatchObject({
      kind: 'refused',
      message: '413 Request Entity Too Large',
    });
  });
});

describe.skipIf(!haveInfluxdb)('a real InfluxDB 1.x that asks who it is', () => {
  let influxd: Influxd;
  let address: string;
  beforeAll(async () => {
    influxd = await startInfluxd({ auth: true });
    address = influxd.url.replace('http://', '');
    await influxd.query('CREATE DATABASE "scales"');
    await influxd.query(
      `CREATE USER "writer" WITH PASSWORD 'p@ss/w:rd#%'; GRANT WRITE ON "scales" TO "writer"`,
    );
    await influxd.query(`CREATE USER "reader" WITH PASSWORD 'hush'; GRANT READ ON "scales" TO "reader"`);
  });
  afterAll(async () => {
    for (const sink of sinks.splice(0)) await sink.close();
    await influxd.remove();
  });

  const writer = 'writer:p%40ss%2Fw%3Ard%23%25';
  const deliver = (credentials: string, database: string) =>
    sinkOf(`http://${credentials}${address}/${database}`).deliver([reading(draft)]);

  test('the right user may write', async () => {
    expect(await deliver(`${writer}@`, 'scales')).toEqual({ kind: 'delivered' });
    expect(await pointsOf(influxd, 'scales')).toHaveLength(1);
  });

  test.each([
    ['a wrong password', 'writer:hush@', /^401 authorization failed|"authorization failed"/],
    ['an unknown user', 'who:hush@', /authorization failed/],
    ['nobody', '', /username required/],
    ['a user who may only read', 'reader:hush@', /^403 "reader" user is not authorized to write/],
  ])('%s is unauthorized', async (_, credentials, message) => {
    const outcome = await deliver(credentials, 'scales');
    expect(outcome).toEqual({
      kind: 'retry',
      cause: 'unauthorized',
      message: expect.stringMatching(message),
    });
    expect(JSON.stringify(outcome)).not.toContain('hush');
  });

  test('a missing database that may not be made is a missing target, until somebody makes it', async () => {
    expect(await deliver(`${writer}@`, 'later')).toEqual({
      kind: 'retry',
      cause: 'missing-target',
      message: expect.stringMatching(
        /database not found: "later"; creating it failed: 403 .*requires admin privilege/,
      ),
    });
    await influxd.query('CREATE DATABASE "later"');
    await influxd.query('GRANT WRITE ON "later" TO "writer"');
    expect(await deliver(`${writer}@`, 'later')).toEqual({ kind: 'delivered' });
  });

  test('an administrator makes it', async () => {
    expect(await deliver('admin:admin-password@', 'mine')).toEqual({ kind: 'delivered' });
    expect(await pointsOf(influxd, 'mine')).toHaveLength(1);
  });
});

test('the sink takes batches of 500', () => {
  const target = {
    protocol: 'http',
    host: 'nas',
    port: 8086,
    database: 'd',
    user: '',
    password: '',
  } as const;
  expect(new InfluxSink(target).batchSize).toBe(500);
});
