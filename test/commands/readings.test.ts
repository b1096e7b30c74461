import { beforeEach, describe, expect, test } from 'vitest';
import { csvLines } from '../../src/commands/reading-formats.js';
import { exchange, message, post } from '../transfer/exchanges.js';
import { commit, folder, scaletap } from './scaletap.js';
import { mac, session } from './weighing.js';

const users = [
  { id: 7, sn: 'ANA' },
  { id: 8, sn: '=CM' },
];
const done = message('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n', '{"status":0}');

function weighIn(meastime: number, grams: number, who: string) {
  const measures = encodeURIComponent(JSON.stringify({ measures: [{ value: grams, type: 1, unit: -3 }] }));
  const form = `action=store&sessionid=abc&macaddress=${mac}&${who}meastime=${meastime}&devtype=1&attribstatus=0&measures=${measures}`;
  return exchange({
    startedAtUs: meastime * 1e6 + 5e6,
    request: post('/cgi-bin/measure', form),
    response: done,
  });
}

let dataDir: string;

beforeEach(() => {
  dataDir = folder();
  commit(dataDir, [
    session(users),
    weighIn(1769841001, 66850, 'userid=7&'),
    weighIn(1769841002, 70000, 'userid=8&'),
    weighIn(1769841003, 12500, ''),
    weighIn(1769841004, 71000, 'userid=7&userid=8&'),
  ]);
});

async function readings(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await scaletap('readings', '--data-dir', dataDir, ...args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
}

async function json(...args: string[]): Promise<Record<string, unknown>[]> {
  const lines = (await readings('--json', ...args)).trimEnd().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

describe('the table', () => {
  test('has a line for each, by time, with names and units', async () => {
    const lines = (await readings()).split('\n').map((line) => line.split(/ {2,}/));
    expect(lines[0]).toEqual(['TIME', 'PERSON', 'DEVICE', 'WHAT', 'VALUE', 'NOTES']);
    const time = /^2026-01-31 \d\d:\d\d:01 [+-]\d\d:\d\d$/;
    const weighed = lines.filter((line) => line.includes('Weight'));
    expect(weighed.map((line) => line.slice(1))).toEqual([
      ['ANA', mac, 'Weight', '66.85 kg'],
      ['=CM', mac, 'Weight', '70 kg'],
      [mac, 'Weight', '12.5 kg'],
      ['=CM', mac, 'Weight', '71 kg', 'not sure who, of ANA, =CM, known by weight'],
    ]);
    expect(weighed[0]?.[0]).toMatch(time);
    expect(lines.filter((line) => line.includes('Battery'))).toHaveLength(1);
  });

  test('of nothing has titles', async () => {
    expect(await readings('--since', '2100-01-01')).toBe('TIME  PERSON  DEVICE  WHAT  VALUE  NOTES\n');
  });
});

test('--json gives an object a line', async () => {
  const all = await json();
  expect(all.filter(({ kind }) => kind === 'weight').map(({ id, ...rest }) => rest)[0]).toEqual({
    time: '2026-01-31T06:30:01.000Z',
    person: '7',
    personName: 'ANA',
    device: mac,
    vendor: 'withings',
    kind: 'weight',
    value: 66.85,
    unit: 'kg',
    quality: [],
    candidates: [],
    cloudId: null,
    owner: 'withings-7',
    ownedBy: 'vendor',
    counts: true,
  });
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});

describe('--csv', () => {
  test('is RFC 4180', async () => {
    const lines = (await readings('--csv')).split('\r\n');
    expect(lines[0]).toBe(
      'time,person,person_name,device,vendor,kind,value,unit,quality,candidates,id,cloud_id,owner,owned_by,counts',
    );
    expect(lines.at(-1)).toBe('');
    const weight = lines.find((line) => line.includes(',66.85,'));
    expect(weight).toMatch(
      /^2026-01-31T06:30:01\.000Z,7,ANA,00:24:e4:00:00:01,withings,weight,66\.85,kg,,,'?[\w-]{22},,withings-7,vendor,true$/,
    );
    expect(lines.find((line) => line.includes(',71,'))).toContain(',ambiguous-person,7 8,');
  });

  test('gives no spreadsheet a formula to run', async () => {
    const lines = (await readings('--csv')).split('\r\n');
    expect(lines.find((line) => line.includes(',70,'))).toContain(",8,'=CM,");
    for (const cell of lines.flatMap((line) => line.split(','))) expect(cell).not.toMatch(/^"?[=+@-]/);
  });

  /** A reading whose numbers and texts begin as formulas do. */
  const reading = {
    id: '-abc',
    kind: 'room_temperature',
    value: -3.5,
    unit: 'c',
    timeMs: 0,
    device: 'a "b", c\n',
    vendor: 'withings',
    person: '+1',
    owner: { key: 'x', name: '@x' },
    ownedBy: 'hand',
    counts: false,
    candidates: [],
    quality: [],
    cloudId: null,
  } as const;

  test('leaves numbers alone and quotes what must be', () => {
    expect([...csvLines([reading])][1]).toBe(
      `1970-01-01T00:00:00.000Z,'+1,'@x,"a ""b"", c\n",withings,room_temperature,-3.5,c,,,'-abc,,x,hand,false\r\n`,
    );
  });

  test.each([
    ['=cmd|1', "'=cmd|1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@x', "'@x"],
    ['\uff1dx', "'\uff1dx"],
    ['\t=x', "'\t'=x"],
    ['\rx', `"'\rx"`],
    ['Ana;=x', "Ana;'=x"],
    ['a\t@x', "a\t'@x"],
    ['a, "b"\n', '"a, ""b""\n"'],
    ['a-b=c', 'a-b=c'],
    ['Zo\u00eb \u{1f600} <script>', 'Zo\u00eb \u{1f600} <script>'],
  ])('the name %j is %j', async (name, cell) => {
    expect([...csvLines([{ ...reading, owner: { key: 'x', name } }])][1]).toContain(`Z,'+1,${cell},"a`);
  });
});

describe('filters', () => {
  const weights = async (...args: string[]) =>
    (await json(...args)).filter(({ kind }) => kind === 'weight').map(({ value }) => value);

  test.each<[string[], number[]]>([
    [['--person', '7'], [66.85]],
    [['--person', 'ANA'], [66.85]],
    [
      ['--person', '=CM'],
      [70, 71],
    ],
    [
      ['--person', 'withings-8'],
      [70, 71],
    ],
    [['--person', 'ZOE'], []],
    [['--person', 'nobody'], [12.5]],
    [['--person', '8', '--limit', '1'], [71]],
    [
      ['--since', '2026-01-31T06:30:03Z'],
      [12.5, 71],
    ],
    [
      ['--device', mac],
      [66.85, 70, 12.5, 71],
    ],
    [
      ['--device', '00-24-E4-00-00-01'],
      [66.85, 70, 12.5, 71],
    ],
    [['--device', '00:24:e4:00:00:02'], []],
    [
      ['--vendor', 'withings'],
      [66.85, 70, 12.5, 71],
    ],
    [
      ['--limit', '2'],
      [12.5, 71],
    ],
    [['--person', '7', '--limit', '1'], [66.85]],
  ])('%j', async (args, values) => {
    expect(await weights(...args)).toEqual(values);
  });
});

test('names from outside cannot move the cursor', async () => {
  commit(dataDir, [
    session([{ id: 9, sn: '\u061c[2J' }], 1_769_841_100),
    weighIn(1769841101, 50000, 'userid=9&'),
  ]);
  const table = await readings('--person', '9');
  expect(table).toContain('\\u061c[2J');
  expect(table).not.toContain('\u061c');
});

test('works while another process has the store open', async () => {
  const { Store } = await import('../../src/store/store.js');
  const { vendorOf } = await import('../../src/vendors/index.js');
  const store = new Store(dataDir, vendorOf);
  const before = (await json()).length;
  store.journal.commit([weighIn(1769841005, 72000, '')]);
  expect((await json()).length).toBe(before + 1);
  store.close();
});
