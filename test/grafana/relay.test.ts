import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import { RelayCounters } from '../../src/recorder/counters.js';
import { RelayReporter } from '../../src/recorder/relay-report.js';
import type { DeliveryStatus } from '../../src/sinks/delivery.js';
import { haveInfluxdb, type Influxd, startInfluxd } from '../servers/influxdb.js';
import { sinkOf } from '../sinks/influx/sinks.js';
import { exchange, post } from '../transfer/exchanges.js';
import { dashboards, expanded, type Values } from './dashboards.js';

// Every query of the dashboard of the relay, expanded as Grafana does, against a real InfluxDB that the reporter and
// our sink have filled: three minutes, of which the middle one brought nothing.

const minute = (index: number) => `2026-03-01T12:0${index}:00Z`;
const range = { from: minute(0), to: minute(5), interval: '1m' };
const both: Values = { vendor: ['unknown', 'withings'] };

const plain = exchange({ request: post('/cgi-bin/once', 'action=get') });
const took = (ms: number, given: Partial<Exchange> = {}) => ({
  ...plain,
  responseAfterUs: ms * 1000,
  ...given,
});
const ours = { answered: 'replayed', reason: 'connect-refused' } as const;
const refused = { answered: 'refused', reason: 'host-not-allowed', responseAfterUs: null } as const;

const minutes: [withings: Exchange[], unknown: Exchange[], backlog: number][] = [
  [[took(20), took(20), took(80, ours)], [{ ...plain, ...refused }], 3],
  [[], [], 7],
  [[took(40)], [], 0],
];

const dashboard = dashboards.get('relay.json');

describe.skipIf(!haveInfluxdb)('relay.json on a real InfluxDB 1.x', () => {
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd();
    const sink = await sinkOf({ url: `${influxd.url}/scaletap` });
    const counters = new RelayCounters();
    const status: DeliveryStatus = { name: 'influx x', state: 'idle', deliveredCount: 0, backlog: 0 };
    let waiting = 0;
    const loop = { status: () => ({ ...status, backlog: waiting }) };
    const mqtt = { status: () => ({ ...status, name: 'mqtt y', backlog: 1 }) };
    const deliveries = [
      { sink, loop },
      { sink: { ...sink, name: 'mqtt y', batchSize: 1 }, loop: mqtt },
    ];
    const reporter = new RelayReporter(counters, deliveries, (message) => {
      throw new Error(message);
    });
    vi.useFakeTimers({ toFake: ['Date'] });
    for (const [index, [withings, unknown, backlog]] of minutes.entries()) {
      counters.committing(() => {
        for (const one of withings) counters.see(one, 'withings');
        for (const one of unknown) counters.see(one, null);
      });
      waiting = backlog;
      vi.setSystemTime(minute(index + 1));
      await reporter.report();
    }
    vi.useRealTimers();
    await sink.close();
  });
  afterAll(() => influxd.remove());

  /** The rows of each series by its tags; times in minutes and seconds. */
  async function ask(query: string, given: Partial<typeof range> & { values?: Values } = {}) {
    const series = await influxd.query(expanded(query, { ...range, values: both, ...given }), 'scaletap');
    return Object.fromEntries(
      series.map(({ tags, values }) => [
        Object.values(tags ?? {}).join(),
        values.map(([time, ...row]) => [new Date(Number(time)).toISOString().slice(14, 19), ...row]),
      ]),
    );
  }

  const start = '00:00';
  const expectations: [number, string, string, object][] = [
    [
      1,
      'A',
      'exchanges by answer',
      { refused: [[start, 1]], replayed: [[start, 1]], upstream: [[start, 3]] },
    ],
    [2, 'A', 'the share of our answers', { unknown: [[start, 0]], withings: [[start, 25]] }],
    [3, 'A', 'the slowest answers', { replayed: [['01:00', 80]], upstream: [['03:00', 40]] }],
    [4, 'A', 'what waits now', { 'influx x': [['03:00', 0]], 'mqtt y': [['03:00', 1]] }],
    [
      5,
      'A',
      'exchanges over time',
      {
        'refused,unknown': [['01:00', 1]],
        'replayed,withings': [['01:00', 1]],
        'upstream,withings': [
          ['01:00', 2],
          ['03:00', 1],
        ],
      },
    ],
    [
      6,
      'A',
      'answers over time',
      {
        refused: [['01:00', 1]],
        replayed: [['01:00', 1]],
        upstream: [
          ['01:00', 2],
          ['03:00', 1],
        ],
      },
    ],
    [
      7,
      'A',
      'latencies',
      {
        replayed: [['01:00', expect.closeTo(80, -1), expect.closeTo(80, -1)]],
        upstream: [
          ['01:00', expect.closeTo(20, -1), expect.closeTo(20, -1)],
          ['03:00', expect.closeTo(40, -1), expect.closeTo(40, -1)],
        ],
      },
    ],
    [
      8,
      'A',
      'what waited',
      {
        'influx x': [
          ['01:00', 3],
          ['02:00', 7],
          ['03:00', 0],
        ],
        'mqtt y': [
          ['01:00', 1],
          ['02:00', 1],
          ['03:00', 1],
        ],
      },
    ],
    [9, 'A', 'reasons', { 'connect-refused': [['01:00', 1]], 'host-not-allowed': [['01:00', 1]] }],
  ];

  const queryOf = (panel: number, refId: string) =>
    dashboard?.panels.find(({ id }) => id === panel)?.targets?.find((each) => each.refId === refId)?.query ??
    '';

  test.each(expectations)('panel %d %s: %s', async (panel, refId, _, expected) => {
    expect(await ask(queryOf(panel, refId))).toEqual(expected);
  });

  test('no query is left out here', () => {
    const there = dashboard?.panels.flatMap(({ id, targets = [] }) =>
      targets.map(({ refId }) => [id, refId]),
    );
    expect(expectations.map(([panel, refId]) => [panel, refId])).toEqual(there);
  });

  test('all of them narrow down to the time and, where they have one, the vendor', async () => {
    for (const [panel, refId] of expectations) {
      const query = queryOf(panel, refId);
      expect(await ask(query, { from: '2025-01-01T00:00:00Z', to: minute(0) })).toEqual({});
      if (query.includes('$vendor')) expect(await ask(query, { values: { vendor: ['with'] } })).toEqual({});
      else expect(query).toContain('"backlog"');
    }
    expect(await ask(queryOf(2, 'A'), { from: minute(2) })).toEqual({ withings: [['02:00', 0]] });
  });

  test('the intervals that Grafana chooses are durations of InfluxQL', async () => {
    for (const interval of ['30s', '5m', '12h', '7d']) {
      const upstream = (await ask(queryOf(6, 'A'), { interval })).upstream ?? [];
      expect(upstream.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(3);
    }
  });

  test('the variable offers every vendor', async () => {
    const { query = '' } = dashboard?.templating.list.find(({ name }) => name === 'vendor') ?? {};
    const [series] = await influxd.query(query, 'scaletap');
    expect(series?.values.map(([, value]) => value).sort()).toEqual(both.vendor);
  });
});
