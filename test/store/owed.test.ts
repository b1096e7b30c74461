import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { migrations } from '../../src/store/migrations.js';
import type { Debt, Owed } from '../../src/store/owed.js';
import { post } from '../transfer/exchanges.js';
import { folder, openRaw, openStore } from './stores.js';

const LEASE_MS = 1_000;
const scale = '00:24:e4:00:00:01';
const other = '00:24:e4:00:00:02';

/** A measure of a scale that is owed; `key` tells one from the other. */
function debt(key: string, given: Partial<Debt> = {}): Debt {
  return {
    exchange: 7,
    vendor: 'withings',
    device: scale,
    key,
    label: 'measure',
    request: post('/cgi-bin/measure', `measure ${key}`),
    answeredAtMs: 1_767_225_600_000,
    ...given,
  };
}

function owing(...debts: readonly Debt[]): Owed {
  const { owed } = openStore(folder());
  for (const each of debts) owed.enter(each);
  return owed;
}

const next = (owed: Owed, nowMs: number, device = scale) =>
  owed.next('withings', device, nowMs, LEASE_MS)?.id;
const states = (owed: Owed) => owed.list().map(({ state }) => state);

describe('what is owed', () => {
  test('comes back as it was entered, oldest first', () => {
    const owed = owing(debt('a'), debt('b', { device: other }), debt('c'));
    expect(owed.list().map(({ id, device }) => [id, device])).toEqual([
      [1, scale],
      [2, other],
      [3, scale],
    ]);
    const [entry] = owed.list();
    expect(entry).toMatchObject({
      ...{ vendor: 'withings', exchange: 7, label: 'measure', answeredAtMs: 1_767_225_600_000 },
      ...{ state: 'pending', status: null, tries: 0, lastProblem: null, settledAtMs: null },
      request: { complete: true, bodyBytes: 9 },
    });
    expect(Buffer.from(entry?.request.head ?? []).toString()).toContain('POST /cgi-bin/measure HTTP/1.1\r\n');
    expect(Buffer.from(entry?.request.body ?? []).toString()).toBe('measure a');
  });

  test('is owed once, whatever became of it', () => {
    const owed = owing(debt('a'), debt('a'), debt('a', { device: other }));
    expect(owed.list()).toHaveLength(2);
    owed.drop({ ids: [1] }, 5);
    owed.enter(debt('a'));
    expect(states(owed)).toEqual(['dropped', 'pending']);
  });

  test('is told by device, the one that waits longest first', () => {
    const owed = owing(debt('a', { device: other }), debt('b'), debt('c'), debt('d', { device: 'third' }));
    owed.settle(4, { state: 'delivered', status: 0 }, 1);
    expect(owed.devices()).toEqual([
      { vendor: 'withings', device: other, pending: 1 },
      { vendor: 'withings', device: scale, pending: 2 },
    ]);
  });

  test('can be listed by device, state and id', () => {
    const owed = owing(debt('a'), debt('b', { device: other }), debt('c'));
    owed.settle(1, { state: 'refused', status: 247, problem: 'no such user' }, 1);
    const ids = (filter: Parameters<Owed['list']>[0]) => owed.list(filter).map(({ id }) => id);
    expect(ids({ device: scale })).toEqual([1, 3]);
    expect(ids({ state: 'pending' })).toEqual([2, 3]);
    expect(ids({ ids: [3, 1, 9] })).toEqual([1, 3]);
    expect(ids({ ids: [] })).toEqual([]);
  });
});

describe('a lease', () => {
  test('is of the oldest, and keeps the others of the device until it is settled', () => {
    const owed = owing(debt('a'), debt('b'), debt('c', { device: other }));
    expect(next(owed, 0)).toBe(1);
    expect(next(owed, 500)).toBeUndefined();
    expect(next(owed, 500, other)).toBe(3);
    owed.settle(1, { state: 'delivered', status: 0 }, 600);
    expect(next(owed, 700)).toBe(2);
  });

  test('holds in other processes too', () => {
    const dataDir = folder();
    const [ours, theirs] = [openStore(dataDir).owed, openStore(dataDir).owed];
    ours.enter(debt('a'));
    expect(next(theirs, 0)).toBe(1);
    expect(next(ours, 1)).toBeUndefined();
  });

  test('that ended is given again: nobody knows what became of it', () => {
    const owed = owing(debt('a'), debt('b'));
    expect(next(owed, 0)).toBe(1);
    expect(next(owed, LEASE_MS - 1)).toBeUndefined();
    expect(next(owed, LEASE_MS)).toBe(1);
    expect(owed.list()[0]?.tries).toBe(2);
  });

  test('does not last longer when the clock is set back', () => {
    const owed = owing(debt('a'));
    next(owed, 3_600_000);
    expect(next(owed, 0)).toBe(1);
  });

  test('goes to the next one when the oldest was tried again and again', () => {
    const owed = owing(debt('a'), debt('b'));
    const given = Array.from({ length: 11 }, () => {
      const id = next(owed, 0) ?? 0;
      owed.settle(id, { state: 'pending', status: 519, problem: 'no' }, 0);
      return id;
    });
    expect(given.join('')).toBe('11111222221');
  });
});

describe('an outcome', () => {
  test('delivered is for good', () => {
    const owed = owing(debt('a'));
    next(owed, 0);
    owed.settle(1, { state: 'delivered', status: 0 }, 9);
    expect(owed.list()).toMatchObject([{ state: 'delivered', status: 0, tries: 1, settledAtMs: 9 }]);
    owed.settle(1, { state: 'pending', status: null, problem: 'lost' }, 10);
    owed.settle(1, { state: 'refused', status: 247, problem: 'no' }, 10);
    expect(owed.list()).toMatchObject([{ state: 'delivered', settledAtMs: 9, lastProblem: null }]);
    expect(next(owed, 99_999)).toBeUndefined();
  });

  test('refused is kept with the status of the cloud', () => {
    const owed = owing(debt('a'), debt('b'));
    owed.settle(1, { state: 'refused', status: 247, problem: 'WRONGUSERID' }, 9);
    expect(owed.list()[0]).toMatchObject({ state: 'refused', status: 247, lastProblem: 'WRONGUSERID' });
    expect(next(owed, 10)).toBe(2);
  });

  test('pending gives it out again at once, with the problem kept', () => {
    const owed = owing(debt('a'), debt('b'));
    next(owed, 0);
    owed.settle(1, { state: 'pending', status: null, problem: 'no answer' }, 9);
    expect(owed.list()[0]).toMatchObject({ state: 'pending', lastProblem: 'no answer', settledAtMs: null });
    expect(next(owed, 10)).toBe(1);
  });

  test('of one that the cloud got after all is delivered, though it was dropped meanwhile', () => {
    const owed = owing(debt('a'), debt('b'));
    next(owed, 0);
    expect(owed.drop({}, 5).map(({ id }) => id)).toEqual([1, 2]);
    owed.settle(1, { state: 'delivered', status: 0 }, 9);
    owed.settle(2, { state: 'pending', status: null, problem: 'lost' }, 9);
    expect(states(owed)).toEqual(['delivered', 'dropped']);
  });
});

test('what is dropped stays listed and is not sent; only what is pending can be', () => {
  const owed = owing(debt('a'), debt('b'), debt('c', { device: other }));
  owed.settle(1, { state: 'delivered', status: 0 }, 1);
  expect(owed.drop({ ids: [1, 2, 9] }, 2).map(({ id, state }) => [id, state])).toEqual([[2, 'pending']]);
  expect(states(owed)).toEqual(['delivered', 'dropped', 'pending']);
  expect(next(owed, 3)).toBeUndefined();
  expect(owed.drop({ device: other }, 3)).toHaveLength(1);
  expect(owed.devices()).toEqual([]);
});

test('whether any is pending is known, also what other processes did', () => {
  const dataDir = folder();
  const [ours, theirs] = [openStore(dataDir).owed, openStore(dataDir).owed];
  const both = () =>
    [ours, theirs].map((owed) => {
      owed.refresh();
      return owed.any;
    });
  expect(both()).toEqual([false, false]);
  ours.enter(debt('a'));
  expect(both()).toEqual([true, true]);
  theirs.delivered('withings', scale, 'b', 1);
  expect(both()).toEqual([true, true]);
  theirs.delivered('withings', scale, 'a', 1);
  expect(both()).toEqual([false, false]);
  ours.enter(debt('c'));
  theirs.drop({}, 1);
  expect(both()).toEqual([false, false]);
  theirs.enter(debt('d'));
  ours.settle(3, { state: 'delivered', status: 0 }, 1);
  expect(both()).toEqual([false, false]);
});

test('a store of the first form gets the table and keeps what it has', () => {
  const dataDir = folder();
  const raw = openRaw(join(dataDir, 'scaletap.db'));
  raw.exec(migrations[0] ?? '');
  raw.exec("INSERT INTO value VALUES ('withings', 'scale', 'once', 'kept', 1)");
  raw.pragma('user_version = 1');
  raw.close();
  const { owed, values } = openStore(dataDir);
  owed.enter(debt('a'));
  expect(next(owed, 0)).toBe(1);
  expect(values.get('withings', 'scale', 'once')).toBe('kept');
});
