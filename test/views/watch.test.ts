import { expect, onTestFinished, test } from 'vitest';
import { weighInId } from '../../src/model/weigh-in.js';
import { Store } from '../../src/store/store.js';
import { Household } from '../../src/views/household.js';
import { answers } from '../../src/views/shapes.js';
import { Watch } from '../../src/views/watch.js';
import { weight } from '../store/stores.js';
import { exchange, post } from '../transfer/exchanges.js';
import { storeOf } from './houses.js';

/** Looks at a store by a connection of its own, and gives the names of what it sees. */
function watch(dataDir: string) {
  const store = new Store(dataDir, () => undefined);
  onTestFinished(() => store.close());
  const looking = new Watch(new Household(store.page));
  return { look: () => looking.look(), names: () => looking.look().map(({ event }) => event) };
}

test('nothing happens until something is committed', () => {
  const { dataDir } = storeOf(weight(1));
  const { names } = watch(dataDir);
  expect(names()).toEqual([]);
  expect(names()).toEqual([]);
});

test('an exchange with a reading of somebody new is all three, once', () => {
  const { dataDir, add } = storeOf(weight(1));
  const { look, names } = watch(dataDir);
  add(weight(2, { person: '2' }));
  const happened = look();
  expect(happened.map(({ event }) => event)).toEqual(['exchange', 'readings', 'people']);
  expect(answers.exchange.strict().parse(JSON.parse(happened[0]?.data ?? ''))).toMatchObject({
    id: 2,
    label: 'scripted',
  });
  expect(happened[1]?.data).toBe('{}');
  expect(names()).toEqual([]);
});

test('an exchange that brings nothing is only an exchange', () => {
  const { dataDir, add } = storeOf(weight(1));
  const { names } = watch(dataDir);
  add(weight(1));
  expect(names()).toEqual(['exchange']);
});

test('what somebody changes is seen', () => {
  const { store, dataDir } = storeOf(weight(1), weight(2, { person: null, value: 12 }));
  const { names } = watch(dataDir);
  store.change({ change: 'edit-person', key: 'withings-1744475', person: { colour: '#123456' } });
  expect(names()).toEqual(['people']);
  store.change({ change: 'weigh-in', weighIn: weighInId(weight(1)), counts: false });
  expect(names()).toEqual(['readings', 'people']);
  const nobodys = weighInId(weight(2, { person: null }));
  store.change({ change: 'weigh-in', weighIn: nobodys, owner: null });
  expect(names()).toEqual(['people']);
  store.change({ change: 'weigh-in', weighIn: nobodys, owner: 'withings-1744475' });
  expect(names()).toEqual(['readings', 'people']);
});

test('of a flood the newest are told, in their order, and none of it later', () => {
  const { store, dataDir } = storeOf(weight(1));
  const { look } = watch(dataDir);
  const flood = Array.from({ length: 120 }, (_, index) =>
    exchange({ startedAtUs: index, request: post('/cgi-bin/once', 'action=get') }),
  );
  store.journal.commit(flood);
  const ids = look().flatMap(({ event, data }) => (event === 'exchange' ? [JSON.parse(data).id] : []));
  expect(ids).toEqual(Array.from({ length: 50 }, (_, index) => 72 + index));
  expect(look()).toEqual([]);
});
