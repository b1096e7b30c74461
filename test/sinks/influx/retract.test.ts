import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeptReading, ReadingDraft } from '../../../src/model/reading.js';
import type { Retraction } from '../../../src/model/retraction.js';
import type { InfluxSettings } from '../../../src/sinks/index.js';
import { lineSafe } from '../../../src/sinks/influx/points.js';
import type { Sink } from '../../../src/sinks/sink.js';
import { haveInfluxdb, type Influxd, startInfluxd } from '../../servers/influxdb.js';
import {
  haveVictoriaMetrics,
  startVictoriaMetrics,
  type VictoriaMetrics,
} from '../../servers/victoria-metrics.js';
import { keptReading } from '../readings.js';
import { type Door, openDoor, org, token } from './door.js';
import { sinkOf } from './sinks.js';

// What is corrected is taken back and delivered anew, as the delivery loop does it: retractions first, then the
// readings as they are now. What is there afterwards is asked of InfluxDB itself.

const done = { kind: 'delivered' };
const scale = '00:24:e4:06:59:dc';
const morning = 1_363_749_900_123;
const evening = morning + 40_000_000;

/** A weight on that scale, of somebody by name, or of nobody. */
function weighIn(owner: string | null, timeMs: number, over: Partial<ReadingDraft> = {}): KeptReading {
  return keptReading(
    { kind: 'weight', value: 70, timeMs, device: scale, vendor: 'withings', person: null, ...over },
    { owner: owner === null ? null : { key: 'key', name: owner } },
  );
}

const ofWeighIn = (owner: string | null, timeMs: number, device = scale): Retraction => ({
  of: 'weigh-in',
  vendor: 'withings',
  device,
  timeMs,
  owner,
});
const ofPerson = (owner: string): Retraction => ({ of: 'person', owner });

const hostile = `'"\\, =\n<script>😀`;

describe.skipIf(!haveInfluxdb)('a real InfluxDB 1.x', () => {
  let influxd: Influxd;
  let door: Door;
  const sinks: Sink[] = [];
  beforeAll(async () => {
    influxd = await startInfluxd();
    door = await openDoor(influxd);
  });
  afterAll(async () => {
    for (const sink of sinks) await sink.close();
    await door.close();
    await influxd.remove();
  });

  /** `person time value quality` of all weights but those that are taken back, by time. */
  async function weightsIn(database: string): Promise<string[]> {
    const [series] = await influxd.query('SELECT "person", "weight_kg", "quality" FROM "scaletap"', database);
    return (series?.values ?? [])
      .filter(([, , weight, quality]) => weight !== null && quality !== 'retracted')
      .map(([time, person, weight, quality]) => [person, time, weight, quality].filter(Boolean).join(' '))
      .sort();
  }

  const ways: [string, (place: string) => Omit<InfluxSettings, 'url'> & { url: string }][] = [
    ['by 1.x', (place) => ({ version: '1', url: `${influxd.url}/${place}`, token: null, org: null })],
    ['behind the API of 2', (place) => ({ version: '2', url: `${door.url}/${place}`, token, org })],
    ['behind the API of 3', (place) => ({ version: '3', url: `${door.url}/${place}`, token, org: null })],
  ];

  /** A sink on an empty database of this way's own. */
  async function open(way: string, settings: (typeof ways)[0][1], name: string) {
    const database = `${name}-${way.at(-1)}`;
    await influxd.query(`CREATE DATABASE "${database}"`);
    const warnings: string[] = [];
    const sink = await sinkOf(settings(database), warnings);
    sinks.push(sink);
    return { sink, database, warnings };
  }

  describe.each(ways)('%s', (way, settings) => {
    test('a weigh-in that is given to somebody else is theirs alone', async () => {
      const { sink, database, warnings } = await open(way, settings, 'given');
      await sink.deliver([weighIn('Ann', morning), weighIn('Ann', evening)]);
      expect(await sink.retract([ofWeighIn('Ann', morning)])).toEqual(done);
      expect(await weightsIn(database)).toEqual([`Ann ${evening} 70`]);
      await sink.deliver([weighIn('Ben', morning)]);
      expect(await weightsIn(database)).toEqual([`Ann ${evening} 70`, `Ben ${morning} 70`]);
      expect(warnings).toEqual([]);
    });

    test('and theirs again when it is given back', async () => {
      const { sink, database } = await open(way, settings, 'back');
      await sink.deliver([weighIn('Ann', morning)]);
      await sink.retract([ofWeighIn('Ann', morning)]);
      await sink.deliver([weighIn('Ben', morning)]);
      await sink.retract([ofWeighIn('Ben', morning)]);
      await sink.deliver([weighIn('Ann', morning)]);
      expect(await weightsIn(database)).toEqual([`Ann ${morning} 70`]);
    });

    test('of nobody, it is somebody’s', async () => {
      const { sink, database } = await open(way, settings, 'nobody');
      await sink.deliver([weighIn(null, morning), weighIn(null, evening)]);
      await sink.retract([ofWeighIn(null, morning)]);
      await sink.deliver([weighIn('Ann', morning)]);
      expect(await weightsIn(database)).toEqual([`${evening} 70`, `Ann ${morning} 70`]);
    });

    test('one that does not count is gone, and the room’s air of that time is told again', async () => {
      const { sink, database } = await open(way, settings, 'air');
      const air = keptReading({ ...weighIn(null, morning), kind: 'co2', value: 700 });
      await sink.deliver([weighIn('Ann', morning), air]);
      await sink.retract([ofWeighIn('Ann', morning)]);
      await sink.deliver([air]);
      expect(await weightsIn(database)).toEqual([]);
      const [series] = await influxd.query('SELECT "co2_ppm" FROM "scaletap"', database);
      expect(series?.values).toEqual([[morning, 700]]);
    });

    test('others of that time, of that scale and of that name stay', async () => {
      const { sink, database } = await open(way, settings, 'others');
      const others = [
        weighIn('Ann', morning, { device: '00:24:e4:06:59:dd' }),
        weighIn('Ann', morning, { vendor: 'renpho' }),
        weighIn('Ann', morning, { device: '' }),
        weighIn('Ann', morning - 1),
        weighIn('Ann', morning + 1),
      ];
      await sink.deliver(others);
      const before = await weightsIn(database);
      expect(before).toHaveLength(5);
      await sink.deliver([weighIn('Ann', morning)]);
      expect(await weightsIn(database)).toHaveLength(6);
      await sink.retract([ofWeighIn('Ann', morning)]);
      expect(await weightsIn(database)).toEqual(before);
    });

    test.each([
      ['twice', [ofWeighIn('Ann', morning), ofWeighIn('Ann', morning)]],
      ['of a time that InfluxDB cannot hold', [ofWeighIn('Ann', 8.64e15)]],
      ['of a time that is none', [ofWeighIn('Ann', Number.NaN)]],
      [
        'of the first and the last time',
        [ofWeighIn(null, -9_223_372_036_854), ofWeighIn(null, 9_223_372_036_854)],
      ],
      ['nothing', []],
    ])('%s is harmless', async (name, retractions) => {
      const { sink, database, warnings } = await open(way, settings, `harmless ${name}`.replaceAll(' ', '-'));
      expect(await sink.retract(retractions)).toEqual(done);
      await sink.deliver([weighIn('Ann', morning), weighIn('Ann', evening)]);
      for (let i = 0; i < 2; i++) expect(await sink.retract(retractions)).toEqual(done);
      expect(await weightsIn(database)).toContain(`Ann ${evening} 70`);
      expect(warnings).toEqual([]);
    });

    test('any name and device', async () => {
      const { sink, database } = await open(way, settings, 'any');
      const text = fc.oneof(
        fc.constant(hostile),
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.string({
          unit: fc.constantFrom('\\', ',', '=', ' ', '\n', '"', "'", '%', '/', ';', 'a'),
          maxLength: 12,
        }),
      );
      let timeMs = morning;
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(text, { minLength: 2, maxLength: 8 }),
          async ([name = '', ...others]) => {
            timeMs++;
            const mine = weighIn(name, timeMs, { device: name });
            await sink.deliver([mine, ...others.map((other) => weighIn(other, timeMs, { device: other }))]);
            expect(await sink.retract([ofWeighIn(name, timeMs, name)])).toEqual(done);
            const left = (await weightsIn(database)).filter((line) => line.includes(` ${timeMs} `));
            expect(left).toEqual(others.map((other) => `${lineSafe(other)} ${timeMs} 70`).sort());
          },
        ),
        { numRuns: 30 },
      );
    });

    test('thousands at once', async () => {
      const { sink, database } = await open(way, settings, 'many');
      const times = Array.from({ length: 1_000 }, (_, i) => morning + i * 60_000);
      await sink.deliver(times.map((timeMs) => weighIn('Ann', timeMs)));
      expect(await sink.retract(times.slice(1).map((timeMs) => ofWeighIn('Ann', timeMs)))).toEqual(done);
      expect(await weightsIn(database)).toEqual([`Ann ${morning} 70`]);
    });
  });

  describe.each(ways.slice(0, 2))('%s, all of a person', (way, settings) => {
    test.each([['Ann'], [hostile], ['%'], ['.*'], ['']])(
      'who was called %j is called otherwise',
      async (name) => {
        const { sink, database, warnings } = await open(
          way,
          settings,
          `renamed${Buffer.from(name).toString('hex')}`,
        );
        await sink.deliver([
          weighIn(name, morning),
          weighIn(name, evening, { vendor: 'renpho' }),
          weighIn('Ben', evening),
        ]);
        for (let i = 0; i < 2; i++) expect(await sink.retract([ofPerson(name)])).toEqual(done);
        expect(await weightsIn(database)).toEqual([`Ben ${evening} 70`]);
        await sink.deliver([weighIn('Anna', morning), weighIn('Anna', evening, { vendor: 'renpho' })]);
        expect(await weightsIn(database)).toEqual([
          `Anna ${morning} 70`,
          `Anna ${evening} 70`,
          `Ben ${evening} 70`,
        ]);
        // A dashboard does not offer the old name any more.
        const [people] = await influxd.query('SHOW TAG VALUES FROM "scaletap" WITH KEY = "person"', database);
        expect(people?.values.map(([, value]) => value).sort()).toEqual(['Anna', 'Ben']);
        expect(warnings).toEqual([]);
      },
    );

    test('a database that is missing holds nothing', async () => {
      const warnings: string[] = [];
      const sink = await sinkOf(settings(`none-${way.at(-1)}`), warnings);
      sinks.push(sink);
      expect(await sink.retract([ofPerson('Ann'), ofWeighIn('Ann', morning)])).toEqual(done);
      expect(warnings).toEqual([]);
    });
  });

  test('behind the API of 3 nothing is deleted of a person, which is said once', async () => {
    const [way, settings] = ways[2] ?? ways[0] ?? [];
    if (way === undefined || settings === undefined) throw new Error('no way');
    const { sink, database, warnings } = await open(way, settings, 'kept');
    await sink.deliver([weighIn('Ann', morning), weighIn('Ann', evening)]);
    for (let i = 0; i < 2; i++)
      expect(await sink.retract([ofPerson('Ann'), ofWeighIn('Ann', evening)])).toEqual(done);
    expect(await weightsIn(database)).toEqual([`Ann ${morning} 70`]);
    expect(warnings).toEqual([
      expect.stringMatching(/^influx 3 .*: .*the old points stay \(InfluxDB 3 does not/),
    ]);
  });

  test('what is taken back while the server is down is taken back when it is there again', async () => {
    for (const [way, settings] of ways) {
      const { sink, database } = await open(way, settings, 'outage');
      await sink.deliver([weighIn('Ann', morning), weighIn('Ann', evening)]);
      await influxd.stop();
      const retractions = [ofWeighIn('Ann', morning)];
      expect(await sink.retract(retractions)).toMatchObject({ kind: 'retry' });
      await influxd.restart();
      expect(await sink.retract(retractions)).toEqual(done);
      expect(await weightsIn(database)).toEqual([`Ann ${evening} 70`]);
    }
  });
});

describe.skipIf(!haveInfluxdb)('a real InfluxDB 1.x with users', () => {
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd({ auth: true });
    await influxd.query('CREATE DATABASE "scales"');
    await influxd.query(`CREATE USER "writer" WITH PASSWORD 'hush'`);
    await influxd.query('GRANT WRITE ON "scales" TO "writer"');
    await influxd.query(`CREATE USER "reader" WITH PASSWORD 'hush'`);
    await influxd.query('GRANT READ ON "scales" TO "reader"');
  });
  afterAll(() => influxd.remove());

  const sinkAs = (user: string) => sinkOf({ url: `http://${user}@127.0.0.1:${influxd.port}/scales` });

  test('who may write may take back', async () => {
    const sink = await sinkAs('writer:hush');
    await sink.deliver([weighIn('Ann', morning), weighIn('Ben', evening)]);
    expect(await sink.retract([ofWeighIn('Ann', morning), ofPerson('Ben')])).toEqual(done);
    expect(await influxd.query('SELECT * FROM "scaletap"', 'scales')).toEqual([]);
    await sink.close();
  });

  test.each(['reader:hush', 'writer:wrong'])('%s may not, which is unauthorized', async (user) => {
    const sink = await sinkAs(user);
    expect(await sink.retract([ofPerson('Ben')])).toMatchObject({ kind: 'retry', cause: 'unauthorized' });
    await sink.close();
  });
});

describe.skipIf(!haveVictoriaMetrics)('a real VictoriaMetrics by the API of 2', () => {
  let server: VictoriaMetrics;
  beforeAll(async () => {
    server = await startVictoriaMetrics();
  });
  afterAll(() => server.remove());

  test('cannot delete, which is said once and holds nothing up', async () => {
    const warnings: string[] = [];
    const sink = await sinkOf({ version: '2', url: `${server.url}/scales`, token, org }, warnings);
    await sink.deliver([weighIn('Ann', morning)]);
    expect(await sink.retract([ofWeighIn('Ann', morning)])).toEqual(done);
    expect(await sink.retract([ofPerson('Ann')])).toEqual(done);
    expect(await sink.deliver([weighIn('Ben', morning)])).toEqual(done);
    const names = (await server.samples()).map(({ labels }) => labels.person);
    expect(names.sort()).toEqual(['Ann', 'Ben']);
    expect(warnings).toEqual([
      expect.stringMatching(/^influx 2 .*the old points stay \(400 .*unsupported path/),
    ]);
    await sink.close();
  });

  test('that is down is tried again', async () => {
    const sink = await sinkOf({ version: '2', url: `${server.url}/scales`, token, org });
    await server.stop();
    expect(await sink.retract([ofPerson('Ann')])).toMatchObject({ kind: 'retry', cause: 'unreachable' });
    await server.restart();
    expect(await sink.retract([ofPerson('Ann')])).toEqual(done);
    await sink.close();
  });
});
