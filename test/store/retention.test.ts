import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import type { RetentionLimits } from '../../src/store/retention.js';
import { exchange, message, post } from '../transfer/exchanges.js';
import { folder, openRaw, openStore, scripted, weight } from './stores.js';

const MiB = 1024 * 1024;

/** Every exchange holds the weight of its start, and says so. */
const weights = scripted(({ startedAtUs }) => ({
  readings: [weight(startedAtUs)],
  values: [{ device: 'scale', name: 'last', text: String(startedAtUs) }],
}));

/** An exchange that started so many milliseconds after the epoch. */
function at(ms: number, bodyBytes = 10): Exchange {
  return exchange({
    request: post('/cgi-bin/once', 'action=get'),
    response: message('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(bodyBytes)),
    startedAtUs: ms * 1000,
  });
}

function storeWith(given: readonly Exchange[], limits: Partial<RetentionLimits>) {
  const dataDir = folder();
  const store = openStore(dataDir, weights);
  store.journal.commit(given);
  const retention = store.retention({ maxAgeMs: null, maxBytes: null, ...limits });
  return {
    store,
    retention,
    file: join(dataDir, 'scaletap.db'),
    left: () => [...store.journal.list({ limit: 100_000 })].map(({ startedAtUs }) => startedAtUs / 1000),
    /** Steps until nothing goes any more; how many went in each. */
    steps(nowMs: number): number[] {
      const steps: number[] = [];
      for (let went = retention.step(nowMs); went > 0; went = retention.step(nowMs)) steps.push(went);
      return steps;
    },
  };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('by age', () => {
  test('what is older goes, step by step, in whatever order it came', () => {
    const young = range(5000, 5010);
    const old = range(0, 1200);
    const { steps, left, retention } = storeWith(
      [...young, ...old].map((ms) => at(ms)),
      { maxAgeMs: 1000 },
    );
    expect(steps(6000)).toEqual([500, 500, 200]);
    expect(left()).toEqual(young);
    expect(retention.step(6000)).toBe(0);
    expect(steps(6005)).toEqual([5]);
  });

  test('a step is short also when the exchanges are large', () => {
    const { steps } = storeWith(
      range(0, 10).map((ms) => at(ms, 4 * MiB)),
      { maxAgeMs: 0 },
    );
    expect(steps(1000)).toEqual([4, 4, 2]);
  });

  test('without limits nothing goes', () => {
    const { steps, left } = storeWith([at(0), at(1)], {});
    expect(steps(1e12)).toEqual([]);
    expect(left()).toEqual([0, 1]);
  });

  test('a look at a large journal of which all is young costs little', () => {
    const { store, retention } = storeWith([], { maxAgeMs: 1000 });
    for (const ms of range(0, 50))
      store.journal.commit(range(0, 400).map((i) => at(5000 + ms * 400 + i, 4000)));
    const looks = range(0, 20).map(() => {
      const from = performance.now();
      expect(retention.step(5500)).toBe(0);
      return performance.now() - from;
    });
    // A scan of these 80 MB takes 20 ms and more each time.
    expect(Math.min(...looks)).toBeLessThan(5);
  });
});

describe('by size', () => {
  test('the oldest go until the rest fits, and no more than that', () => {
    const { steps, left, store, file } = storeWith(
      range(0, 400).map((ms) => at(ms, 20_000)),
      { maxBytes: 4 * MiB },
    );
    expect(steps(1000).length).toBeGreaterThan(0);
    const kept = left();
    // 8 MB were there; those of 4 MiB stay, with what the tables themselves need.
    expect(kept).toEqual(range(400 - kept.length, 400));
    expect(kept.length * 20_000).toBeGreaterThan(3.25 * MiB);
    expect(used(file)).toBeLessThanOrEqual(4 * MiB);
    store.journal.commit([at(500)]);
    expect(left().at(-1)).toBe(500);
  });

  test('a single exchange that is too large does not take the others with it for nothing', () => {
    const { steps, left } = storeWith([at(0, 3 * MiB), at(1), at(2)], { maxBytes: 2 * MiB });
    expect(steps(1000)).toEqual([1]);
    expect(left()).toEqual([1, 2]);
  });

  test('a limit below what the tables need leaves readings and values', () => {
    const { steps, left, store } = storeWith(
      range(0, 20).map((ms) => at(ms)),
      { maxBytes: 1 },
    );
    steps(1000);
    expect(left()).toEqual([]);
    expect(store.readings.list()).toHaveLength(20);
    expect(store.values.get('withings', 'scale', 'last')).toBe('19000');
  });

  test('freed space is used again: the file does not grow', () => {
    const { steps, store, file } = storeWith(
      range(0, 100).map((ms) => at(ms, 20_000)),
      { maxBytes: 2 * MiB },
    );
    steps(1000);
    const round = (from: number) => {
      store.journal.commit(range(from, from + 50).map((ms) => at(ms, 20_000)));
      steps(100_000);
      openRaw(file).pragma('wal_checkpoint(TRUNCATE)');
      return statSync(file).size;
    };
    const first = round(1000);
    for (let i = 2; i < 12; i++) expect(round(i * 1000)).toBeLessThanOrEqual(first + 200_000);
  });
});

/** Bytes of a database that are in use. */
function used(file: string): number {
  const db = openRaw(file);
  const number = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get() as object)[0] as number;
  return (number('page_count') - number('freelist_count')) * number('page_size');
}
