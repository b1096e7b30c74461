import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exchange, post } from '../transfer/exchanges.js';
import { folder, openRaw, openStore, scripted, weight } from './stores.js';

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
  expect(all.map(({ reading }) => reading)).toEqual([weight(3), weight(1), weight(2)]);
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
  expect(again.next('a', 10).map(({ reading }) => reading)).toEqual([weight(3), weight(4), weight(5)]);
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
