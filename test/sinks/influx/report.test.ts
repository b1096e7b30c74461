import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { InfluxSettings } from '../../../src/sinks/index.js';
import type { RelayPoint } from '../../../src/sinks/sink.js';
import { kindCloud, postAll, weighIn } from '../../e2e/cloud.js';
import { House, quick } from '../../e2e/house.js';
import { folder, serve } from '../../e2e/scaletap.js';
import { haveInfluxdb, type Influxd, startInfluxd } from '../../servers/influxdb.js';
import { freePort } from '../../servers/ports.js';
import { openStore } from '../../store/stores.js';
import { keptWeights } from '../readings.js';
import { listen, response } from './answers.js';
import { type Door, openDoor, org, token } from './door.js';
import { sinkOf } from './sinks.js';

// The relay's own numbers in InfluxDB, beside the readings.

const timeMs = 1_772_366_460_000;
const given: RelayPoint[] = [
  { timeMs, tags: { vendor: 'withings', answered: 'upstream' }, fields: { exchanges: 3, p50_ms: 0.5 } },
  { timeMs, tags: { sink: 'mqtt house:1883/a b,c=d\\' }, fields: { backlog: 0 } },
];

type Way = (place: string) => InfluxSettings;

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

  describe.each<[string, Way]>([
    ['by 1.x', (place) => ({ version: '1', url: `${influxd.url}/${place}`, token: null, org: null })],
    ['behind the API of 2', (place) => ({ version: '2', url: `${door.url}/${place}`, token, org })],
    ['behind the API of 3', (place) => ({ version: '3', url: `${door.url}/${place}`, token, org: null })],
  ])('%s', (way, settings) => {
    test('has the numbers as floats, in a measurement of their own', async () => {
      const database = `relay-${way.at(-1)}`;
      await influxd.query(`CREATE DATABASE "${database}"`);
      const sink = await sinkOf(settings(database));
      onTestFinished(() => sink.close());
      expect(await sink.report?.(given)).toEqual({ kind: 'delivered' });
      expect(await sink.deliver(keptWeights(1))).toEqual({ kind: 'delivered' });

      const [names] = await influxd.query('SHOW MEASUREMENTS', database);
      expect(names?.values).toEqual([['scaletap'], ['scaletap_relay']]);
      const [fields] = await influxd.query('SHOW FIELD KEYS FROM "scaletap_relay"', database);
      expect(fields?.values).toEqual([
        ['backlog', 'float'],
        ['exchanges', 'float'],
        ['p50_ms', 'float'],
      ]);
      const rows = await influxd.query('SELECT * FROM "scaletap_relay" GROUP BY *', database);
      expect(rows.map(({ tags, values }) => [Object.values(tags ?? {}), values])).toEqual([
        [['', 'mqtt house:1883/a b,c=d%5C', ''], [[timeMs, 0, null, null]]],
        [['upstream', '', 'withings'], [[timeMs, null, 3, 0.5]]],
      ]);
    });
  });

  test('has each exchange of the journal once when serve has ended, whoever answered it', async () => {
    await influxd.query('CREATE DATABASE "served"');
    const flags = [...quick, '--influx-url', `${influxd.url}/served`, '--log-level', 'debug'];
    const fromMs = Date.now();
    const { house, scale } = await House.withScale(flags);
    await house.restart('SIGTERM', [...flags, '--mode', 'offline']);
    scale.weigh(78);
    await scale.visit();
    await house.restart('SIGTERM', flags);
    await house.liveVisit(scale);
    expect(await house.program.kill('SIGTERM')).toBe(0);
    expect(house.program.stderr).not.toContain('is not written');

    const journal = [...openStore(house.dataDir).journal.list()];
    const ofClients = journal.filter(({ connection }) => !connection.startsWith('catch-up-'));
    const answers = (answered: string) => ofClients.filter((one) => one.answered === answered).length;
    expect(answers('replayed')).toBeGreaterThan(0);
    expect(ofClients.length).toBeLessThan(journal.length);

    const exchanges = await influxd.query(
      'SELECT SUM("exchanges") FROM "scaletap_relay" GROUP BY "vendor", "answered"',
      'served',
    );
    expect(exchanges.map(({ tags, values }) => [tags?.vendor, tags?.answered, values[0]?.[1]])).toEqual([
      ['withings', 'replayed', answers('replayed')],
      ['withings', 'upstream', answers('upstream')],
    ]);
    const [latencies] = await influxd.query(
      'SELECT "p50_ms", "p99_ms", "max_ms" FROM "scaletap_relay"',
      'served',
    );
    expect(latencies?.values.length).toBeGreaterThan(2);
    for (const [time, ...given] of latencies?.values ?? []) {
      expect(time).toSatisfy((ms: number) => ms >= fromMs && ms <= Date.now());
      expect(given.map(Number).toSorted((a, b) => a - b)).toEqual(given);
    }
    const waiting = await influxd.query('SELECT "backlog" FROM "scaletap_relay" GROUP BY "sink"', 'served');
    expect(waiting.map(({ tags }) => tags?.sink)).toEqual([`influx ${influxd.url}/served`]);
  }, 60_000);
});

test('the end of serve is not held up by an InfluxDB that does not answer', async () => {
  const silent = await listen(() => undefined);
  const { port, program } = await serve(folder(), await kindCloud(), [
    '--influx-url',
    `http://127.0.0.1:${silent}/x`,
  ]);
  await postAll(port, [weighIn(0)]);
  const from = performance.now();
  expect(await program.kill('SIGTERM')).toBe(0);
  expect(performance.now() - from).toBeLessThan(6000);
}, 30_000);

describe.each<[InfluxSettings['version'], Partial<InfluxSettings>]>([
  ['1', {}],
  ['2', { version: '2', token, org }],
  ['3', { version: '3', token }],
])('of InfluxDB %s', (_, settings) => {
  test('deliveries do not wait for a report that nobody answers, and a close ends it', async () => {
    let heard = () => {};
    const asked = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const port = await listen((socket, bytes) => {
      if (bytes.includes('scaletap_relay')) heard();
      else if (bytes.includes('weight_kg')) socket.write(response('204 No Content'));
    });
    const sink = await sinkOf({ ...settings, url: `http://127.0.0.1:${port}/x` });
    const report = sink.report?.(given);
    await asked;
    expect(await sink.deliver(keptWeights(1))).toEqual({ kind: 'delivered' });
    await sink.close();
    expect(await report).toMatchObject({ kind: 'retry', message: 'closed before the answer came' });
  });

  test('a report that cannot be written says why, and does not reject', async () => {
    const sink = await sinkOf({ ...settings, url: `http://127.0.0.1:${await freePort()}/x` });
    onTestFinished(() => sink.close());
    expect(await sink.report?.(given)).toMatchObject({ kind: 'retry', cause: 'unreachable' });
  });
});
