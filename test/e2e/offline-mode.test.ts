import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { available } from '../servers/available.js';
import { startCountingDns } from '../servers/counting-dns.js';
import { Scale } from '../servers/scale.js';
import { House, quick } from './house.js';
import { folder, serve } from './scaletap.js';

/** Without any cloud at all: by choice, by what was learnt elsewhere, by the people in the configuration. */

async function countingDns(manner: Parameters<typeof startCountingDns>[0]) {
  const dns = await startCountingDns(manner);
  onTestFinished(() => dns.stop());
  return dns;
}

const offline = [...quick, '--mode', 'offline'];

test('in mode offline no upstream is dialled and no name looked up; in mode auto both are', async () => {
  const dns = await countingDns('no-such-name');
  const { house, scale } = await House.withScale();

  await house.restart('SIGTERM', [...offline, '--upstream-dns', dns.server]);
  const before = house.cloud.connections;
  for (const kg of [76, 77, 78]) {
    scale.weigh(kg);
    await scale.visit();
  }
  // The name of another host of the vendor, which is not fixed to an address.
  await house.restart('SIGTERM', [
    ...offline,
    '--upstream-dns',
    dns.server,
    '--upstream',
    'scalews.withings.net',
  ]);
  scale.weigh(79);
  await scale.visit();
  expect(scale.store).toEqual([]);
  expect(house.cloud.connections).toBe(before);
  expect(dns.questions).toBe(0);
  await house.expectKept();

  // The same relay would look up and dial, were it not for the mode.
  await house.restart('SIGTERM', [
    ...quick,
    '--upstream-dns',
    dns.server,
    '--upstream',
    'scalews.withings.net',
  ]);
  await scale.visit();
  expect(dns.questions).toBeGreaterThan(0);
  await house.restart('SIGTERM', quick);
  await scale.visit();
  expect(house.cloud.connections).toBeGreaterThan(before);
});

/** Whether programs can be traced here, which some containers forbid. */
function canTrace(): boolean {
  if (!available('strace')) return false;
  if (spawnSync('/usr/bin/strace', ['-o', '/dev/null', process.execPath, '--version']).status === 0)
    return true;
  process.stderr.write('no program can be traced here: the test under strace is skipped\n');
  return false;
}

describe.skipIf(!canTrace())('strace', () => {
  test('sees no call to anywhere from start to end in mode offline', async () => {
    const { house, scale } = await House.withScale();
    await house.program.kill('SIGTERM');

    /** Runs it under strace for one visit, and gives the system calls by which it reaches out to the network. */
    const calls = async (flags: readonly string[]): Promise<string[]> => {
      const trace = join(folder(), 'trace');
      const tracer = [
        '/usr/bin/strace',
        '-D',
        '-f',
        '-e',
        'trace=connect,sendto,sendmsg,sendmmsg',
        '-o',
        trace,
      ];
      const { program, port } = await serve(house.dataDir, house.cloud.port, flags, tracer);
      scale.port = port;
      scale.weigh(77);
      await scale.visit();
      expect(await program.kill('SIGTERM')).toBe(0);
      return readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => line.includes('AF_INET'));
    };
    expect(await calls(offline)).toEqual([]);
    expect((await calls(quick)).length).toBeGreaterThan(0);
  }, 60_000);
});

test.each(['no-such-name', 'silent'] as const)('a resolver that is %s: scaletap answers', async (manner) => {
  const dns = await countingDns(manner);
  const { house, scale } = await House.withScale();
  const lookingUp = ['--upstream', 'scalews.withings.net', '--upstream-dns', dns.server];
  await house.restart('SIGTERM', [...quick, ...lookingUp]);
  scale.weigh(77);
  const visit = await scale.visit();
  expect(visit.exchanges.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
  expect(dns.questions).toBeGreaterThan(0);
  await house.restart('SIGTERM', quick);
  await house.liveVisit(scale);
  house.expectDelivered();
  await house.expectKept();
});

const people = `
people:
  - name: Ada Lovelace
    short-name: ADA
    height-m: 1.65
    birth-date: 1985-12-10
    sex: female
    weight-kg: 61.5
  - name: Charles
    height-m: 1.80
    birth-date: 1979-06-01
    sex: male
    athlete: true
    weight-kg: 84
    withings-id: 4711
`;

test('a scale works without cloud and account, with the people in the configuration', async () => {
  const dataDir = folder();
  writeFileSync(join(dataDir, 'scaletap.yaml'), people, { mode: 0o600 });
  const at = ['--time-zone', 'Europe/Berlin', '--latitude', '52.5', '--language', 'de_DE'];
  const house = await House.open([...offline, ...at], dataDir);
  const scale = house.scale();
  const { session } = await scale.visit();
  expect(scale.users.map(({ sn }) => sn).sort()).toEqual(['ADA', 'CHA']);
  expect(scale.users.find(({ sn }) => sn === 'CHA')).toMatchObject({ id: 4711, ht: 1.8, sx: 0 });
  expect(scale.users.find(({ sn }) => sn === 'ADA')).toMatchObject({ ht: 1.65, sx: 1 });
  const now = Date.now() / 1000;
  expect(Math.abs((session?.utc ?? 0) - now)).toBeLessThan(5);
  expect([3600, 7200]).toContain(session?.zone?.goff);
  // Gravity in Berlin is 9.8128 m/s².
  expect(session?.ind).toMatchObject({ stp: 0, g: expect.closeTo(98128, -1) });

  const weighed = scale.weigh(62);
  expect(weighed?.users).toEqual(scale.users.filter(({ sn }) => sn === 'ADA').map(({ id }) => id));
  scale.weigh(83.5);
  await scale.visit();
  expect(scale.store).toEqual([]);
  // The next session tells the scale what it weighed.
  await scale.visit();
  expect(scale.users.find(({ sn }) => sn === 'CHA')).toMatchObject({ wt: 83.5, att: 0 });
  const weights = await house.expectKept();
  expect(weights.map(({ value, quality }) => [value, quality.includes('replayed')])).toEqual([
    [62, true],
    [83.5, true],
  ]);
  expect(weights[1]?.person).toBe('4711');
  expect(house.cloud.connections).toBe(0);
});

test('what one machine has learnt makes another one work offline', async () => {
  const house = await House.open();
  const scale = house.scale({ mac: '00:24:e4:00:00:77' }, undefined);
  await house.firstVisit(scale);
  const file = join(folder(), 'values.json');
  expect(await house.command('values', 'export', '--out', file)).toMatchObject({ code: 0 });
  expect(readFileSync(file, 'utf8')).not.toContain(scale.identity.secret);
  expect(await house.command('values', 'export', '--show-secrets', '--out', file)).toMatchObject({ code: 0 });
  expect(readFileSync(file, 'utf8')).toContain(scale.identity.secret);

  const other = await House.open([...offline, '--require-auth']);
  const moved = new Scale(other.port, scale.identity);
  other.scales.push(moved);
  // Nothing is known of it there.
  expect((await moved.visit()).session).toBeNull();
  expect(await other.command('values', 'import', file)).toMatchObject({ code: 0, stderr: '' });
  await other.restart('SIGTERM');
  const { session } = await moved.visit();
  expect(session?.users).toMatchObject([{ sn: 'MIC', wt: 77.11, ht: 1.727 }]);
  moved.weigh(76.9);
  await moved.visit();
  const [weight] = await other.expectKept();
  expect(weight).toMatchObject({ value: 76.9, personName: 'MIC', quality: ['replayed'] });
  expect(other.cloud.connections).toBe(0);
});

test('the mode is switched while it runs', async () => {
  const { house, scale } = await House.withScale();

  expect(await house.command('mode', 'offline')).toMatchObject({ code: 0 });
  await house.program.says(/mode offline/);
  const before = house.cloud.connections;
  scale.weigh(77);
  expect(house.wasLive(await scale.visit())).toBe(false);
  expect(house.cloud.connections).toBe(before);

  expect(await house.command('mode', 'live')).toMatchObject({ code: 0 });
  await house.program.says(/mode live/);
  await house.cloud.misbehave('unavailable');
  // In mode live the scale gets what the cloud says, which is nothing that it can use.
  await expect(scale.visit()).rejects.toThrow('it is not JSON');
  await house.cloud.recover();
  expect(house.wasLive(await scale.visit())).toBe(true);

  expect(await house.command('mode', 'auto')).toMatchObject({ code: 0 });
  await house.program.says(/mode auto/);
  await house.cloud.misbehave('unavailable');
  scale.weigh(78);
  expect((await scale.visit()).exchanges.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
  await house.cloud.recover();
  await house.liveVisit(scale);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  await house.expectKept();
});

test('a visit goes on when the mode is switched in the middle of it', async () => {
  const { house, scale } = await House.withScale();
  const visitWith = async (mode: string) => {
    scale.weigh(77);
    const visit = await scale.visit({
      before: async (endpoint) => {
        if (endpoint === 'measure') expect(await house.command('mode', mode)).toMatchObject({ code: 0 });
      },
    });
    expect(visit.exchanges.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    return house.wasLive(visit);
  };
  expect(await visitWith('offline')).toBe(true);
  expect(house.cloud.books.receipts).toEqual([]);
  // Begun by us, it is ours to the end.
  expect(await visitWith('live')).toBe(false);
  expect(house.cloud.books.receipts).toEqual([]);
  await house.command('mode', 'auto');
  await house.liveVisit(scale);
  expect(house.cloud.books.count(250)).toBe(0);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
  await house.expectKept();
});
