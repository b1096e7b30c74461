import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../../src/model/exchange.js';
import { account, call, get, message, plain } from './calls.js';
import { ids, numbers, readOf, refused, weighInsOf } from './findings.js';

/** When the exchanges of calls.ts began. */
const now = plain.startedAtUs / 1_000_000;
const at = new Date(now * 1000).toISOString();

const query = 'RenphoHealth/scale/queryAllMeasureDataList';
const list = 'api/v2/measurements/list.json';
const token = 'token-of-the-test';

const row = {
  id: '#5919278420902642176',
  timeStamp: now - 60,
  bUserId: '#5245536005636456320',
  weight: 88.15,
};
const written = `${new Date((now - 60) * 1000).toISOString()} ${account} - #5919278420902642176`;

const answered = (got: unknown, path = query) => readOf(call({ path, token, got }));

/** An upload to a path of our invention: nobody has published the real one. */
const uploaded = (sent: unknown, got: unknown = null, over: Partial<Exchange> = {}) =>
  readOf(call({ path: 'RenphoHealth/scale/invented/upload', token, sent, got }, over));

describe('a weigh-in is read wherever it stands', () => {
  test.each<[string, unknown]>([
    ['a bare list', [row]],
    ['a list by name', { list: [row], total: 1 }],
    ['a day summary', { data: '2026-09-21', fourElectrodeWeight: row, eightElectrodeWeight: null }],
    ['deep down', { a: [[{ b: { c: [row] } }]] }],
    ['a text', { measurements: JSON.stringify([{ ...row, id: '5919278420902642176', bUserId: account }]) }],
    [
      'numbers as texts',
      [{ id: '5919278420902642176', timeStamp: `${row.timeStamp}`, bUserId: account, weight: '88.150' }],
    ],
    ['old names', [{ id: row.id, time_stamp: row.timeStamp, b_user_id: row.bUserId, weight: 88.15 }]],
  ])('%s', (_, got) => {
    const findings = answered(got);
    expect([numbers(findings), weighInsOf(findings)]).toEqual([['weight 88.15 kg'], [written]]);
  });

  test('both lists of the old cloud', () => {
    const of = (id: number) => ({ id, b_user_id: 5301, time_stamp: 1_650_000_000 + id, weight: 80 });
    const findings = readOf(
      get(list, '', { status_code: '20000', last_ary: [of(1)], previous_ary: [of(2), of(3)] }),
    );
    expect(weighInsOf(findings).map((line) => line.slice(-2))).toEqual(['#1', '#2', '#3']);
  });

  test('a field of a form with JSON in it, and a form that is one', () => {
    const post = (body: string) =>
      readOf({
        ...plain,
        request: message(
          'POST /api/v2/measurements/invented.json HTTP/1.1\r\nHost: renpho.qnclouds.com\r\nContent-Type: application/x-www-form-urlencoded\r\n',
          body,
        ),
        response: null,
      });
    const json = encodeURIComponent(`[{"time_stamp":${now},"weight":80.5,"bodyfat":"21.5"}]`);
    const expected = [['weight 80.5 kg', 'fat_ratio 21.5 pct'], [`${at} 5301 - #- [unverified]`]];
    for (const body of [
      `app_id=Renpho&user_id=5301&measurements_json=${json}`,
      `user_id=5301&time_stamp=${now}&weight=80.5&bodyfat=21.5`,
    ]) {
      const findings = post(body);
      expect([numbers(findings), weighInsOf(findings)]).toEqual(expected);
      expect(findings.label).toBe('unknown POST /api/v2/measurements/invented.json');
    }
  });

  test.each<[string, unknown]>([
    ['without a time', { weight: 80 }],
    ['with an empty time', { weight: 80, timeStamp: '' }],
    ['with a time of null', { weight: 80, timeStamp: null }],
    ['with a weight of 0', { weight: 0, timeStamp: now, bodyfat: 20 }],
    ['with a weight in words', { weight: 'float', timeStamp: now }],
    ['with an object for a weight', { weight: { value: 80 }, timeStamp: now }],
  ])('an object %s is none', (_, got) => {
    expect(answered([got])).toMatchObject({ readings: [], refusals: [] });
  });

  test('what stands there several times is one', () => {
    const findings = answered({
      list: [row, { ...row, mac: 'aabbccddeeff', bodyfat: 20 }],
      fourElectrodeWeight: row,
    });
    expect(numbers(findings)).toEqual(['weight 88.15 kg', 'fat_ratio 20 pct']);
    expect(weighInsOf(findings)).toEqual([written.replace(' - ', ' aa:bb:cc:dd:ee:ff ')]);
  });
});

describe('the person is', () => {
  const who = (fields: object, userId = '42') =>
    readOf(call({ path: query, token, userId, got: [{ timeStamp: now, weight: 80, ...fields }] })).readings[0]
      ?.person;

  test.each<[string, object, string]>([
    ['its owner', { bUserId: 1, subUserId: 2, userId: 3 }, '1'],
    ['its owner in the old spelling', { b_user_id: '1', user_id: 3 }, '1'],
    ['whom it is laid aside for, before it has an owner', { bUserId: null, subUserId: 2, userId: 3 }, '2'],
    ['its user', { bUserId: 0, subUserId: '', userId: 3 }, '3'],
    ['the account, when it names nobody', {}, '42'],
    ['the account, when what it names is no id', { bUserId: 'me' }, '42'],
  ])('%s', (_, fields, person) => {
    expect(who(fields)).toBe(person);
  });

  test('whom the object names that it stands in, before the account', () => {
    const rows = {
      userId: 3,
      list: [{ timeStamp: now, weight: 80 }],
      member: { bUserId: 4, rows: [{ timeStamp: now, weight: 80 }] },
    };
    expect(answered(rows).readings.map(({ person }) => person)).toEqual(['3', '4']);
    expect(answered(rows, 'RenphoHealth/app/friend/list').readings).toEqual([]);
  });

  test('nobody, when the account is not told either', () => {
    expect(who({}, '0')).toBeNull();
    expect(
      readOf(get(list, '', { last_ary: [{ time_stamp: now, weight: 80 }] })).readings[0]?.person,
    ).toBeNull();
  });

  test('the user of the query', () => {
    expect(
      readOf(get(list, '&user_id=7', { last_ary: [{ time_stamp: now, weight: 80 }] })).readings[0]?.person,
    ).toBe('7');
  });

  test('never the account for what a friend weighs', () => {
    const path = 'RenphoHealth/app/friend/measure/trend';
    expect(answered([{ weight: 70, localCreatedAt: '2026-06-11 07:41:12' }], path).readings).toEqual([]);
    expect(answered([{ weight: 70, timeStamp: now }], path).readings).toEqual([]);
    expect(answered([{ weight: 70, timeStamp: now, userId: 99 }], path).readings[0]?.person).toBe('99');
  });
});

describe('the device', () => {
  const of = (...macs: unknown[]) =>
    answered(macs.map((mac, i) => ({ ...row, id: i + 1, timeStamp: now - i, mac }))).device;

  test('of an exchange is the one that all rows name', () => {
    expect(of('AABBCCDDEEFF', 'aa-bb-cc-dd-ee-ff')).toBe('aa:bb:cc:dd:ee:ff');
  });

  test.each([
    ['AA:BB:CC:DD:EE:FF', 'AA:BB:CC:DD:EE:00'],
    ['AA:BB:CC:DD:EE:FF', ''],
    ['', null],
    ['00:00:00:00:00:00', undefined],
    ['my scale', 5],
  ])('and else the account: %j, %j', (...macs) => {
    expect(of(...macs)).toBe(account);
  });

  test('or nothing', () => {
    expect(readOf(get(list, '', {})).device).toBeNull();
  });
});

describe('an upload', () => {
  const sent = {
    timeStamp: `${now - 60}`,
    subUserId: account,
    weight: '88.15',
    bodyfat: '21.3',
    mac: 'AA:BB:CC:DD:EE:FF',
  };

  test('and what is downloaded of it later are the same readings', () => {
    const download = answered([{ ...row, bodyfat: 21.3, subUserId: row.bUserId }]);
    expect(ids(uploaded([sent]))).toEqual(ids(download));
  });

  test('gets the id that the cloud answers for its time', () => {
    const findings = uploaded(
      [sent, { ...sent, timeStamp: now - 30 }],
      [
        { id: '#5919278420902642176', timeStamp: now - 60 },
        { id: '#5919278420902642199', timeStamp: `${now - 30}` },
      ],
    );
    expect(weighInsOf(findings).map((line) => line.split('#')[1])).toEqual([
      '5919278420902642176',
      '5919278420902642199',
    ]);
  });

  test.each<[string, unknown, unknown]>([
    ['the answer is about another time', [sent], [{ id: 5, timeStamp: now }]],
    [
      'the answer has two for it',
      [sent],
      [
        { id: 5, timeStamp: now - 60 },
        { id: 6, timeStamp: now - 60 },
      ],
    ],
    ['two have that time', [sent, { ...sent, subUserId: 7 }], [{ id: 5, timeStamp: now - 60 }]],
    ['its own id is one that the phone counts', [{ ...sent, id: 12 }], null],
    ['the cloud refused it', [sent], undefined],
  ])('has none when %s', (_, rows, got) => {
    const findings = uploaded(rows, got ?? null);
    expect(findings.readings.every(({ cloudId }) => cloudId === null)).toBe(true);
    expect(findings.readings.length).toBeGreaterThan(0);
  });

  test('of a row that has been in the cloud keeps its id', () => {
    expect(weighInsOf(uploaded([row]))).toEqual([written]);
  });

  test('that the cloud has not taken has no id: it may be made up, and would stand in the way', () => {
    const { readings } = uploaded([row], null, { response: null });
    expect(readings.map(({ cloudId }) => cloudId)).toEqual(readings.map(() => null));
    expect(readings.length).toBeGreaterThan(0);
  });

  test.each([
    ['without an answer', { response: null }],
    ['that we refused', { answered: 'refused' }],
  ] as const)('%s counts, but anybody may have sent it', (_, given) => {
    const { readings } = uploaded([sent], null, given);
    expect(readings.map(({ quality }) => quality)).toEqual([['unverified'], ['unverified']]);
  });

  test.each([
    [8, 'ahead of'],
    [-8, 'behind'],
    [14, 'ahead of'],
  ])('%d hours off the clock is marked', (hours, where) => {
    const seconds = now + hours * 3600 - 100;
    const findings = uploaded([{ ...sent, timeStamp: seconds }]);
    expect(findings.readings.map(({ quality }) => quality)).toEqual([['shifted-time'], ['shifted-time']]);
    expect(refused(findings)).toEqual([
      `time-off-by-hours: time stamp ${seconds} is ${Math.abs(hours)} hours ${where} this machine's clock`,
    ]);
  });

  test('one hour off is one hour', () => {
    expect(refused(uploaded([{ ...sent, timeStamp: now + 3600 }]))[0]).toMatch(/ is 1 hour ahead of /);
  });

  test.each([0, 60, -170, 3600 + 200, -8 * 3600 + 200, 15 * 3600, -30 * 3600])(
    '%d seconds off is not',
    (seconds) => {
      const findings = uploaded([{ ...sent, timeStamp: now + seconds }]);
      expect([weighInsOf(findings).join().includes('shifted-time'), findings.refusals]).toEqual([false, []]);
    },
  );

  test('a download may be of any time', () => {
    expect(answered([{ ...row, timeStamp: now - 8 * 3600 }])).toMatchObject({ refusals: [] });
  });
});

describe('marked is', () => {
  test('what was typed in, whatever its time', () => {
    const typed = { ...row, deviceType: '00000' };
    expect(weighInsOf(answered([typed]))).toEqual([`${written} [typed-in]`]);
    expect(weighInsOf(uploaded([{ ...typed, timeStamp: now - 7200 }]))[0]).toMatch(/ \[typed-in\]$/);
  });

  test.each([{ deviceType: '00038' }, { deviceType: 0 }, { method: 0 }, { isAuto: 0 }])(
    'not %j',
    (fields) => {
      expect(weighInsOf(answered([{ ...row, ...fields }]))).toEqual([written]);
    },
  );

  test('what is more than a day ahead', () => {
    expect(weighInsOf(answered([{ ...row, timeStamp: now + 86_500 }]))[0]).toMatch(/ \[future-time\]$/);
  });

  test('what was deleted: rows, and ids of any kind', () => {
    const of = (id: unknown) => ({ id, b_user_id: 5301, time_stamp: 1_650_000_000, weight: 80 });
    const findings = readOf(
      get(list, '', {
        last_ary: [],
        delete_ary: [of(1), 2, '3', '#5919278420902642176', { id: 4, marks: [8, 9] }, null, 0],
      }),
    );
    expect(findings.deleted).toEqual(['1', '2', '3', '5919278420902642176', '4']);
    expect(weighInsOf(findings)).toEqual(['2022-04-15T05:20:00.000Z 5301 - #1 [deleted]']);
  });

  test('what was deleted is not there twice', () => {
    const deleted = { id: 1, b_user_id: 5301, time_stamp: 1_650_000_000, weight: 80 };
    const findings = readOf(get(list, '', { last_ary: [deleted], delete_ary: [deleted] }));
    expect(weighInsOf(findings)).toEqual(['2022-04-15T05:20:00.000Z 5301 - #1 [deleted]']);
  });
});

test.each([0, -5, 1_790_000_000_000, 2 ** 32, 'yesterday', true, {}, Number.MAX_SAFE_INTEGER])(
  'a time stamp of %j is refused by name',
  (timeStamp) => {
    const findings = answered([{ ...row, timeStamp }, row]);
    expect(weighInsOf(findings)).toEqual([written]);
    expect(refused(findings)).toEqual([expect.stringMatching(/^bad-time: time stamp is ./)]);
  },
);
