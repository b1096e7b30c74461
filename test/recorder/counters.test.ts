import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import { latencyUs, type RelayCount, RelayCounters } from '../../src/recorder/counters.js';
import { anyExchange, exchange, post } from '../transfer/exchanges.js';

const plain = exchange({ request: post('/cgi-bin/once', 'action=get') });
const at = (us: number | null): Exchange => ({ ...plain, responseAfterUs: us });

function commit(counters: RelayCounters, exchanges: readonly Exchange[], vendor: string | null = 'withings') {
  counters.committing(() => {
    for (const one of exchanges) counters.see(one, vendor);
  });
}

/** What was counted of exchanges with these latencies. */
function countOf(latencies: readonly (number | null)[]): RelayCount {
  const counters = new RelayCounters();
  commit(counters, latencies.map(at));
  const [count] = counters.snapshot();
  if (count === undefined) throw new Error('nothing was counted');
  return count;
}

/** Any exchange, over within a year: sums of longer ones would not be exact. */
const timely = anyExchange.map((one) => ({
  ...one,
  responseAfterUs: one.responseAfterUs && one.responseAfterUs % 3e13,
}));

const brief = ({ vendor, answered, exchanges, responses, sumUs, maxUs, reasons }: RelayCount) =>
  [vendor, answered, exchanges, responses, sumUs, maxUs, Object.fromEntries(reasons)] as const;

describe('counted is', () => {
  test('what is committed, by vendor and answer, with latencies and reasons', () => {
    const counters = new RelayCounters();
    commit(counters, [
      at(1500),
      at(2500),
      { ...at(null), answered: 'refused', reason: 'offline' },
      { ...at(9000), answered: 'replayed', reason: 'connect-refused' },
    ]);
    commit(counters, [at(40)], 'renpho');
    commit(counters, [{ ...at(null), reason: 'client-left' }], null);
    expect(counters.snapshot().map(brief)).toEqual([
      ['withings', 'upstream', 2, 2, 4000, 2500, {}],
      ['withings', 'refused', 1, 0, 0, 0, { offline: 1 }],
      ['withings', 'replayed', 1, 1, 9000, 9000, { 'connect-refused': 1 }],
      ['renpho', 'upstream', 1, 1, 40, 40, {}],
      [null, 'upstream', 1, 0, 0, 0, { 'client-left': 1 }],
    ]);
  });

  test('when the newest of them began', () => {
    const counters = new RelayCounters();
    expect(counters.lastUs).toBeNull();
    const from = (startedAtUs: number, given: Partial<Exchange> = {}) => ({
      ...plain,
      ...given,
      startedAtUs,
    });
    commit(counters, [from(5_000), from(3_000), from(9_000, { connection: 'pull-1' })]);
    expect(counters.lastUs).toBe(5_000);
    counters.committing(
      () => counters.see(from(8_000), 'withings'),
      () => false,
    );
    commit(counters, [from(4_000)]);
    expect(counters.lastUs).toBe(5_000);
  });

  test('nothing of a commit that throws, or that kept nothing; the next one is counted', () => {
    const counters = new RelayCounters();
    const failing = () =>
      counters.committing(() => {
        counters.see(plain, 'withings');
        throw new Error('disk full');
      });
    expect(failing).toThrow('disk full');
    const kept = counters.committing(
      () => {
        counters.see(plain, 'withings');
        return false;
      },
      (result) => result,
    );
    expect([kept, counters.snapshot().map(({ exchanges }) => exchanges)]).toEqual([false, [0]]);
    commit(counters, [plain]);
    expect(counters.snapshot().map(({ exchanges }) => exchanges)).toEqual([1]);
  });

  test('nothing that is read without being committed', () => {
    const counters = new RelayCounters();
    counters.see(plain, 'withings');
    commit(counters, []);
    expect(counters.snapshot()).toEqual([]);
  });

  test.each(['pull-0011aabb', 'catch-up-0011aabb', 'probe-0011aabb'])('nothing of ours: %s', (connection) => {
    const counters = new RelayCounters();
    commit(counters, [{ ...plain, connection }]);
    expect(counters.snapshot()).toEqual([]);
  });
});

describe('an interval', () => {
  test('has what came since the last one, and the totals keep everything', () => {
    const counters = new RelayCounters();
    commit(counters, [at(70), { ...at(5000), reason: 'orders-removed' }]);
    expect(counters.interval().map(brief)).toEqual([
      ['withings', 'upstream', 2, 2, 5070, 5000, { 'orders-removed': 1 }],
    ]);
    expect(counters.interval()).toEqual([]);
    commit(counters, [at(30)]);
    expect(counters.interval().map(brief)).toEqual([['withings', 'upstream', 1, 1, 30, 30, {}]]);
    expect(counters.snapshot().map(brief)).toEqual([
      ['withings', 'upstream', 3, 3, 5100, 5000, { 'orders-removed': 1 }],
    ]);
  });

  test('and the others add up to the totals, wherever they are cut, whatever the exchanges are', () => {
    fc.assert(
      fc.property(fc.array(fc.array(timely, { maxLength: 20 }), { maxLength: 5 }), (groups) => {
        const counters = new RelayCounters();
        const whole = new RelayCounters();
        const sums = new Map<string, number[]>();
        for (const group of groups) {
          commit(counters, group);
          commit(whole, group);
          for (const { answered, exchanges, responses, sumUs, buckets } of counters.interval()) {
            const numbers = [exchanges, responses, sumUs, ...buckets.map(({ count }) => count)];
            const before = sums.get(answered) ?? numbers.map(() => 0);
            sums.set(
              answered,
              numbers.map((number, i) => number + (before[i] ?? 0)),
            );
          }
        }
        expect(counters.snapshot()).toEqual(whole.snapshot());
        for (const { answered, exchanges, responses, sumUs, buckets } of whole.snapshot()) {
          expect(sums.get(answered)).toEqual([
            exchanges,
            responses,
            sumUs,
            ...buckets.map(({ count }) => count),
          ]);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a latency', () => {
  test.each([
    [0, 100],
    [100, 100],
    [101, 125],
    [1000, 1000],
    [1001, 1250],
    [3150, 3150],
    [799_999_999, 8e8],
    [8e8 + 1, Infinity],
    [Number.MAX_SAFE_INTEGER, Infinity],
  ])('of %d µs is in the bucket up to %d µs', (us, upToUs) => {
    expect(countOf([us]).buckets.filter(({ count }) => count > 0)).toEqual([{ upToUs, count: 1 }]);
  });

  test('is there for any share, in the bucket of the true one and never above the largest', () => {
    const us = fc.oneof(fc.nat(20_000), fc.nat(2_000_000_000), fc.maxSafeNat());
    const shares = fc.constantFrom(0, 0.01, 0.5, 0.99, 1);
    fc.assert(
      fc.property(fc.array(us, { minLength: 1, maxLength: 60 }), shares, (latencies, share) => {
        const count = countOf(latencies);
        const told = latencyUs(count, share) ?? Number.NaN;
        const sorted = latencies.toSorted((a, b) => a - b);
        const truth = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
        const limits = [0, ...count.buckets.map(({ upToUs }) => upToUs)];
        const bucket = limits.findIndex((limit) => truth <= limit) || 1;
        expect(told).toBeGreaterThanOrEqual(limits[bucket - 1] ?? Number.NaN);
        expect(told).toBeLessThanOrEqual(Math.min(limits[bucket] ?? Number.NaN, Math.max(...latencies)));
      }),
    );
  });

  test('of one exchange alone is its own, of many is near, of none is not there', () => {
    expect([0.5, 0.99].map((share) => latencyUs(countOf([4242]), share))).toEqual([4242, 4242]);
    const many = countOf(Array.from({ length: 1000 }, (_, i) => 1000 + 10 * i));
    expect(latencyUs(many, 0.5)).toBeCloseTo(6000, -2);
    expect(latencyUs(many, 0.99)).toBeCloseTo(10_900, -2);
    expect(latencyUs(countOf([null]), 0.5)).toBeNull();
  });
});
