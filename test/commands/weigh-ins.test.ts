import { beforeEach, describe, expect, test, vi } from 'vitest';
import { capturePath, commit, folder, jsonLines, type Outcome, printed, scaletap } from './scaletap.js';
import { mac, session, users, weighIn } from './weighing.js';

let dataDir: string;

/** Of ANA, of BOB, of nobody and far from both, and of one of the two. */
beforeEach(() => {
  vi.stubEnv('TZ', 'UTC');
  dataDir = folder();
  commit(dataDir, [
    session(users),
    weighIn(1_769_841_001, 66_850, 7),
    weighIn(1_769_841_002, 70_000, 8),
    weighIn(1_769_841_003, 12_500),
    weighIn(1_769_841_004, 69_000, 7, 8),
  ]);
});

function weighIns(...args: string[]): Promise<Outcome> {
  return scaletap('weigh-ins', ...args, '--data-dir', dataDir);
}

function text(...args: string[]): Promise<string> {
  return printed('weigh-ins', ...args, '--data-dir', dataDir);
}

async function rows(...args: string[]): Promise<string[][]> {
  return (await text('list', ...args)).split('\n').map((line) => line.split(/ {2,}/));
}

interface Listed {
  readonly id: string;
  readonly owner: string | null;
  readonly counts: boolean;
  readonly values: Record<string, number>;
}

async function json(...args: string[]): Promise<Listed[]> {
  return jsonLines(await text('--json', ...args));
}

/** The weigh-in of a weight. */
async function of(kg: number): Promise<Listed> {
  const found = (await json()).find(({ values }) => values.weight_kg === kg);
  if (found === undefined) throw new Error(`no weigh-in of ${kg} kg`);
  return found;
}

async function weights(...args: string[]): Promise<(number | undefined)[]> {
  return (await json(...args)).map(({ values }) => values.weight_kg);
}

describe('list', () => {
  test('has a line for each, the newest last, with whose it is', async () => {
    const [titles, ...listed] = await rows();
    expect(titles).toEqual(['ID', 'TIME', 'PERSON', 'WEIGHT', 'FAT', 'DEVICE', 'NOTES']);
    expect(listed.map((row) => row.slice(1))).toEqual([
      ['2026-01-31 06:30:01 +00:00', 'ANA', '66.85 kg', mac],
      ['2026-01-31 06:30:02 +00:00', 'BOB', '70 kg', mac],
      ['2026-01-31 06:30:03 +00:00', '12.5 kg', mac],
      ['2026-01-31 06:30:04 +00:00', '69 kg', mac, 'not sure who, of ANA, BOB'],
      [],
    ]);
    expect(await text()).toBe(await text('list'));
  });

  test('--json has all that it brought, but not what is about the room', async () => {
    dataDir = folder();
    await scaletap('import', '--data-dir', dataDir, capturePath('ws50-weigh-in.http'));
    const all = await scaletap('readings', '--json', '--data-dir', dataDir);
    expect(all.stdout).toContain('"kind":"co2"');
    expect(await json()).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-z]+$/),
        ...{ time: '2013-12-14T20:30:12.000Z', person: '2507298', personName: 'FED' },
        ...{ device: expect.any(String), vendor: 'withings', quality: [], candidates: [] },
        ...{ owner: 'withings-2507298', ownedBy: 'vendor', counts: true },
        values: { weight_kg: 84.216, heart_rate_bpm: 93, impedance_ohm: 522 },
      },
    ]);
  });

  test.each<[string[], number[]]>([
    [['--person', 'ANA'], [66.85]],
    [['--person', 'withings-8'], [70]],
    [['--person', '8'], [70]],
    [
      ['--person', 'nobody'],
      [12.5, 69],
    ],
    [['--person', 'ZOE'], []],
    [
      ['--since', '2026-01-31T06:30:03Z'],
      [12.5, 69],
    ],
    [['--limit', '1'], [69]],
    [['--person', 'nobody', '--limit', '1'], [69]],
    [['--device', '00:24:e4:00:00:02'], []],
    [['--vendor', 'renpho'], []],
  ])('%j', async (args, kg) => {
    expect(await weights(...args)).toEqual(kg);
  });

  test('--limit counts weigh-ins, however many readings stand between them', async () => {
    commit(
      dataDir,
      Array.from({ length: 60 }, (_, i) => weighIn(1_769_850_000 + i, 66_000, 7)),
    );
    expect(await weights()).toHaveLength(50);
    expect(await weights('--limit', '63')).toHaveLength(63);
    expect(await weights('--limit', '1000')).toHaveLength(64);
  });
});

describe('give', () => {
  test('says whose it is', async () => {
    const { id } = await of(12.5);
    expect(await text('give', id, 'ANA')).toBe('12.5 kg of 2026-01-31 06:30:03 +00:00 is that of ANA now\n');
    expect(await of(12.5)).toMatchObject({ id, owner: 'withings-7', ownedBy: 'hand' });
    expect((await rows()).find((row) => row[0] === id)).toContain('given by hand');
    const theirs = await scaletap('readings', '--person', 'ANA', '--json', '--data-dir', dataDir);
    expect(theirs.stdout).toContain('"value":12.5,');
  });

  test('holds against what the vendor says, and can be to nobody', async () => {
    const { id } = await of(66.85);
    expect(await text('give', id, 'nobody')).toContain("is nobody's now");
    expect(await of(66.85)).toMatchObject({ id, owner: null, person: '7' });
    expect((await rows()).find((row) => row[0] === id)).toContain('given to nobody');
  });

  test('to somebody who is not there changes nothing', async () => {
    const before = await json();
    const { code, stderr } = await weighIns('give', (await of(12.5)).id, 'ZOE');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'nobody is called ZOE (scaletap people shows who there is)',
    });
    expect(await json()).toEqual(before);
  });
});

describe('drop and count', () => {
  test('what is dropped is kept, marked and exported nowhere', async () => {
    const ids = [(await of(66.85)).id, (await of(12.5)).id];
    expect(await text('drop', ...ids)).toBe(
      '66.85 kg of 2026-01-31 06:30:01 +00:00 does not count any more\n' +
        '12.5 kg of 2026-01-31 06:30:03 +00:00 does not count any more\n',
    );
    expect((await json()).map(({ counts }) => counts)).toEqual([false, true, false, true]);
    expect((await rows()).find((row) => row[0] === ids[0])).toContain('does not count');
    const { stdout, stderr } = await scaletap(
      ...['readings', '--format', 'openscale', '--person', 'ANA', '--data-dir', dataDir],
    );
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).toContain('left out 2 weigh-ins: 1 not to count, 1 not sure who');
    expect(await text('count', ids[0] ?? '')).toBe('66.85 kg of 2026-01-31 06:30:01 +00:00 counts\n');
    expect(await of(66.85)).toMatchObject({ counts: true, owner: 'withings-7' });
  });

  test('with one id that is not there nothing is changed', async () => {
    const { id } = await of(66.85);
    const gone = `00000000-${id.slice(9)}`;
    const { code, stderr } = await weighIns('drop', id, gone);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^there is no weigh-in ${gone} in .*, so nothing was changed`));
    expect(await of(66.85)).toMatchObject({ counts: true });
  });
});

test.each([
  ['give', 'WyJ3aXRoaW5ncyJd', 'ANA'],
  ['drop', '66.85'],
  ['count', '3fa85c21-'],
])('%s %s: what is no id is refused as such', async (...args) => {
  const { code, stderr } = await weighIns(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(`${args[1]} is not the id of a weigh-in`);
});
