import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RelayCounters } from '../../src/recorder/counters.js';
import type { DeliveryStatus } from '../../src/sinks/delivery.js';
import { metricsPage } from '../../src/web/metrics.js';
import type { Status } from '../../src/web/status.js';
import { exchange, post } from '../transfer/exchanges.js';
import { statusWith, storeWith } from './statuses.js';

/**
 * A reader of the text format, by https://prometheus.io/docs/instrumenting/exposition_formats/: a line is a family's
 * HELP, its TYPE, or a sample of the family begun last. Throws at any other. Samples are by name and labels.
 */
function parse(text: string): { types: Map<string, string>; samples: Map<string, number> } {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  let family = '';
  let helped = '';
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.slice(0, -1).split('\n')) {
    const [, help] = /^# HELP ([a-z_]+) \S.*$/.exec(line) ?? [];
    const [, name, type] = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (help !== undefined) helped = help;
    else if (name !== undefined && type !== undefined) {
      if (helped !== name || types.has(name)) throw new Error(`a family that is not whole: ${line}`);
      family = name;
      types.set(name, type);
    } else {
      const [, of, labels = '', value] =
        /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\[\\"n])*",?)*)\})? (-?[0-9.e+-]+|\+Inf)$/.exec(line) ?? [];
      const suffix = types.get(family) === 'histogram' ? /^(_bucket|_sum|_count)$/ : /^$/;
      if (of === undefined || !of.startsWith(family) || !suffix.test(of.slice(family.length)))
        throw new Error(`no sample of ${family}: ${line}`);
      const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, quoted = '']) => [
        label,
        quoted.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped)),
      ]);
      const key = `${of} ${JSON.stringify(Object.fromEntries(pairs))}`;
      if (samples.has(key)) throw new Error(`twice: ${line}`);
      samples.set(key, Number(value));
    }
  }
  return { types, samples };
}

function numbers(given: Partial<Status> = {}) {
  const page = metricsPage({ method: 'GET', path: '/metrics', userAgent: '' }, statusWith(given));
  expect(page.status).toBe(200);
  const { samples, types } = parse(page.body.toString());
  return { types, of: (name: string, labels = {}) => samples.get(`${name} ${JSON.stringify(labels)}`) };
}

const plain = exchange({ request: post('/cgi-bin/once', 'action=get') });

/** What is counted of responses that came after so many microseconds. */
function countsOf(latencies: readonly (number | null)[], vendor: string | null = 'withings') {
  const counters = new RelayCounters();
  counters.committing(() => {
    for (const responseAfterUs of latencies) counters.see({ ...plain, responseAfterUs }, vendor);
    counters.see({ ...plain, responseAfterUs: null, answered: 'refused', reason: 'offline' }, vendor);
  });
  return counters.snapshot();
}

const sink = (given: Partial<DeliveryStatus>): DeliveryStatus => ({
  ...{ name: 'influx', state: 'idle', deliveredCount: 0, backlog: 0 },
  ...given,
});

describe('the numbers', () => {
  test('of a scaletap that has seen nothing', () => {
    const { of, types } = numbers();
    expect([...types.keys()]).toEqual([
      'scaletap_build_info',
      'scaletap_mode',
      'scaletap_store_up',
      'process_resident_memory_bytes',
      'process_start_time_seconds',
    ]);
    expect(of('scaletap_build_info', { version: '1.2.3' })).toBe(1);
    expect(of('scaletap_mode', { mode: 'auto' })).toBe(1);
    expect(of('scaletap_mode', { mode: 'offline' })).toBe(0);
    expect(of('process_resident_memory_bytes')).toBe(50_000_000);
    expect(of('process_start_time_seconds')).toBe(1_700_000_000.25);
  });

  test('of exchanges, by vendor, answer and reason', () => {
    const counts = [...countsOf([1_000, null]), ...countsOf([], null)];
    const { of, types } = numbers({ store: storeWith({ counts, lastExchangeUs: 1_700_000_000_500_000 }) });
    expect(types.get('scaletap_exchanges_total')).toBe('counter');
    expect(of('scaletap_exchanges_total', { vendor: 'withings', answered: 'upstream' })).toBe(2);
    const refused = { vendor: 'unknown', answered: 'refused' };
    expect(of('scaletap_exchanges_total', refused)).toBe(1);
    expect(of('scaletap_exchange_reasons_total', { ...refused, reason: 'offline' })).toBe(1);
    expect(of('scaletap_last_exchange_timestamp_seconds')).toBe(1_700_000_000.5);
  });

  test('of sinks and breakers', () => {
    const sinks = [
      sink({ backlog: 7, cause: 'unreachable', message: 'hunter2' }),
      sink({ name: 'mqtt', backlog: null }),
    ];
    const breakers = new Map([
      ['a.example', true],
      ['b.example', false],
    ]);
    const { of } = numbers({ store: storeWith({ sinks }), breakers });
    expect(of('scaletap_sink_up', { sink: 'influx' })).toBe(0);
    expect(of('scaletap_sink_backlog', { sink: 'influx' })).toBe(7);
    expect(of('scaletap_sink_up', { sink: 'mqtt' })).toBe(1);
    expect(of('scaletap_sink_backlog', { sink: 'mqtt' })).toBeUndefined();
    expect(of('scaletap_breaker_open', { host: 'a.example' })).toBe(1);
    expect(of('scaletap_breaker_open', { host: 'b.example' })).toBe(0);
  });

  test.each(['opening', 'silent'] as const)('of a store that is %s are what is known without it', (store) => {
    const { of } = numbers({ store });
    expect(of('scaletap_store_up')).toBe(0);
    expect(of('scaletap_mode', { mode: 'auto' })).toBe(1);
  });

  test('of a store that cannot be written', () => {
    const { of } = numbers({ store: storeWith({ isWritable: false, counts: countsOf([1_000]) }) });
    expect(of('scaletap_store_up')).toBe(0);
    expect(of('scaletap_exchanges_total', { vendor: 'withings', answered: 'upstream' })).toBe(1);
  });
});

describe('the histogram', () => {
  const labels = { vendor: 'withings', answered: 'upstream' };
  const limits = [
    '0.005',
    '0.01',
    '0.025',
    '0.05',
    '0.1',
    '0.25',
    '0.5',
    '1',
    '2.5',
    '5',
    '10',
    '25',
    '+Inf',
  ];

  test('counts each response in all buckets that it is within, the limit included', () => {
    const us = [4_000, 5_000, 5_001, 1_000_000, 1_000_001, 60_000_000];
    const { of } = numbers({ store: storeWith({ counts: countsOf([...us, null]) }) });
    const buckets = limits.map((le) => of('scaletap_response_seconds_bucket', { ...labels, le }));
    expect(buckets).toEqual([2, 3, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5, 6]);
    expect(of('scaletap_response_seconds_count', labels)).toBe(6);
    expect(of('scaletap_response_seconds_sum', labels)).toBeCloseTo(62.014002, 9);
  });

  test('has in each bucket what was within its limit, for any latencies', () => {
    const latencies = fc.array(fc.integer({ min: 0, max: 100_000_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(latencies, (us) => {
        const { of } = numbers({ store: storeWith({ counts: countsOf([...us, 1]) }) });
        for (const le of limits) {
          const limitUs = le === '+Inf' ? Infinity : Number(le) * 1e6;
          const within = us.filter((one) => one <= limitUs).length + 1;
          expect(of('scaletap_response_seconds_bucket', { ...labels, le })).toBe(within);
        }
      }),
    );
  });
});

test('any text may be a label, and comes back as it was', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a"} 1\nfake_total 9', 'x\\', '\\n', '"', '\n', '\\"', '{a="b"}', '# TYPE x gauge'),
  );
  fc.assert(
    fc.property(hostile, hostile, (host, name) => {
      const text = Buffer.from(host).toString();
      const { of } = numbers({
        version: Buffer.from(name).toString(),
        breakers: new Map([[text, true]]),
      });
      expect(of('scaletap_breaker_open', { host: text })).toBe(1);
      expect(of('scaletap_build_info', { version: Buffer.from(name).toString() })).toBe(1);
    }),
  );
});
