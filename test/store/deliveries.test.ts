import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exchange, post } from '../transfer/exchanges.js';
import { folder, kept, openRaw, openStore, scripted, weight } from './stores.js';

const knock = exchange({ request: post('/cgi-bin/once', 'action=get') });

/** Every exchange holds the weight of its start. */
const weights = scripted(({ startedAtUs }) => ({ readings: [weight(startedAtUs)] }));

function openWith(dataDir: string, indexes: readonly number[]) {
  const store = openStore(dataDir, weights);
  store.journal.commit(indexes.map((startedAtUs) => ({ ...knock, startedAtUs })));
  return store;
}

test('readings are handed out in the order in which they came to be known', () => {
  const { deliveries } = openWith(folder(), [3, 1, 2]);
  const all = deliveries.next('a', 10);
  expect(all.map(({ reading }) => reading)).toEqual([3, 1, 2].map((index) => kept(weight(index))));
  expect(deliveries.next('a', 2)).toEqual(all.slice(0, 2));
});

test('every sink has a place of its own, which stays', () => {
  const dataDir = folder();
  const store = openWith(dataDir, [1, 2, 3, 4]);
  const { deliveries } = store;
  const [first, second] = deliveries.next('a', 2);
  deliveries.advance('a', first?.seq ?? 0);
  deliveries.advance('a', second?.seq ?? 0);
  expect([deliveries.backlog('a'), deliveries.backlog('b')]).toEqual([2, 4]);
  store.close();
  const again = openWith(dataDir, [5]).deliveries;
  expect(again.next('a', 10).map(({ reading }) => reading)).toEqual(
    [3, 4, 5].map((index) => kept(weight(index))),
  );
  expect([again.backlog('a'), again.backlog('b')]).toEqual([3, 5]);
});

test('a reading that is known already is not handed out again', () => {
  const { deliveries, journal } = openWith(folder(), [1]);
  deliveries.advance('a', deliveries.next('a', 1)[0]?.seq ?? 0);
  journal.commit([{ ...knock, startedAtUs: 1 }]);
  expect(deliveries.next('a', 10)).toEqual([]);
  expect(deliveries.backlog('a')).toBe(0);
});

test('why a reading was refused is kept, once for each sink', () => {
  const dataDir = folder();
  const { deliveries } = openWith(dataDir, [1, 2]);
  const [placed] = deliveries.next('a', 1);
  if (!placed) throw new Error('no reading is handed out');
  deliveries.refuse('a', placed.seq, placed.reading, 'field type conflict');
  deliveries.refuse('a', placed.seq, placed.reading, 'field type conflict again');
  deliveries.refuse('b', placed.seq, placed.reading, 'too old');
  const refusals = openRaw(join(dataDir, 'scaletap.db'))
    .prepare('SELECT sink, seq, message FROM delivery_refusal ORDER BY sink')
    .all();
  expect(refusals).toEqual([
    { sink: 'a', seq: placed.seq, message: 'field type conflict again' },
    { sink: 'b', seq: placed.seq, message: 'too old' },
  ]);
});

describe('what has to be taken back', () => {
  const rename = { change: 'edit-person', key: 'withings-1744475' } as const;

  test('comes before any reading, which are all given anew behind it', () => {
    const store = openWith(folder(), [1, 2, 3]);
    const { deliveries } = store;
    expect(deliveries.retractions('a', 9)).toEqual([]);
    const [first] = deliveries.next('a', 1);
    deliveries.advance('a', first?.seq ?? 0);
    store.change({ ...rename, person: { name: 'Ana' } });
    store.change({ ...rename, person: { name: 'Bo' } });
    expect(deliveries.next('a', 9)).toEqual([]);
    expect(deliveries.backlog('a')).toBe(3);
    const [one, other, ...more] = deliveries.retractions('a', 9);
    expect([one?.retraction, other?.retraction, more]).toEqual([
      { of: 'person', owner: 'withings 1744475' },
      { of: 'person', owner: 'Ana' },
      [],
    ]);
    expect(deliveries.retractions('a', 1)).toEqual([one]);
    deliveries.retracted('a', one?.id ?? 0);
    expect(deliveries.retractions('a', 9)).toEqual([other]);
    expect(deliveries.next('a', 9)).toEqual([]);
    deliveries.retracted('a', other?.id ?? 0);
    const again = deliveries.next('a', 9);
    expect(again.map(({ reading }) => [reading.value, reading.owner?.name])).toEqual(
      [1, 2, 3].map((index) => [weight(index).value, 'Bo']),
    );
    expect(again[0]?.seq).toBeGreaterThan(first?.seq ?? 0);
    store.journal.commit([{ ...knock, startedAtUs: 4 }]);
    expect(deliveries.next('a', 9).at(-1)?.reading.value).toBe(weight(4).value);
  });

  test('is nothing to a sink that is new, which has been told nothing', () => {
    const store = openWith(folder(), [1]);
    store.change({ ...rename, person: { name: 'Ana' } });
    expect(store.deliveries.next('new', 9)).toHaveLength(1);
    expect(store.deliveries.retractions('new', 9)).toEqual([]);
    store.change({ ...rename, person: { name: 'Bo' } });
    expect(store.deliveries.retractions('new', 9)).toMatchObject([{ retraction: { owner: 'Ana' } }]);
  });

  test('is nothing where nobody has a reading', () => {
    const store = openWith(folder(), []);
    store.deliveries.retractions('a', 9);
    const facts = { shortName: null, colour: null, heightM: null, birthDate: null, sex: null, ids: [] };
    store.change({ change: 'add-person', person: { ...facts, name: 'Ana' } });
    store.change({ change: 'edit-person', key: 'ana', person: { name: 'Bo' } });
    expect(store.deliveries.retractions('a', 9)).toEqual([]);
  });

  test('leaves no refusal of a reading that is given anew', () => {
    const dataDir = folder();
    const store = openWith(dataDir, [1]);
    const [placed] = store.deliveries.next('a', 1);
    if (!placed) throw new Error('no reading is handed out');
    store.deliveries.refuse('a', placed.seq, placed.reading, 'too old');
    store.change({ ...rename, person: { name: 'Ana' } });
    const refusals = openRaw(join(dataDir, 'scaletap.db')).prepare('SELECT * FROM delivery_refusal');
    expect(refusals.all()).toEqual([]);
  });
});

test('readings that do not count are not handed out, nor waited for', () => {
  const deleted = scripted(({ startedAtUs }) => ({
    readings: [weight(startedAtUs, { quality: startedAtUs === 2 ? ['deleted'] : [] })],
  }));
  const { deliveries, journal } = openStore(folder(), deleted);
  journal.commit([1, 2, 3].map((startedAtUs) => ({ ...knock, startedAtUs })));
  expect(deliveries.backlog('a')).toBe(2);
  expect(deliveries.next('a', 9).map(({ reading }) => reading.value)).toEqual(
    [1, 3].map((index) => weight(index).value),
  );
});
