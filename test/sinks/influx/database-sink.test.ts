import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReadingDraft } from '../../../src/model/reading.js';
import type { Sink } from '../../../src/sinks/sink.js';
import { haveInfluxdb, type Influxd, startInfluxd } from '../../servers/influxdb.js';
import { keptReading } from '../readings.js';
import { sinkOf } from './sinks.js';

// What InfluxDB 1.x alone does: databases that are made, users and rights, and the limits of its server.

const draft: ReadingDraft = {
  kind: 'weight',
  value: 66.85,
  timeMs: 1_363_749_900_123,
  device: '00:24:e4:06:59:dc',
  vendor: 'withings',
  person: '1744475',
};

const sinks: Sink[] = [];

async function open(url: string): Promise<Sink> {
  const sink = await sinkOf({ url });
  sinks.push(sink);
  return sink;
}

async function timesIn(influxd: Influxd, database: string): Promise<unknown[]> {
  const [series] = await influxd.query('SELECT "weight_kg" FROM "scaletap"', database);
  return (series?.values ?? []).map(([time]) => time);
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

  test('a database that is missing is made, and made again when it is dropped later', async () => {
    const sink = await open(`${influxd.url}/dropped`);
    expect(await sink.deliver([keptReading(draft)])).toEqual({ kind: 'delivered' });
    expect(await timesIn(influxd, 'dropped')).toEqual([draft.timeMs]);
    await influxd.query('DROP DATABASE "dropped"');
    expect(await sink.deliver([keptReading({ ...draft, timeMs: 5 })])).toEqual({ kind: 'delivered' });
    expect(await timesIn(influxd, 'dropped')).toEqual([5]);
  });

  test('a database name that InfluxDB takes from nobody is a missing target', async () => {
    const outcome = await (await open(`${influxd.url}/zero%E2%80%8Bwidth`)).deliver([keptReading(draft)]);
    expect(outcome).toMatchObject({
      cause: 'missing-target',
      message: expect.stringContaining('invalid name'),
    });
  });

  test('a database with a name of other letters', async () => {
    const sink = await open(`${influxd.url}/W%C3%A4ge%20%3D%2C;%25`);
    expect(await sink.deliver([keptReading(draft)])).toEqual({ kind: 'delivered' });
    expect(await timesIn(influxd, 'Wäge =,;%')).toHaveLength(1);
  });

  test('an id that is too long for InfluxDB is refused', async () => {
    const sink = await open(`${influxd.url}/long`);
    const outcome = await sink.deliver([keptReading({ ...draft, device: 'x'.repeat(70_000) })]);
    expect(outcome).toMatchObject({ kind: 'refused', message: expect.stringMatching(/^400 .{300}…$/) });
  });

  test('a body that is too large is refused', async () => {
    const sink = await open(`${influxd.url}/large`);
    await sink.deliver([keptReading(draft)]);
    const batch = Array.from({ length: 150_000 }, (_, i) =>
      keptReading({ ...draft, person: `${i}`.padStart(200, '0') }),
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
  const deliver = async (credentials: string, database: string) =>
    (await open(`http://${credentials}${address}/${database}`)).deliver([keptReading(draft)]);

  test('the right user may write', async () => {
    expect(await deliver(`${writer}@`, 'scales')).toEqual({ kind: 'delivered' });
    expect(await timesIn(influxd, 'scales')).toHaveLength(1);
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
    expect(await timesIn(influxd, 'mine')).toHaveLength(1);
  });
});
