import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeptReading } from '../../src/model/reading.js';
import { haveInfluxdb, type Influxd, startInfluxd } from '../servers/influxdb.js';
import { sinkOf } from '../sinks/influx/sinks.js';
import { keptReading } from '../sinks/readings.js';
import { capturedReadings } from './captured.js';
import { dashboards, expanded, type Target, type Values } from './dashboards.js';

// Every query of every panel, expanded as Grafana does, against a real InfluxDB that our sink has filled: with what is
// in the captures, and with what they have too little of. The relay's own numbers are in relay.test.ts.

const ofReadings = [...dashboards].filter(([file]) => file !== 'relay.json');

const ws50 = { device: '00:24:e4:00:00:50', vendor: 'withings', person: '2507298' } as const;
const wbs01 = '00:24:e4:ff:fc:01';
const ws30 = '00:24:e4:00:00:01';
const r = 'aa:bb:cc:dd:ee:ff';
const ann = '5245536005636456320';
/** What the owner of the WS-50 is called. */
const joe = `"Joe" O'Hara-Fox / 50%`;
const joeWritten = joe.replace('%', '%25');

/** Eight more mornings on the WS-50 behind its capture of 14 December 2013; scaletap answered on the last one. */
const mornings = Array.from({ length: 8 }, (_, day) =>
  keptReading({
    ...ws50,
    kind: 'weight',
    value: 84 - day / 10,
    timeMs: Date.UTC(2013, 11, 15 + day, 6, 30),
    quality: day === 7 ? ['replayed'] : [],
  }),
);
/** Nobody has published a capture with these. */
const masses = (['fat_mass', 'water_mass', 'bone_mass'] as const).map((kind, i) =>
  keptReading({ ...ws50, kind, value: 10 + i, timeMs: mornings[0]?.timeMs ?? 0 }),
);
/** A name and an id that a regular expression would take for something else. */
const odd = keptReading({
  ...ws50,
  person: 'a|b/.*',
  device: '(?',
  kind: 'weight',
  value: 1,
  timeMs: Date.UTC(2014, 0, 1),
});

/** Somebody whom nothing is known of. */
const guest = keptReading({
  vendor: 'withings',
  device: ws30,
  person: null,
  kind: 'weight',
  value: 71,
  timeMs: Date.UTC(2013, 2, 19, 6),
});

function named(given: KeptReading): KeptReading {
  const { owner, person } = given;
  return owner !== null && person === ws50.person ? { ...given, owner: { ...owner, name: joe } } : given;
}

const everybody: Values = {
  person: ['101010', '12345', joeWritten, ann, '67890', '9223372036854775806', 'a|b/.*'],
  device: ['%', '(?', ws30, ws50.device, wbs01, r],
};
const range = { from: '2010-01-01T00:00:00Z', to: '2026-12-31T00:00:00Z', interval: '1d' };

describe.skipIf(!haveInfluxdb)('the dashboards on a real InfluxDB 1.x', () => {
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd();
    const sink = await sinkOf({ url: `${influxd.url}/scaletap` });
    const all = [...capturedReadings(), ...mornings, ...masses, odd, guest].map(named);
    expect(await sink.deliver(all)).toEqual({ kind: 'delivered' });
    await sink.close();
  });
  afterAll(() => influxd.remove());

  function target(file: string, panelId: number, refId: string): Target {
    const panel = dashboards.get(file)?.panels.find(({ id }) => id === panelId);
    const found = panel?.targets?.find((each) => each.refId === refId);
    if (found === undefined) throw new Error(`${file} has no panel ${panelId} with ${refId}`);
    return found;
  }

  type Row = (string | number | boolean | null)[];

  /** The rows of each series by its tag, `-` where it has none; times in ISO 8601. */
  async function ask(query: string, given: Partial<typeof range> & { values?: Values } = {}) {
    const series = await influxd.query(
      expanded(query, { ...range, values: everybody, ...given }),
      'scaletap',
    );
    return Object.fromEntries(
      series.map(({ tags, values }): [string, Row[]] => [
        Object.values(tags ?? {}).join() || '-',
        values.map(([time, ...row]) => [new Date(Number(time)).toISOString().slice(0, 16), ...row]),
      ]),
    );
  }

  /** The last row of each series, and how many there are. */
  async function lastOf(query: string, given: Partial<typeof range> & { values?: Values } = {}) {
    const series = await ask(query, given);
    return Object.fromEntries(
      Object.entries(series).map(([tag, rows]) => [tag, [rows.length, ...(rows.at(-1) ?? [])]]),
    );
  }

  const weighIns = {
    '101010': [2, '2010-09-04T00:02', 68.95],
    '12345': [1, '2024-05-12T21:40', 82.5],
    [joeWritten]: [9, '2013-12-22T06:30', 83.3],
    [ann]: [1, '2026-06-11T06:41', 88.15],
    '67890': [1, '2024-05-12T21:41', 65],
    'a|b/.*': [1, '2014-01-01T00:00', 1],
  };
  const lastWeights = Object.fromEntries(
    Object.entries(weighIns).map(([person, [, time, value]]) => [person, [1, time, value]]),
  );

  const expectations: [string, number, string, string, object][] = [
    ['people.json', 1, 'A', 'the last weight of everybody, with its time', lastWeights],
    ['people.json', 2, 'A', 'the last weigh-in of everybody', lastWeights],
    ['people.json', 3, 'A', 'all weights', weighIns],
    // The captured 84.216 and the first six mornings, then two more days.
    [
      'people.json',
      3,
      'B',
      'the trend, from the seventh day on',
      { [joeWritten]: [3, '2013-12-22T00:00', 83.6] },
    ],
    [
      'people.json',
      4,
      'A',
      'weigh-ins, the newest first',
      { '-': [15, '2010-09-04T00:01', '101010', wbs01, 66.85, null, null, null] },
    ],
    ['people.json', 10, 'A', 'weigh-ins of nobody', { '-': [1, '2013-03-19T06:00', ws30, 71] }],
    [
      'people.json',
      6,
      'A',
      'composition',
      {
        '12345': [1, '2024-05-12T21:40', 22.3, 18.5, 55.2, null, 42.1, null, 16.8],
        [ann]: [1, '2026-06-11T06:41', 21.3, 18.9, 55.2, null, 65.8, null, 17.6],
        '67890': [1, '2024-05-12T21:41', 28.5, 24, 52, null, 38.5, null, 15.5],
      },
    ],
    [
      'people.json',
      7,
      'A',
      'composition by mass',
      {
        '12345': [1, '2024-05-12T21:40', null, 64.1, 64.1, null, null, 4.2],
        [joeWritten]: [1, '2013-12-15T06:30', 10, null, null, null, 11, 12],
        [ann]: [1, '2026-06-11T06:41', null, 69.4, 49.1, null, null, 3.4],
        '67890': [1, '2024-05-12T21:41', null, 46.5, 46.5, null, null, 3.8],
      },
    ],
    [
      'people.json',
      8,
      'A',
      'heart rates',
      {
        '12345': [1, '2024-05-12T21:40', 72],
        [joeWritten]: [1, '2013-12-14T20:30', 93],
        '67890': [1, '2024-05-12T21:41', 68],
      },
    ],
    [
      'people.json',
      9,
      'A',
      'body mass indices',
      {
        '12345': [1, '2024-05-12T21:40', 24.8],
        [ann]: [1, '2026-06-11T06:41', 27.2],
        '67890': [1, '2024-05-12T21:41', 22.1],
      },
    ],
    [
      'devices.json',
      2,
      'A',
      'batteries',
      {
        [wbs01]: [1, '2010-09-04T00:02', 88],
        [ws30]: [1, '2013-03-20T03:47', 95],
        [ws50.device]: [1, '2013-12-14T20:30', 64],
      },
    ],
    [
      'devices.json',
      3,
      'A',
      'firmware',
      {
        [wbs01]: [1, '2010-09-04T00:02', 100],
        [ws30]: [1, '2013-03-20T03:47', 211],
        [ws50.device]: [1, '2013-12-14T20:30', 1521],
      },
    ],
    ['devices.json', 4, 'A', 'CO2', { [ws50.device]: [1, '2013-12-14T00:00', 655] }],
    ['devices.json', 5, 'A', 'the temperature of the room', { [ws50.device]: [1, '2013-12-14T00:00', 20.2] }],
    [
      'devices.json',
      6,
      'A',
      'batteries over time',
      {
        [wbs01]: [1, '2010-09-04T00:00', 88],
        [ws30]: [2, '2013-03-20T00:00', 96],
        [ws50.device]: [1, '2013-12-14T00:00', 64],
      },
    ],
    ['devices.json', 7, 'A', 'the voltage of batteries', { [ws30]: [2, '2013-03-20T00:00', 5936] }],
    [
      'devices.json',
      8,
      'A',
      'weigh-ins a day',
      {
        '%': [1, '2024-05-12T00:00', 2],
        '(?': [1, '2014-01-01T00:00', 1],
        [wbs01]: [1, '2010-09-04T00:00', 2],
        [ws30]: [1, '2013-03-19T00:00', 1],
        [ws50.device]: [9, '2013-12-22T00:00', 1],
        [r]: [1, '2026-06-11T00:00', 1],
      },
    ],
    [
      'devices.json',
      8,
      'B',
      'weigh-ins a day that scaletap answered',
      { [ws50.device]: [1, '2013-12-22T00:00', 1] },
    ],
  ];

  test.each(expectations)('%s, panel %d %s: %s', async (file, panel, refId, _, expected) => {
    expect(await lastOf(target(file, panel, refId).query)).toEqual(expected);
  });

  test('devices.json, panel 1 A: the newest reading of each device, whatever it is', async () => {
    const seen = await ask(target('devices.json', 1, 'A').query);
    const times = Object.entries(seen).map(([device, rows]) => [device, rows.map(([time]) => time)]);
    expect(Object.fromEntries(times)).toEqual({
      '%': ['2024-05-12T21:41'],
      '(?': ['2014-01-01T00:00'],
      [ws30]: ['2013-03-20T03:47'],
      [ws50.device]: ['2013-12-22T06:30'],
      [wbs01]: ['2010-09-04T00:02'],
      [r]: ['2026-06-11T06:41'],
    });
  });

  test('no query is left out here', () => {
    const asked = [
      ...expectations.map(([file, panel, refId]) => [file, panel, refId].join()),
      'devices.json,1,A',
    ];
    const there = ofReadings.flatMap(([file, { panels }]) =>
      panels.flatMap(({ id, targets = [] }) => targets.map(({ refId }) => [file, id, refId].join())),
    );
    expect(asked.sort()).toEqual(there.sort());
  });

  test('all of them narrow down to the person, the device and the time that are chosen', async () => {
    const mine: Values = { person: [joeWritten], device: [ws50.device] };
    const morning = { from: '2013-12-22T00:00:00Z', to: '2013-12-22T23:59:00Z' };
    const alone = { [joeWritten]: [1, '2013-12-22T06:30', 83.3] };
    const { query } = target('people.json', 3, 'A');
    expect(await lastOf(query, { values: mine, ...morning })).toEqual(alone);
    expect(await lastOf(query, { values: { person: ['a|b/.*'], device: ['(?'] } })).toEqual({
      'a|b/.*': weighIns['a|b/.*'],
    });

    for (const [, { panels }] of ofReadings) {
      for (const { query: each } of panels.flatMap(({ targets = [] }) => targets)) {
        for (const given of [
          { values: { ...everybody, device: ['00:24:e4:00:00:99'] } },
          ...(each.includes('$person') ? [{ values: { ...everybody, person: ['2507'] } }] : []),
          { from: '2009-01-01T00:00:00Z', to: '2009-12-31T00:00:00Z' },
        ]) {
          expect(await ask(each, given), each).toEqual({});
        }
      }
    }
  });

  test('the intervals that Grafana chooses are durations of InfluxQL', async () => {
    const { query } = target('devices.json', 4, 'A');
    for (const interval of ['5m', '30m', '2h', '7d']) {
      const day = { from: '2013-12-14T00:00:00Z', to: '2013-12-14T23:59:00Z', interval };
      expect((await lastOf(query, day))[ws50.device]).toEqual([1, expect.any(String), 655]);
    }
  });

  test('the variables offer everybody and everything, and people of the devices that are chosen', async () => {
    const valuesOf = async (name: string, values: Values) => {
      const { query = '' } =
        dashboards.get('people.json')?.templating.list.find((each) => each.name === name) ?? {};
      const [series] = await influxd.query(expanded(query, { ...range, values }), 'scaletap');
      return (series?.values ?? []).map(([, value]) => value).sort();
    };
    expect(await valuesOf('device', {})).toEqual(everybody.device);
    expect(await valuesOf('person', everybody)).toEqual([...(everybody.person ?? [])].sort());
    expect(await valuesOf('person', { device: [wbs01, ws50.device] })).toEqual([joeWritten, '101010']);
  });
});
