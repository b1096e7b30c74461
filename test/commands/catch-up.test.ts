import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listenControl } from '../../src/control/control.js';
import type { Exchange } from '../../src/model/exchange.js';
import { Store } from '../../src/store/store.js';
import { vendorOf } from '../../src/vendors/index.js';
import { WithingsCloud } from '../servers/withings-cloud.js';
import { exchange, message, post } from '../transfer/exchanges.js';
import { folder, scaletap } from './scaletap.js';

const scale = '00:24:e4:00:00:01';
const other = '00:24:e4:00:00:02';
const secret = '0123456789abcdef';
const person = 1744475;
const startedAtMs = Date.parse('2026-01-31T06:30:00Z');

/** A measure that we have answered. */
function answered(minute: number, { device = scale, user = person } = {}): Exchange {
  const measures = encodeURIComponent('{"measures":[{"value":66850,"type":1,"unit":-3}]}');
  const who = `action=store&sessionid=ours&macaddress=${device}&userid=${user}&devtype=1&attribstatus=0`;
  return exchange({
    request: post('/cgi-bin/measure', `${who}&meastime=${1_400_000_000 + 60 * minute}&measures=${measures}`),
    response: message('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n', '{"status":0}'),
    answered: 'replayed',
    startedAtUs: 1000 * (startedAtMs + 60_000 * minute),
    endedAfterUs: 0,
  });
}

/** The store of a folder, for as long as `work` takes. */
function inStore<T>(dataDir: string, work: (store: Store) => T): T {
  const store = new Store(dataDir, vendorOf, { create: true });
  try {
    return work(store);
  } finally {
    store.close();
  }
}

/** A folder in which these are owed. */
function owing(...exchanges: readonly Exchange[]): string {
  const dataDir = folder();
  inStore(dataDir, ({ journal }) => journal.commit(exchanges, { owed: true }));
  return dataDir;
}

/** Has the scale's secret and its way of opening a session known, as after a live visit. */
function learn(dataDir: string, device = scale, values: Readonly<Record<string, string>> = {}): void {
  const known = {
    secret,
    'request.session': `action=new&auth=${device}&hash=0&mfgid=262151&currentfw=211&batterylvl=97&duration=30`,
    ...values,
  };
  inStore(dataDir, (store) =>
    store.values.change(() => {
      for (const [name, text] of Object.entries(known)) store.values.put('withings', device, name, text, 1);
    }),
  );
}

async function startCloud(): Promise<WithingsCloud> {
  const cloud = await WithingsCloud.start();
  onTestFinished(() => cloud.stop());
  const users = [
    { id: person, sn: 'MIC', wt: 70, ht: 1.7, agt: 30, sx: 0, fm: 1, cr: 1_363_702_686, att: 0 },
  ];
  for (const mac of [scale, other]) cloud.add(mac, { secret, users });
  return cloud;
}

function to(cloud: WithingsCloud): string[] {
  return ['--upstream', `scalews.withings.net=127.0.0.1:${cloud.port}`];
}

const states = (dataDir: string) => inStore(dataDir, ({ owed }) => owed.list().map(({ state }) => state));

describe('catch-up list', () => {
  test('shows what is and was owed', async () => {
    const dataDir = owing(answered(0), answered(1), answered(2, { device: other }));
    inStore(dataDir, ({ owed }) => {
      owed.settle(1, { state: 'refused', status: 247, problem: 'the cloud\x1b[2J says no' }, startedAtMs);
    });
    const { code, stdout } = await scaletap('catch-up', '--data-dir', dataDir);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^ID {2}ANSWERED +DEVICE +WHAT +STATE +STATUS +TRIES +PROBLEM$/);
    expect(lines[1]).toMatch(
      /^ 1 {2}2026-01-31 .* 00:24:e4:00:00:01 {2}measure {2}refused +247 +0 {2}the cloud\\x1b/,
    );
    expect(lines[2]).toMatch(/measure {2}pending +0$/);
    const { stdout: list } = await scaletap('catch-up', 'list', '--data-dir', dataDir);
    expect(list).toBe(stdout);
  });

  test('takes --device and --json', async () => {
    const dataDir = owing(answered(0), answered(1, { device: other }));
    const { stdout } = await scaletap('catch-up', 'list', '--data-dir', dataDir, '--device', other, '--json');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        ...{
          id: 2,
          answered: '2026-01-31T06:31:00.000Z',
          vendor: 'withings',
          device: other,
          what: 'measure',
        },
        ...{ state: 'pending', status: null, tries: 0, problem: null, settled: null, exchange: 2 },
      },
    ]);
  });

  test('says where there is no database', async () => {
    const dataDir = join(folder(), 'none');
    const { code, stderr } = await scaletap('catch-up', 'list', '--data-dir', dataDir);
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no database')]);
  });
});

describe('catch-up send', () => {
  test('sends as each scale, and keeps the exchanges in the journal', async () => {
    const cloud = await startCloud();
    const dataDir = owing(answered(0), answered(1, { device: other }), answered(2));
    learn(dataDir);
    learn(dataDir, other);
    const { code, stdout } = await scaletap('catch-up', 'send', '--data-dir', dataDir, ...to(cloud));
    expect(stdout).toBe(`${scale}: 2 measures delivered\n${other}: 1 measure delivered\n`);
    expect(code).toBe(0);
    expect(states(dataDir)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(cloud.books.receipts).toHaveLength(3);
    const kept = inStore(dataDir, ({ journal }) =>
      [...journal.list()].map(({ source, label, device }) => `${source} ${label} ${device}`),
    );
    expect(kept.slice(3, 8)).toEqual([
      'catch-up once null',
      ...['session new', 'measure', 'measure', 'session delete'].map((label) => `catch-up ${label} ${scale}`),
    ]);
    const again = await scaletap('catch-up', 'send', '--data-dir', dataDir, ...to(cloud));
    expect(again).toMatchObject({ code: 0, stdout: 'nothing is owed to the cloud\n' });
  });

  test('sends only as the one that is named', async () => {
    const cloud = await startCloud();
    const dataDir = owing(answered(0), answered(1, { device: other }));
    learn(dataDir);
    learn(dataDir, other);
    const { stdout } = await scaletap(
      'catch-up',
      'send',
      '00-24-E4-00-00-02',
      '--data-dir',
      dataDir,
      ...to(cloud),
    );
    expect(stdout).toBe(`${other}: 1 measure delivered\n`);
    expect(states(dataDir)).toEqual(['pending', 'delivered']);
    const third = await scaletap(
      'catch-up',
      'send',
      '00:24:e4:00:00:03',
      '--data-dir',
      dataDir,
      ...to(cloud),
    );
    expect(third).toMatchObject({ code: 0, stdout: 'nothing is owed to the cloud of 00:24:e4:00:00:03\n' });
  });

  test('tells what the cloud refused', async () => {
    const cloud = await startCloud();
    const dataDir = owing(answered(0, { user: 3_000_000_001 }), answered(1));
    learn(dataDir);
    const { code, stdout } = await scaletap(
      'catch-up',
      'send',
      '--data-dir',
      dataDir,
      ...to(cloud),
      '--json',
    );
    expect(JSON.parse(stdout)).toEqual({
      ...{
        vendor: 'withings',
        device: scale,
        delivered: 1,
        refused: 1,
        pending: 0,
        end: 'done',
        problem: null,
      },
    });
    expect(code).toBe(1);
    const { stdout: list } = await scaletap('catch-up', '--data-dir', dataDir);
    expect(list).toMatch(/refused +247 +1 {2}scalews\.withings\.net refused it with status 247\n/);
  });

  test('says what can be done when no secret is known', async () => {
    const cloud = await startCloud();
    const dataDir = owing(answered(0));
    const { code, stdout } = await scaletap('catch-up', 'send', '--data-dir', dataDir, ...to(cloud));
    expect(code).toBe(1);
    expect(stdout).toContain(`${scale}: 0 measures delivered; 1 still owed; no session can be opened`);
    expect(stdout).toContain(`scaletap values learn-secret ${scale}`);
    expect(cloud.connections).toBe(0);
    learn(dataDir, scale, { 'request.session': '' });
    const { stdout: second } = await scaletap('catch-up', 'send', '--data-dir', dataDir, ...to(cloud));
    expect(second).toContain('it has not opened one through scaletap yet');
  });

  test('of measures that nobody can be named for', async () => {
    const nameless = post('/cgi-bin/measure', 'action=store&sessionid=1&measures=?');
    const dataDir = owing({ ...answered(0), request: nameless });
    const { stdout } = await scaletap('catch-up', 'send', '--data-dir', dataDir);
    expect(stdout).toContain(
      'unknown device: 0 measures delivered; 1 still owed; nobody can tell whose they are',
    );
  });

  test('says when the cloud cannot be reached, or is not to be', async () => {
    const cloud = await startCloud();
    await cloud.misbehave('refuse');
    const dataDir = owing(answered(0));
    learn(dataDir);
    const away = await scaletap('catch-up', 'send', '--data-dir', dataDir, ...to(cloud));
    expect(away).toMatchObject({ code: 1, stdout: expect.stringContaining('refused the connection') });
    await cloud.recover();
    const offline = await scaletap(
      'catch-up',
      'send',
      '--data-dir',
      dataDir,
      ...to(cloud),
      '--mode',
      'offline',
    );
    expect(offline).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing is sent in mode offline'),
    });
    // A serve that was switched knows better than the settings.
    const control = await listenControl(dataDir, () => ({ mode: 'offline' }));
    const switched = await scaletap('catch-up', 'send', '--data-dir', dataDir, ...to(cloud));
    control.close();
    expect(switched).toMatchObject({ code: 1, stderr: offline.stderr });
    expect(cloud.connections).toBe(0);
    expect(states(dataDir)).toEqual(['pending']);
  });

  test('leaves alone what another scaletap is sending', async () => {
    const cloud = await startCloud();
    const dataDir = owing(answered(0));
    learn(dataDir);
    inStore(dataDir, ({ owed }) => owed.next('withings', scale, Date.now(), 60_000));
    const { code, stdout } = await scaletap('catch-up', 'send', '--data-dir', dataDir, ...to(cloud));
    expect(stdout).toContain('1 still owed; another scaletap is sending them now');
    expect(code).toBe(1);
    expect(cloud.books.receipts).toEqual([]);
  });
});

describe('catch-up drop', () => {
  test('gives up those that are named, and keeps them listed with their readings', async () => {
    const dataDir = owing(answered(0), answered(1), answered(2));
    inStore(dataDir, ({ owed }) => owed.settle(2, { state: 'delivered', status: 0 }, 1));
    const { code, stdout } = await scaletap('catch-up', 'drop', '1', '2', '--data-dir', dataDir);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^2 is delivered already\n1 is dropped: measure of 00:24:e4:00:00:01, 2026-01-31 .*\n/,
    );
    expect(stdout).toContain('\n1 measure dropped; the readings are kept\n');
    expect(states(dataDir)).toEqual(['dropped', 'delivered', 'pending']);
    expect(inStore(dataDir, ({ readings }) => readings.list())).toHaveLength(3);
  });

  test('gives up all, or all of a device', async () => {
    const dataDir = owing(answered(0), answered(1, { device: other }));
    await scaletap('catch-up', 'drop', '--all', '--device', other, '--data-dir', dataDir);
    expect(states(dataDir)).toEqual(['pending', 'dropped']);
    const { stdout } = await scaletap('catch-up', 'drop', '--all', '--json', '--data-dir', dataDir);
    expect(JSON.parse(stdout)).toMatchObject({ id: 1, state: 'dropped' });
    expect(states(dataDir)).toEqual(['dropped', 'dropped']);
  });

  test('drops nothing when one of them is not there', async () => {
    const dataDir = owing(answered(0));
    const { code, stderr } = await scaletap('catch-up', 'drop', '1', '7', '--data-dir', dataDir);
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no measure 7 in ')]);
    expect(states(dataDir)).toEqual(['pending']);
  });

  test.each([
    [[], 'name the ids'],
    [['1', '--all'], 'name the ids'],
    [['one'], 'one is not the id of a measure'],
    [['0'], '0 is not the id of a measure'],
  ])('%j is not understood', async (words, message) => {
    const dataDir = owing(answered(0));
    const { code, stderr } = await scaletap('catch-up', 'drop', ...words, '--data-dir', dataDir);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(states(dataDir)).toEqual(['pending']);
  });
});
