import { beforeEach, describe, expect, test, vi } from 'vitest';
import { readPeople } from '../../src/config/people.js';
import { Store } from '../../src/store/store.js';
import { vendorOf } from '../../src/vendors/index.js';
import { commit, folder, jsonLines, type Outcome, printed, scaletap } from './scaletap.js';
import { session, users, weighIn } from './weighing.js';

let dataDir: string;

/** Two people whom a Withings scale knows, with a weigh-in each; one of them has a second. */
beforeEach(() => {
  vi.stubEnv('TZ', 'UTC');
  dataDir = folder();
  commit(dataDir, [
    session(users),
    weighIn(1_769_841_001, 66_850, 7),
    weighIn(1_769_841_002, 70_000, 8),
    weighIn(1_769_841_003, 67_100, 7),
  ]);
});

function people(...args: string[]): Promise<Outcome> {
  return scaletap('people', ...args, '--data-dir', dataDir);
}

function text(...args: string[]): Promise<string> {
  return printed('people', ...args, '--data-dir', dataDir);
}

async function json(): Promise<Record<string, unknown>[]> {
  return jsonLines(await text('--json'));
}

async function one(key: string) {
  return (await json()).find((person) => person.key === key);
}

describe('list', () => {
  test('has who was learnt, what they weighed last, and where they are from', async () => {
    const rows = (await text()).split('\n').map((line) => line.split(/ {2,}/));
    expect(rows[0]).toEqual(['KEY', 'NAME', 'SHORT', 'VENDOR IDS', 'WEIGH-INS', 'WEIGHT', 'ON', 'FROM']);
    expect(rows).toContainEqual([
      ...['withings-7', 'ANA', 'withings 7', '2', '67.1 kg', '2026-01-31 06:30:03 +00:00', 'learnt'],
    ]);
    expect(await text('list')).toBe(await text());
  });

  test('--json has all that is known', async () => {
    expect(await one('withings-7')).toEqual({
      key: 'withings-7',
      name: 'ANA',
      shortName: null,
      colour: expect.stringMatching(/^#[0-9a-f]{6}$/),
      ids: [{ vendor: 'withings', id: '7' }],
      heightM: null,
      birthDate: null,
      sex: null,
      origin: 'learnt',
      weighIns: 2,
      last: { time: '2026-01-31T06:30:03.000Z', weight_kg: 67.1 },
    });
  });

  test('names from outside cannot move the cursor', async () => {
    commit(dataDir, [
      session([{ id: 9, sn: '\u061c[2J' }], 1_769_841_004),
      weighIn(1_769_841_004, 50_000, 9),
    ]);
    expect(await text()).toContain('\\u061c[2J');
  });
});

describe('add', () => {
  test('adds somebody with what is said', async () => {
    const said = ['short-name=ZOE', 'colour=1F77B4', 'height-m=1.7', 'birth-date=1992-08-14', 'sex=Female'];
    expect(await text('add', 'Zoé', ...said, 'renpho-id=6000000000000000001,12')).toBe(
      'Zoé is added, with the key zoe\n',
    );
    expect(await one('zoe')).toMatchObject({
      ...{ name: 'Zoé', shortName: 'ZOE', colour: '#1f77b4', heightM: 1.7, birthDate: '1992-08-14' },
      ids: [
        { vendor: 'renpho', id: '12' },
        { vendor: 'renpho', id: '6000000000000000001' },
      ],
      ...{ sex: 'female', origin: 'page', weighIns: 0, last: null },
    });
  });

  test('may be the first thing of all', async () => {
    dataDir = folder();
    await text('add', 'Zoe');
    expect((await json()).map(({ key }) => key)).toEqual(['zoe']);
  });

  test('the id of somebody who was learnt brings the weigh-ins along', async () => {
    await text('add', 'Ana', 'withings-id=7');
    expect(await one('ana')).toMatchObject({ weighIns: 2 });
    expect(await one('withings-7')).toBeUndefined();
  });

  test('a name that somebody has is refused', async () => {
    const { code, stdout, stderr } = await people('add', 'ANA');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('ANA');
    expect(await json()).toHaveLength(2);
  });
});

describe('set', () => {
  test('changes what is named and leaves the rest', async () => {
    await text('set', 'withings-7', 'short-name=ANA', 'height-m=1.7');
    expect(await text('set', 'withings-7', 'name=Ana Maria', 'height-m=')).toBe(
      'ANA is called Ana Maria now\n',
    );
    expect(await one('withings-7')).toMatchObject({ name: 'Ana Maria', shortName: 'ANA', heightM: null });
  });

  test('of ids those of one vendor are changed', async () => {
    await text('set', 'withings-7', 'renpho-id=12,13');
    await text('set', 'withings-7', 'renpho-id=12');
    const ids = (await one('withings-7'))?.ids;
    expect(ids).toEqual([
      { vendor: 'renpho', id: '12' },
      { vendor: 'withings', id: '7' },
    ]);
    await text('set', 'withings-7', 'renpho-id=');
    expect((await one('withings-7'))?.ids).toEqual([{ vendor: 'withings', id: '7' }]);
  });

  test.each(['withings-7', 'ANA', '7'])('%s is a word for the person', async (word) => {
    expect(await text('set', word, 'sex=female')).toBe('ANA is changed\n');
  });

  test('what scaletap.yaml says is changed there', async () => {
    const store = new Store(dataDir, vendorOf);
    const { value } = readPeople(['{"name": "Zoe", "height-m": 1.7}']);
    store.seed(value);
    store.close();
    const { code, stderr } = await people('set', 'Zoe', 'height-m=1.8', 'name=Zoé');
    expect(code).toBe(1);
    expect(stderr).toContain('scaletap.yaml');
    expect(await text('set', 'Zoe', 'colour=1f77b4')).toBe('Zoe is changed\n');
    expect(await one('zoe')).toMatchObject({ ...{ heightM: 1.7, colour: '#1f77b4' }, origin: 'settings' });
  });

  test('a word that means nobody, or two, is refused', async () => {
    expect((await people('set', 'ANNA', 'sex=female')).stderr).toBe(
      'nobody is called ANNA; did you mean ANA? (scaletap people shows who there is)',
    );
    for (const who of ['withings-7', 'withings-8']) await text('set', who, 'short-name=X');
    expect((await people('set', 'X', 'sex=female')).stderr).toMatch(
      /^X may be withings-[78] or withings-[78]; write which$/,
    );
    const both = await scaletap('readings', '--person', 'X', '--json', '--data-dir', dataDir);
    expect(both.stdout.trimEnd().split('\n')).toHaveLength(3);
    const exported = await scaletap('readings', '--person', 'X', '--format', 'mrtg', '--data-dir', dataDir);
    expect(exported).toMatchObject({ code: 2, stdout: '' });
    expect(exported.stderr).toMatch(/^--person: X may be .*; write which$/);
  });
});

describe('merge and remove', () => {
  test('all of one goes to the other', async () => {
    expect(await text('merge', 'BOB', 'ANA')).toBe("BOB is ANA now, with all weigh-ins and vendors' ids\n");
    expect(await json()).toHaveLength(1);
    expect(await one('withings-7')).toMatchObject({ weighIns: 3 });
  });

  test('nobody is merged into themselves', async () => {
    const { code, stderr } = await people('merge', 'ANA', 'withings-7');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'ANA and withings-7 are one person already: withings-7',
    });
  });

  test('who has nothing can be removed, who has weigh-ins cannot', async () => {
    await text('add', 'Zoe');
    expect(await text('remove', 'Zoe')).toBe('Zoe is removed\n');
    expect((await people('remove', 'ANA')).code).toBe(1);
    expect(await json()).toHaveLength(2);
  });
});

test('a folder without a database is an error, and none is made', async () => {
  dataDir = folder();
  for (const args of [['list'], ['set', 'ana', 'sex=female'], ['remove', 'ana']]) {
    expect((await people(...args)).stderr).toContain('there is no database');
  }
});
