import { describe, expect, test } from 'vitest';
import { exchange, post } from '../transfer/exchanges.js';
import { folder, kept, openStore, scripted, weight } from './stores.js';

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
  expect(storeWith(full, raw).readings.list()).toEqual([full, raw].map(kept));
});

test('a reading is kept once, as it was first seen', () => {
  const first = weight(1, { value: 70 });
  const again = weight(1, { value: 71, quality: ['unverified'] });
  const { readings, committed } = storeWith(first, again, weight(2));
  expect(committed.readings).toBe(2);
  expect(readings.list()).toEqual([first, weight(2)].map(kept));
});

test('the same weigh-in of two persons is two readings', () => {
  expect(storeWith(weight(1), weight(1, { person: '2' })).committed.readings).toBe(2);
});

test('readings are listed by time, those of one time as they came', () => {
  const [one, two, three] = [weight(1), weight(2), weight(3)];
  const alsoTwo = weight(2, { kind: 'fat_ratio', value: 20 });
  const { readings } = storeWith(three, two, alsoTwo, one);
  expect(readings.list()).toEqual([one, two, alsoTwo, three].map(kept));
  expect(readings.list({ limit: 2 })).toEqual([alsoTwo, three].map(kept));
});

test('filters narrow the list, together too', () => {
  const mine = weight(1);
  const other = weight(2, { device: 'other', person: null, value: 90 });
  const third = weight(3, { vendor: 'renpho', person: '7' });
  const { readings } = storeWith(mine, other, third);
  expect(readings.list({ device: 'other' })).toEqual([other].map(kept));
  expect(readings.list({ person: '7' })).toEqual([third].map(kept));
  expect(readings.list({ vendor: 'withings' })).toEqual([mine, other].map(kept));
  expect(readings.list({ sinceMs: other.timeMs })).toEqual([other, third].map(kept));
  expect(readings.list({ sinceMs: other.timeMs, vendor: 'withings' })).toEqual([other].map(kept));
  expect(readings.list({ owner: 'renpho-7' })).toEqual([kept(third)]);
  expect(readings.list({ owner: 'nobody' })).toEqual([]);
  expect(readings.list({ owner: null })).toEqual([kept(other)]);
  expect(readings.list({ person: "' OR 1=1 --" })).toEqual([]);
});

describe('a weigh-in that the cloud has an id for', () => {
  const mine = { vendor: 'renpho', cloudId: '5919278420902642176' } as const;

  test('gives that id to readings that are there already', () => {
    const uploaded = weight(1, { vendor: 'renpho' });
    const { readings, committed } = storeWith(
      uploaded,
      weight(1, mine),
      weight(1, { ...mine, cloudId: '8' }),
    );
    expect(committed.readings).toBe(1);
    expect(readings.list()).toEqual([kept({ ...uploaded, cloudId: mine.cloudId })]);
  });

  test('is vouched for by the cloud from then on', () => {
    const forged = weight(1, { vendor: 'renpho', quality: ['unverified', 'shifted-time'] });
    const { readings } = storeWith(forged, weight(1, mine));
    expect(readings.list()).toEqual([kept({ ...forged, quality: ['shifted-time'], cloudId: mine.cloudId })]);
  });

  test('is the same one under another person, who has it from then on', () => {
    const nobodys = weight(1, { ...mine, person: null });
    const { readings, committed } = storeWith(nobodys, weight(1, { ...mine, person: '7' }), nobodys);
    expect(committed.readings).toBe(1);
    expect(readings.list()).toEqual([kept({ ...nobodys, person: '7' })]);
  });

  test('is another one where kind, id or vendor differ, or the time by more than a day', () => {
    const others = [
      weight(200_000, mine),
      weight(1, mine),
      weight(1, { ...mine, kind: 'fat_ratio', value: 20 }),
      weight(2, { ...mine, cloudId: '6' }),
      weight(3, { ...mine, vendor: 'withings' }),
    ];
    expect(storeWith(...others).readings.list()).toHaveLength(5);
  });

  test('is marked when it was deleted, once, and kept; its weight counts no more', () => {
    const given = [
      weight(1, { ...mine, cloudId: '5', person: '7' }),
      weight(2, { ...mine, person: '7', quality: ['typed-in'] }),
    ];
    const store = openStore(
      folder(),
      scripted(() => ({ readings: given, deleted: [mine.cloudId, 'unknown'] }), { name: 'renpho' }),
    );
    store.journal.commit([knock, knock]);
    expect(store.readings.list().map(({ quality }) => quality)).toEqual([[], ['typed-in', 'deleted']]);
    expect(store.readings.newest('renpho', '7', 'weight')?.timeMs).toBe(given[0]?.timeMs);
  });
});

test('the newest of all: of each kind for each device and owner, and only what is sound', () => {
  const sound = [
    weight(3),
    weight(3, { kind: 'fat_ratio', value: 20 }),
    weight(2, { person: null, device: 'other', value: 90 }),
    weight(1, { device: 'other' }),
  ];
  const others = [
    weight(1),
    weight(2, { kind: 'fat_ratio', value: 21 }),
    weight(4, { quality: ['unverified'] }),
    weight(5, { quality: ['replayed', 'future-time'] }),
    weight(6, { quality: ['typed-in', 'deleted'] }),
  ];
  const { readings } = storeWith(...others, ...sound);
  expect(readings.newestOfAll()).toEqual(sound.map(kept));
});
