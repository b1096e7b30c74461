import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { weighInFormats } from '../../src/commands/weigh-in-formats.js';
import { weighInsOf } from '../../src/commands/weigh-ins-of.js';
import { readingFormats } from '../../src/config/choices.js';
import { UsageError } from '../../src/model/errors.js';
import type { KeptReading, Quality } from '../../src/model/reading.js';
import { reading } from '../../src/model/reading.js';
import { wrap } from '../../src/vendors/renpho/envelope.js';
import { exchange, post } from '../transfer/exchanges.js';
import * as renpho from '../vendors/renpho/calls.js';
import type { Outcome } from './scaletap.js';
import { capturePath, commit, folder, scaletap } from './scaletap.js';

let dataDir: string;

beforeEach(() => {
  vi.stubEnv('TZ', 'Europe/Berlin');
  dataDir = folder();
});

function readings(...args: string[]): Promise<Outcome> {
  return scaletap('readings', '--data-dir', dataDir, ...args);
}

async function took(...captures: string[]): Promise<void> {
  await scaletap('import', '--data-dir', dataDir, ...captures.map(capturePath));
}

/** The whole record of the new Renpho cloud, as the app gets it. */
function tookRenpho(): void {
  const inside = Buffer.from(renpho.capture('new_measurement_record_full_fixture.json'));
  const body = `{"code":101,"msg":"success","data":"${wrap(inside)}"}`;
  const path = 'RenphoHealth/scale/queryAllMeasureDataList';
  const asked = renpho.call({ path, sent: {}, token: 'token-of-the-test' });
  commit(dataDir, [{ ...asked, response: renpho.message('HTTP/1.1 200 OK\r\n', body) }]);
}

/** A weight of one person, in the middle of 2026 unless told otherwise, and whatever else is given. */
function weight(value: number, given: Partial<KeptReading> = {}): KeptReading {
  const { kind = 'weight', timeMs = Date.UTC(2026, 5, 1), person = '7' } = given;
  const draft = { kind, value, timeMs, person, device: '00:24:e4:00:00:01', vendor: 'withings' } as const;
  return { ...reading(draft), owner: ana, ownedBy: 'vendor', counts: true, ...given };
}

const ana = { key: 'withings-7', name: 'ANA' };
const bob = { key: 'withings-9', name: 'BOB' };
const nobodys = { person: null, owner: null, ownedBy: null };

/** What is asked for with a word that means these. */
function asked(word: string, ...keys: readonly string[]) {
  return { word, keys: new Set(keys) };
}

describe('mrtg', () => {
  test('prints grams, thousandths of a per cent, when, and who', async () => {
    tookRenpho();
    expect(await readings('--format', 'mrtg')).toEqual({
      code: 0,
      stdout: '88150\n21300\nlast weigh-in 2026-06-11 08:41:12 +02:00\nrenpho 5245536005636456320\n',
      stderr: '',
    });
  });

  test('UNKNOWN stands for what a scale does not measure', async () => {
    await took('ws50-weigh-in.http');
    const { stdout } = await readings('--format', 'mrtg');
    expect(stdout).toBe('84216\nUNKNOWN\nlast weigh-in 2013-12-14 21:30:12 +01:00\nFED\n');
  });

  test('of nobody there are four lines too, and nothing for cron to mail', async () => {
    commit(dataDir, []);
    const nobody = { code: 0, stdout: 'UNKNOWN\nUNKNOWN\nno weigh-in\nnobody\n', stderr: '' };
    expect(await readings('--format', 'mrtg')).toEqual(nobody);
  });

  test('the newest fat ratio may be of an older weigh-in than the newest weight', () => {
    const before = { timeMs: Date.UTC(2026, 4, 1) };
    const all = [weight(66, before), weight(21.5, { ...before, kind: 'fat_ratio' }), weight(66.85)];
    expect(weighInFormats.mrtg(weighInsOf(all, null)).split('\n').slice(0, 2)).toEqual(['66850', '21500']);
  });

  test('a number that is none for MRTG is UNKNOWN', () => {
    for (const value of [1e300, -5]) {
      expect(weighInFormats.mrtg(weighInsOf([weight(value)], null))).toMatch(/^UNKNOWN\nUNKNOWN\n/);
    }
  });

  test('a name is one line, and no markup', () => {
    const given = weighInsOf(
      [weight(66, { owner: { key: 'a', name: '<b>"A"\n&\u202e\u{1f600}</b>' } })],
      null,
    );
    const lines = weighInFormats.mrtg(given).split('\n');
    expect(lines.slice(3)).toEqual(['?b??A????\u{1f600}?/b?', '']);
  });
});

describe('openscale', () => {
  const titles = 'DATE,TIME,WEIGHT,BODY_FAT,WATER,MUSCLE,LBM,BONE,VISCERAL_FAT\n';

  test('has all that openScale knows of a weigh-in', async () => {
    tookRenpho();
    expect(await readings('--format', 'openscale')).toEqual({
      code: 0,
      stdout: `${titles}2026-06-11,08:41:12,88.15,21.3,55.2,55.7,69.4,3.4,9\n`,
      stderr: '',
    });
  });

  test('has a row a weigh-in, by rising time, and leaves out the room', async () => {
    await took('wbs01-weigh-in.http');
    const { stdout } = await readings('--format', 'openscale');
    expect(stdout).toBe(`${titles}2010-09-04,02:01:52,66.85,,,,,,\n2010-09-04,02:02:14,68.95,,,,,,\n`);
  });

  test('of a mass that openScale wants in per cent it gives the share of the weight', () => {
    const all = [weight(80), weight(16, { kind: 'fat_mass' }), weight(30, { kind: 'muscle_mass' })];
    const mass = weight(44, { kind: 'water_mass' });
    expect(weighInFormats.openscale(weighInsOf([...all, mass], null))).toContain(',80,20,55,37.5,,,');
    const told = [weight(21, { kind: 'fat_ratio' }), ...all];
    expect(weighInFormats.openscale(weighInsOf(told, null))).toContain(',80,21,,37.5,,,');
  });

  test('times and weights come back as they were', () => {
    const some = fc.uniqueArray(
      fc.record({ s: fc.nat(1_700_000_000), g: fc.integer({ min: 1, max: 250_000 }) }),
      {
        selector: ({ s }) => s,
      },
    );
    fc.assert(
      fc.property(some, (given) => {
        vi.stubEnv('TZ', 'UTC');
        const sorted = given.sort((a, b) => a.s - b.s);
        const all = sorted.map(({ s, g }) => weight(g / 1000, { timeMs: s * 1000 }));
        const rows = weighInFormats.openscale(weighInsOf(all, null)).trimEnd().split('\n').slice(1);
        const back = rows.map((row) => {
          const [date, time, kg] = row.split(',');
          return { s: Date.parse(`${date}T${time}Z`) / 1000, g: Math.round(Number(kg) * 1000) };
        });
        expect(back).toEqual(sorted);
      }),
    );
  });

  test('health-connect is the same file, which openScale sync passes on', async () => {
    tookRenpho();
    expect(await readings('--format', 'health-connect')).toEqual(await readings('--format', 'openscale'));
  });
});

describe('garmin', () => {
  const head = 'Body\nDate,Weight,BMI,Fat\n';

  test('has the date, weight, BMI and fat', async () => {
    tookRenpho();
    const stdout = `${head}"2026-06-11","88.15","27.2","21.3"\n`;
    expect(await readings('--format', 'garmin')).toEqual({ code: 0, stdout, stderr: '' });
  });

  test('of a day has the last weigh-in, and 0 for what there is not', async () => {
    await took('wbs01-weigh-in.http');
    const { stdout } = await readings('--format', 'garmin');
    expect(stdout).toBe(`${head}"2010-09-04","68.95","0","0"\n`);
  });

  test('the day is that of this machine', async () => {
    await took('wbs01-weigh-in.http');
    vi.stubEnv('TZ', 'America/New_York');
    expect((await readings('--format', 'garmin')).stdout).toBe(`${head}"2010-09-03","68.95","0","0"\n`);
  });
});

describe('whose', () => {
  test('of several people one must be named', async () => {
    await took('wbs01-weigh-in.http', 'ws50-weigh-in.http');
    for (const format of readingFormats) {
      expect(await readings('--format', format)).toEqual({
        code: 2,
        stdout: '',
        stderr: 'there are weigh-ins of PRX, FED; say whose with --person',
      });
    }
    for (const person of ['FED', '2507298']) {
      const { stdout } = await readings('--format', 'mrtg', '--person', person);
      expect(stdout.split('\n').slice(3)).toEqual(['FED', '']);
    }
  });

  test('a name that nobody has gives an empty file and a word about it', async () => {
    await took('ws50-weigh-in.http');
    const { stdout, stderr } = await readings('--format', 'garmin', '--person', 'fed');
    expect(stdout).toBe('Body\nDate,Weight,BMI,Fat\n');
    expect(stderr).toMatch(/warn {2}no weigh-ins of fed\n$/);
  });

  test('--limit keeps the newest weigh-ins, not readings, and --since those since then', async () => {
    await took('wbs01-weigh-in.http');
    const rows = async (...args: string[]) =>
      (await readings('--format', 'openscale', ...args)).stdout.split('\n').slice(1, -1);
    expect(await rows('--limit', '1')).toEqual(['2010-09-04,02:02:14,68.95,,,,,,']);
    expect(await rows('--since', '2010-09-04T00:02:00Z')).toEqual(['2010-09-04,02:02:14,68.95,,,,,,']);
  });
});

describe('what is left out', () => {
  const day = (date: number): number => Date.UTC(2026, 5, date);
  const with_ = (quality: readonly Quality[], date: number) => weight(date, { quality, timeMs: day(date) });
  const deleted = (date: number) => ({ ...with_(['deleted'], date), counts: false });
  const unsure = { ...nobodys, quality: ['ambiguous-person'], candidates: ['7', '8'] } as const;
  const all = [
    with_([], 1),
    deleted(2),
    with_(['unverified'], 3),
    { ...deleted(4), quality: ['unverified', 'deleted'] as const },
    with_(['future-time'], 5),
    weight(6, { ...unsure, timeMs: day(6) }),
    weight(7, { ...nobodys, timeMs: day(7) }),
    with_(['replayed', 'server-time', 'typed-in'], 8),
  ];

  test('is counted, by reason', () => {
    const { weighIns, leftOut } = weighInsOf(all, null);
    expect(weighIns.map(({ values }) => values.get('weight'))).toEqual([1, 8]);
    expect(leftOut).toBe(
      '6 weigh-ins: 2 deleted in the app, 1 not verified, 1 not sure who, 1 with a time in the future, 1 of nobody',
    );
  });

  test('for one person, what may be theirs is counted and what is of nobody is not', () => {
    const { weighIns, leftOut } = weighInsOf(all, asked('ANA', ana.key));
    expect(weighIns).toHaveLength(2);
    expect(leftOut).toMatch(/^5 weigh-ins: .*1 not sure who, 1 with a time in the future$/);
  });

  test('is not told of somebody else', () => {
    const theirs = weight(80, { person: '9', owner: bob, quality: ['deleted'], counts: false });
    expect(weighInsOf([...all, theirs], asked('ANA', ana.key)).leftOut).not.toContain('3 deleted');
    expect(weighInsOf([theirs], asked('ANA', ana.key))).toEqual({
      person: 'ANA',
      weighIns: [],
      leftOut: null,
    });
  });

  test('does not make a second person', () => {
    const forged = weight(80, { person: '9', owner: bob, quality: ['unverified'] });
    expect(weighInsOf([...all, forged], null).person).toBe('ANA');
  });

  test('is all there is, if nobody has another weigh-in', () => {
    expect(weighInsOf([deleted(2)], null)).toEqual({
      person: null,
      weighIns: [],
      leftOut: '1 weigh-in: 1 deleted in the app',
    });
  });

  test('the same id of two vendors is two people', () => {
    const other = weight(80, { vendor: 'renpho', person: '8' });
    const maybe = weight(6, { ...unsure, candidates: ['8'], vendor: 'withings' });
    expect(weighInsOf([weight(70), other, maybe], asked('ANA', ana.key)).leftOut).toBeNull();
  });

  test('is not what a hand or the weight has given to somebody', () => {
    const given = { ...unsure, owner: ana, quality: ['ambiguous-person'] } as const;
    const both = [
      weight(70, { ...given, ownedBy: 'hand' }),
      weight(71, { ...given, ownedBy: 'weight', timeMs: 0 }),
    ];
    expect(weighInsOf(both, null)).toMatchObject({ person: 'ANA', leftOut: null });
    expect(weighInsOf(both, null).weighIns).toHaveLength(2);
  });

  test('is what a hand has given to nobody, or to somebody else', () => {
    const away = [
      weight(70, { owner: null, ownedBy: 'hand' }),
      weight(71, { owner: bob, ownedBy: 'hand', timeMs: 0 }),
    ];
    const maybe = weight(6, { ...unsure, ownedBy: 'hand', timeMs: 1 });
    const found = weighInsOf([weight(72, { timeMs: 2 }), ...away, maybe], asked('ANA', ana.key));
    expect(found.weighIns.map(({ values }) => values.get('weight'))).toEqual([72]);
    expect(found.leftOut).toBeNull();
  });

  test('is what is not to count, and not what counts although it was deleted', () => {
    const dropped = weight(70, { counts: false });
    const back = weight(71, { quality: ['deleted'], counts: true, timeMs: 0 });
    const { weighIns, leftOut } = weighInsOf([dropped, back], null);
    expect(weighIns.map(({ values }) => values.get('weight'))).toEqual([71]);
    expect(leftOut).toBe('1 weigh-in: 1 not to count');
  });

  test('is said on stderr', async () => {
    await took('ws50-weigh-in.http');
    commit(dataDir, [scaleUnsureOf('2507298', '2507299')]);
    const { stdout, stderr } = await readings('--format', 'openscale');
    expect(stdout.split('\n')).toHaveLength(3);
    expect(stderr).toMatch(/warn {2}left out 1 weigh-in: 1 not sure who\n$/);
  });
});

test('a file that Garmin Connect may not take is said to be long', async () => {
  const each = (day: number) => scaleOf('2507298', 1_700_000_000 + day * 86_400);
  commit(
    dataDir,
    Array.from({ length: 200 }, (_, day) => each(day)),
  );
  const { stdout, stderr } = await readings('--format', 'garmin');
  expect(stdout.split('\n')).toHaveLength(203);
  expect(stderr).toContain('more than 4 KB');
  expect((await readings('--format', 'garmin', '--limit', '100')).stderr).toBe('');
});

describe('refusals', () => {
  test.each([
    [['--json', '--csv'], '--json and --csv cannot both'],
    [['--json', '--format', 'mrtg'], '--json and --format cannot both'],
    [['--csv', '--format', 'garmin'], '--csv and --format cannot both'],
    [['--json', '--csv', '--format', 'openscale'], '--json and --csv and --format cannot all'],
  ])('%j', async (args, wrong) => {
    expect(await readings(...args)).toMatchObject({ code: 2, stderr: `${wrong} be had; give one of them` });
  });

  test.each(['har', 'ndjson', 'http'])('%s is a format of exchanges', async (format) => {
    const { code, stderr } = await readings('--format', format);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `--format: ${format} is a format of exchanges (scaletap exchanges export); readings have mrtg, openscale, garmin, health-connect`,
    );
  });

  test.each(readingFormats)('%s is no format of exchanges', async (format) => {
    commit(dataDir, []);
    const export_ = await scaletap('exchanges', 'export', '--data-dir', dataDir, '--format', format);
    expect(export_).toMatchObject({ code: 2, stdout: '' });
    expect(export_.stderr).toContain('har, ndjson, http');
  });
});

describe('whatever the readings are', () => {
  const anyReading = fc
    .record({
      kind: fc.constantFrom('weight', 'fat_ratio', 'muscle_mass', 'bmi', 'room_temperature', 'withings_hrv'),
      value: fc.double({ noNaN: true, noDefaultInfinity: true }),
      timeMs: fc.integer({ min: -8.64e15, max: 8.64e15 }),
      person: fc.option(fc.constantFrom('7', '=8')),
      owner: fc.option(
        fc.record({ key: fc.constantFrom('ana', 'bob'), name: fc.string({ unit: 'binary' }) }),
      ),
      ownedBy: fc.option(fc.constantFrom('vendor', 'weight', 'hand')),
      counts: fc.boolean(),
      quality: fc.subarray<Quality>(['deleted', 'unverified', 'ambiguous-person', 'replayed']),
      candidates: fc.subarray(['7', '=8']),
    })
    .map(({ value, ...given }) => weight(value, given as Partial<KeptReading>));

  test('no cell is a formula, and mrtg has four lines', () => {
    fc.assert(
      fc.property(
        fc.array(anyReading, { maxLength: 8 }),
        fc.option(fc.constantFrom('ana', 'bob', '=cmd')),
        (all, word) => {
          for (const format of readingFormats) {
            const lines = textOf(format, all, word)?.split('\n').slice(0, -1);
            if (lines === undefined) continue;
            if (format === 'mrtg') expect(lines).toHaveLength(4);
            else
              for (const cell of lines.flatMap((line) => line.split(',')))
                expect(cell).not.toMatch(/^"?[=+@\t\r]/);
          }
        },
      ),
    );
  });
});

/** A weigh-in that a Withings scale posts for the user. */
function scaleOf(user: string, meastime: number, more = '') {
  const measures = encodeURIComponent(JSON.stringify({ measures: [{ value: 66850, type: 1, unit: -3 }] }));
  const form = `action=store&sessionid=abc&macaddress=00:24:e4:00:00:50&userid=${user}&${more}meastime=${meastime}&devtype=1&attribstatus=0&measures=${measures}`;
  return exchange({ startedAtUs: meastime * 1e6, request: post('/cgi-bin/measure', form) });
}

function scaleUnsureOf(user: string, other: string) {
  return scaleOf(user, 1_700_000_000, `userid=${other}&`);
}

/** Undefined where it must be said whose it is. */
function textOf(format: keyof typeof weighInFormats, all: readonly KeptReading[], word: string | null) {
  try {
    return weighInFormats[format](weighInsOf(all, word === null ? null : asked(word, word)));
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return undefined;
  }
}
