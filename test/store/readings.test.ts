import { expect, test } from 'vitest';
import { exchange, post } from '../transfer/exchanges.js';
import { folder, openStore, scripted, weight } from './stores.js';

const knock = exchange({ request: post('/cgi-bin/once', 'action=get') });

/** A store with these readings, found in this order. */
function storeWith(...given: ReturnType<typeof weight>[]) {
  const store = openStore(
    folder(),
    scripted(() => ({ readings: given })),
  );
  return { ...store, readings: store.readings, committed: store.journal.commit([knock]) };
}

test('a reading comes back as it was', () => {
  const full = weight(1, {
    value: 66.85,
    person: null,
    candidates: ['1744475', '9007199254740993000'],
    quality: ['ambiguous-person', 'server-time'],
  });
  const raw = weight(2, { kind: 'withings_type_88', value: -0.1, device: 'x' });
  expect(storeWith(full, raw).readings.list()).toEqual([full, raw]);
});

test('a reading is kept once, as it was first seen', () => {
  const first = weight(1, { value: 70 });
  const again = weight(1, { value: 71, quality: ['unverified'] });
  const { readings, committed } = storeWith(first, again, weight(2));
  expect(committed.readings).toBe(2);
  expect(readings.list()).toEqual([first, weight(2)]);
});

test('the same weigh-in of two persons is two readings', () => {
  expect(storeWith(weight(1), weight(1, { person: '2' })).committed.readings).toBe(2);
});

test('readings are listed by time, those of one time as they came', () => {
  const [one, two, three] = [weight(1), weight(2), weight(3)];
  const alsoTwo = weight(2, { kind: 'fat_ratio', value: 20 });
  const { readings } = storeWith(three, two, alsoTwo, one);
  expect(readings.list()).toEqual([one, two, alsoTwo, three]);
  expect(readings.list({ limit: 2 })).toEqual([alsoTwo, three]);
});

test('filters narrow the list, together too', () => {
  const mine = weight(1);
  const other = weight(2, { device: 'other', person: null });
  const third = weight(3, { vendor: 'renpho', person: '7' });
  const { readings } = storeWith(mine, other, third);
  expect(readings.list({ device: 'other' })).toEqual([other]);
  expect(readings.list({ person: '7' })).toEqual([third]);
  expect(readings.list({ vendor: 'withings' })).toEqual([mine, other]);
  expect(readings.list({ sinceMs: other.timeMs })).toEqual([other, third]);
  expect(readings.list({ sinceMs: other.timeMs, vendor: 'withings' })).toEqual([other]);
  expect(readings.list({ person: "' OR 1=1 --" })).toEqual([]);
});
