import { describe, expect, onTestFinished, test } from 'vitest';
import type { Influxd } from '../servers/influxdb.js';
import { haveInfluxdb, startInfluxd } from '../servers/influxdb.js';
import { captures } from '../wire/captures.js';
import { kindCloud, playCloud, playScale, postAll, weighIn } from './cloud.js';
import { capturePath, folder, output, Program, readingsOf, serve, until } from './scaletap.js';

/** Readings on their way from a scale to a real InfluxDB 1.x, through everything that may be in between. */

async function influxdb(options: { auth?: boolean } = {}): Promise<Influxd> {
  const influxd = await startInfluxd(options);
  onTestFinished(() => influxd.remove());
  return influxd;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** Every number in the database as `time kind value`; each series, time and field can be there only once. */
async function delivered(influxd: Influxd): Promise<string[]> {
  const series = await influxd.query('SELECT * FROM "scaletap" GROUP BY "device", "person"', 'scales');
  return series
    .flatMap(({ columns, values }) =>
      values.flatMap((row) =>
        columns
          .map((column, i) => [row[0], column, row[i]] as const)
          .filter(([, , value]) => typeof value === 'number'),
      ),
    )
    .filter(([, column]) => column !== 'time')
    .map(([time, column, value]) => `${new Date(Number(time)).toISOString()} ${column} ${value}`)
    .sort();
}

/** The same, from the readings that scaletap has. */
async function expected(dataDir: string): Promise<string[]> {
  const units: Record<string, string> = {
    ...{
      weight: 'weight_kg',
      battery: 'battery_pct',
      battery_voltage: 'battery_voltage_mv',
      firmware: 'firmware',
    },
    ...{ impedance: 'impedance_ohm', heart_rate: 'heart_rate_bpm', co2: 'co2_ppm' },
    ...{ resistance_extra: 'resistance_extra_ohm', resistance_intra: 'resistance_intra_ohm' },
    room_temperature: 'room_temperature_c',
  };
  const readings = await readingsOf(dataDir);
  return readings.map(({ time, kind, value }) => `${time} ${units[kind]} ${value}`).sort();
}

/** Resolves when as many numbers are in InfluxDB as scaletap has readings, and checks that they are the same. */
async function allDelivered(influxd: Influxd, dataDir: string, count: number): Promise<void> {
  const wanted = await expected(dataDir);
  expect(wanted).toHaveLength(count);
  await until(`${count} readings in InfluxDB`, async () => {
    const there = await delivered(influxd).catch(() => []);
    return there.length >= count ? there : undefined;
  });
  expect(await delivered(influxd)).toEqual(wanted);
}

describe.skipIf(!haveInfluxdb)('InfluxDB', () => {
  test('gets every reading once, back-dated, though it is down for a while and scaletap is restarted', async () => {
    const influxd = await influxdb();
    const dataDir = folder();
    const flags = ['--influx-url', `${influxd.url}/scales`];
    const cloud = await playCloud(captures());
    const first = await serve(dataDir, cloud.port, flags);
    for (const capture of captures()) await playScale(capture, first.port);
    await until(
      'the readings of the captures',
      async () => (await readingsOf(dataDir)).length >= 22 || undefined,
    );
    await allDelivered(influxd, dataDir, 22);

    await influxd.stop();
    expect(await first.program.kill('SIGTERM')).toBe(0);
    const second = await serve(dataDir, await kindCloud(), flags);
    await postAll(second.port, range(0, 40).map(weighIn));
    const [told] = await second.program.says(/ warn .*influx .*none is lost/);
    expect(told).toContain(`127.0.0.1:${influxd.port}`);
    // Killed and started again in the middle of it.
    await until('the weigh-ins', async () => (await readingsOf(dataDir)).length >= 62 || undefined);
    await second.program.kill('SIGKILL');
    const third = await serve(dataDir, await kindCloud(), flags);
    await postAll(third.port, range(20, 60).map(weighIn));
    await influxd.restart();
    await until('the later weigh-ins', async () => (await readingsOf(dataDir)).length >= 82 || undefined);
    await allDelivered(influxd, dataDir, 82);
    expect(await third.program.kill('SIGTERM')).toBe(0);
  }, 60_000);

  test('a wrong password is said, shown nowhere, and nothing is lost', async () => {
    const influxd = await influxdb({ auth: true });
    await influxd.query('CREATE DATABASE "scales"');
    await influxd.query(`CREATE USER "tap" WITH PASSWORD 'right-password'`);
    await influxd.query('GRANT WRITE ON "scales" TO "tap"');
    const dataDir = folder();
    const url = (password: string) => `http://tap:${password}@127.0.0.1:${influxd.port}/scales`;
    const flags = ['--log-level', 'debug', '--influx-url'];
    const wrong = await serve(dataDir, await kindCloud(), [...flags, url('wrong-password')]);
    await postAll(wrong.port, range(0, 5).map(weighIn));
    await wrong.program.says(/ warn .*influx .*authorization failed.*none is lost/);
    expect(await wrong.program.kill('SIGTERM')).toBe(0);
    expect(wrong.program.stderr).not.toContain('wrong-password');

    const right = await serve(dataDir, await kindCloud(), [...flags, url('right-password')]);
    await postAll(right.port, [weighIn(5)]);
    await until('the readings', async () => (await readingsOf(dataDir)).length >= 6 || undefined);
    await allDelivered(influxd, dataDir, 6);
    expect(await right.program.kill('SIGTERM')).toBe(0);
    expect(right.program.stderr).not.toContain('right-password');
  });

  test('gets what is imported beside a running relay', async () => {
    const influxd = await influxdb();
    const dataDir = folder();
    const { program } = await serve(dataDir, await kindCloud(), ['--influx-url', `${influxd.url}/scales`]);
    await program.says(/keeping exchanges/);
    await output('import', capturePath('ws50-weigh-in.http'), '--data-dir', dataDir);
    await allDelivered(influxd, dataDir, 7);
  });

  test('a URL that cannot be used ends it with a word about it', async () => {
    const program = new Program(['serve', '--data-dir', folder(), '--influx-url', 'http://nas:8086']);
    expect(await program.ended).toBe(2);
    expect(program.stderr).toMatch(/^scaletap: --influx-url/);
  });
});
