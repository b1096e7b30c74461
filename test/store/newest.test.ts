import { expect, test } from 'vitest';
import { weighInId } from '../../src/model/weigh-in.js';
import { exchange, post } from '../transfer/exchanges.js';
import { folder, openStore, scripted, weight } from './stores.js';

const knock = exchange({ request: post('/cgi-bin/once', 'action=get') });
const [me, other] = ['withings 1744475', 'withings 2'];

/** A store that is given readings now and then, with the newest of all in it: value and owner, by value. */
function growing() {
  const dir = folder();
  let next: ReturnType<typeof weight>[] = [];
  const store = openStore(
    dir,
    scripted(() => ({ readings: next })),
  );
  const find = (...given: ReturnType<typeof weight>[]) => {
    next = given;
    store.journal.commit([knock]);
  };
  const newest = () =>
    store.readings
      .newestOfAll()
      .sort((a, b) => a.value - b.value)
      .map(({ value, owner }) => [value, owner?.name]);
  return { dir, find, newest };
}

test('of an empty store there is none', () => {
  expect(growing().newest()).toEqual([]);
});

test('what has come since is known, and what came late changes nothing', () => {
  const { find, newest } = growing();
  find(weight(5, { value: 65 }));
  expect(newest()).toEqual([[65, me]]);
  find(weight(4, { value: 64 }), weight(4, { value: 80, person: '2' }));
  expect(newest()).toEqual([
    [65, me],
    [80, other],
  ]);
  find(weight(6, { value: 66 }));
  expect(newest()).toEqual([
    [66, me],
    [80, other],
  ]);
});

test('where the newest counts no more, or is given away, it is the one before; where there is none, none', () => {
  const { dir, find, newest } = growing();
  const mine = [1, 2, 3].map((second) => weight(second, { value: 60 + second }));
  find(...mine, weight(4, { value: 80, person: '2' }));
  expect(newest()).toContainEqual([63, me]);
  // Another process does it.
  const { change } = withChanges(dir);
  change(mine[2], { counts: false });
  expect(newest()).toEqual([
    [62, me],
    [80, other],
  ]);
  change(mine[1], { owner: 'withings-2' });
  expect(newest()).toEqual([
    [61, me],
    [80, other],
  ]);
  change(mine[0], { counts: false });
  expect(newest()).toEqual([[80, other]]);
  change(mine[2], { counts: true });
  expect(newest()).toContainEqual([63, me]);
});

test('one that the cloud has vouched for is sound from then on', () => {
  const { find, newest } = growing();
  find(weight(1, { value: 61 }), weight(2, { value: 62, quality: ['unverified'] }));
  expect(newest()).toEqual([[61, me]]);
  find(weight(2, { value: 62, cloudId: '5919278420902642176' }));
  expect(newest()).toEqual([[62, me]]);
});

test('more of them than a statement has parameters are looked at again', () => {
  const { find, newest } = growing();
  const batteries = Array.from({ length: 33_000 }, (_, i) =>
    weight(i, { kind: 'battery', person: null, device: String(i) }),
  );
  find(...batteries);
  expect(newest().length).toBe(33_000);
  expect(newest().length).toBe(33_000);
}, 30_000);

test('a person has the name of now', () => {
  const { dir, find, newest } = growing();
  find(weight(1, { value: 61 }));
  expect(newest()).toEqual([[61, me]]);
  openStore(dir).change({ change: 'edit-person', key: 'withings-1744475', person: { name: 'Ada' } });
  expect(newest()).toEqual([[61, 'Ada']]);
});

/** Says by hand something of a weigh-in, over a connection of its own. */
function withChanges(dir: string) {
  const store = openStore(dir);
  const change = (
    given: ReturnType<typeof weight> | undefined,
    said: { readonly counts?: boolean; readonly owner?: string },
  ) => {
    if (given === undefined) throw new Error('no such weigh-in');
    expect(store.change({ change: 'weigh-in', weighIn: weighInId(given), ...said }).done).toBe(true);
  };
  return { change };
}
