import { describe, expect, test } from 'vitest';
import { weighInId } from '../../src/model/weigh-in.js';
import { openRaw, weight } from '../store/stores.js';
import { asker, capturedStore, storeOf } from './houses.js';

const mine = { person: 'withings-1744475' };

test('the points of the captures, of a person and of a device', async () => {
  const ask = asker(await capturedStore());
  const person = ask({ view: 'series', query: { person: 'withings-101010', kinds: ['weight', 'bmi'] } });
  expect(person.series).toEqual([
    {
      kind: 'weight',
      label: 'Weight',
      unit: 'kg',
      timesMs: [Date.parse('2010-09-04T00:01:52Z'), Date.parse('2010-09-04T00:02:14Z')],
      values: [66.85, 68.95],
      thinned: false,
    },
    { kind: 'bmi', label: 'BMI', unit: 'kg/m²', timesMs: [], values: [], thinned: false },
  ]);
  const room = ask({ view: 'series', query: { device: 'withings 00:24:e4:00:00:50', kinds: ['co2'] } });
  expect(room.series).toMatchObject([{ timesMs: [Date.parse('2013-12-14T20:30:12Z')], values: [655] }]);
});

test('they rise by time, whatever came first, and both ends of a range are in it', () => {
  const ask = asker(storeOf(weight(3), weight(1), weight(4), weight(2)).store);
  const range = { sinceMs: weight(2).timeMs, untilMs: weight(3).timeMs };
  const valuesOf = (given: object) =>
    ask({ view: 'series', query: { ...mine, kinds: ['weight'], ...given } }).series[0]?.values;
  expect(valuesOf({})).toEqual([60.001, 60.002, 60.003, 60.004]);
  expect(valuesOf(range)).toEqual([60.002, 60.003]);
});

test('those that do not count are not there, and are again when they do', () => {
  const { store } = storeOf(weight(1), weight(2));
  const ask = asker(store);
  const values = () => ask({ view: 'series', query: { ...mine, kinds: ['weight'] } }).series[0]?.values;
  expect(values()).toEqual([60.001, 60.002]);
  store.change({ change: 'weigh-in', weighIn: weighInId(weight(1)), counts: false });
  expect(values()).toEqual([60.002]);
  store.change({ change: 'weigh-in', weighIn: weighInId(weight(1)), counts: true });
  expect(values()).toEqual([60.001, 60.002]);
});

test('what may be forged, or has a time that cannot be right, is in no chart and nobody’s last', () => {
  const { store } = storeOf(
    weight(1),
    weight(2, { quality: ['unverified'] }),
    weight(3, { quality: ['future-time'] }),
  );
  const ask = asker(store);
  const { series } = ask({ view: 'series', query: { ...mine, kinds: ['weight'] } });
  expect(series[0]?.values).toEqual([60.001]);
  expect(ask({ view: 'people' }).people[0]?.last?.timeMs).toBe(weight(1).timeMs);
  expect(ask({ view: 'weigh-ins', query: { limit: 9 } }).weighIns).toHaveLength(3);
});

test('one that comes later is there the next time, and what is of others changes nothing', () => {
  const { store, add } = storeOf(weight(1));
  const ask = asker(store);
  const values = () => ask({ view: 'series', query: { ...mine, kinds: ['weight'] } }).series[0]?.values;
  expect(values()).toEqual([60.001]);
  add(weight(2, { person: '2' }), weight(2, { kind: 'bmi', value: 20 }));
  expect(values()).toEqual([60.001]);
  add(weight(0), weight(3));
  expect(values()).toEqual([60, 60.001, 60.003]);
});

test('those of another device in the same room are not in it', () => {
  const co2 = (index: number, device: string) =>
    weight(index, { kind: 'co2', value: 400 + index, person: null, device });
  const ask = asker(storeOf(co2(1, 'a'), co2(2, 'b'), co2(3, 'a')).store);
  const { series } = ask({ view: 'series', query: { device: 'withings a', kinds: ['co2'] } });
  expect(series[0]?.values).toEqual([401, 403]);
});

describe('of more than 4000', () => {
  const many = (count: number, given = {}) =>
    Array.from({ length: count }, (_, index) => weight(index, { value: 50 + (index % 2), ...given }));

  test('each point is the mean of its share', () => {
    const ask = asker(storeOf(...many(8_000)).store);
    const [series] = ask({ view: 'series', query: { ...mine, kinds: ['weight'] } }).series;
    expect(series?.thinned).toBe(true);
    expect(series?.values).toEqual(Array(4_000).fill(50.5));
    expect(series?.timesMs.slice(0, 2)).toEqual([weight(0).timeMs + 500, weight(2).timeMs + 500]);
  });

  test('4000 are all shown, and those of others or that do not count make them no more', () => {
    const { store } = storeOf(...many(4_000), ...many(500, { device: 'other', person: '2' }));
    openRaw(store.file).exec("UPDATE reading SET kind = 'co2', owner = NULL");
    const ask = asker(store);
    const query = { device: 'withings 00:24:e4:00:00:01', kinds: ['co2'] };
    const [series] = ask({ view: 'series', query }).series;
    expect(series?.timesMs).toHaveLength(4_000);
    expect(series?.thinned).toBe(false);
  });
});

test.each([
  ['no kinds', { ...mine, kinds: [] }, 400],
  ['too many kinds', { ...mine, kinds: Array.from({ length: 101 }, (_, each) => `k${each}`) }, 400],
  ['nobody in particular', { kinds: ['weight'] }, 400],
  ['a person and a device', { ...mine, device: 'withings a', kinds: ['co2'] }, 400],
  ['the weight of a device', { device: 'withings a', kinds: ['weight'] }, 400],
  ['a device without its vendor', { device: '00:24:e4:00:00:01', kinds: ['co2'] }, 400],
  ['somebody who is not there', { person: 'ana', kinds: ['weight'] }, 404],
])('%s: no answer', (_what, query, status) => {
  expect(() => asker(storeOf(weight(1)).store)({ view: 'series', query })).toThrow(String(status));
});

test('a kind asked for twice is given once, and one that nobody knows is empty', () => {
  const ask = asker(storeOf(weight(1)).store);
  const kinds = ['weight', 'weight', "' OR 1=1 --"];
  expect(ask({ view: 'series', query: { ...mine, kinds } }).series.map(({ values }) => values)).toEqual([
    [60.001],
    [],
  ]);
});
