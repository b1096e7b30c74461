import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Reading } from '../../src/model/reading.js';
import { weighInId } from '../../src/model/weigh-in.js';
import { openRaw, weight } from '../store/stores.js';
import { asker, capturedStore, storeOf } from './houses.js';

const all = { view: 'weigh-ins', query: { limit: 500 } } as const;
const listOf = (person: string) => ({ view: 'weigh-ins', query: { limit: 500, person } }) as const;

test('the captures have three, the newest first, without what is about the scale or the room', async () => {
  const { weighIns, next } = asker(await capturedStore())(all);
  expect(next).toBe(null);
  expect(
    weighIns.map(({ timeMs, device, person, values }) => [
      new Date(timeMs).toISOString(),
      device,
      person,
      values.map(({ kind, value }) => `${kind} ${value}`),
    ]),
  ).toEqual([
    [
      '2013-12-14T20:30:12.000Z',
      '00:24:e4:00:00:50',
      'withings-2507298',
      ['weight 84.216', 'heart_rate 93', 'impedance 522'],
    ],
    [
      '2010-09-04T00:02:14.000Z',
      '00:24:e4:ff:fc:01',
      'withings-101010',
      ['weight 68.95', 'resistance_extra 583', 'resistance_intra 2292'],
    ],
    ['2010-09-04T00:01:52.000Z', '00:24:e4:ff:fc:01', 'withings-101010', ['weight 66.85']],
  ]);
});

test('one has all that is known of it', () => {
  const reading = weight(1, {
    person: null,
    candidates: ['1744475', '99'],
    quality: ['ambiguous-person', 'replayed'],
  });
  const ask = asker(storeOf(weight(0), reading).store);
  const expected = {
    id: weighInId(reading),
    timeMs: reading.timeMs,
    vendor: 'withings',
    device: '00:24:e4:00:00:01',
    person: 'withings-1744475',
    ownedBy: 'weight',
    vendorPerson: null,
    // Nobody has the id 99.
    candidates: ['withings-1744475'],
    counts: true,
    quality: ['ambiguous-person', 'replayed'],
    exchange: 1,
    values: [{ kind: 'weight', label: 'Weight', unit: 'kg', value: 60.001 }],
  };
  expect(ask(all).weighIns[0]).toEqual(expected);
  expect(ask({ view: 'weigh-in', id: weighInId(reading) })).toEqual(expected);
});

test.each(['x', '', weighInId(weight(9)), weighInId(weight(1, { person: '2' }))])('%j is none', (id) => {
  expect(() => asker(storeOf(weight(1)).store)({ view: 'weigh-in', id })).toThrow('404');
});

test('two devices, and two people, at one time are apart', () => {
  const { store } = storeOf(weight(1), weight(1, { person: '2' }), weight(1, { device: 'other' }));
  expect(asker(store)(all).weighIns.map(({ device, vendorPerson }) => [device, vendorPerson])).toEqual([
    ['00:24:e4:00:00:01', '1744475'],
    ['00:24:e4:00:00:01', '2'],
    ['other', '1744475'],
  ]);
});

test('of a person, of nobody, and of somebody who is not there', () => {
  const nobodys = weight(2, { person: null, value: 12 });
  const { store } = storeOf(weight(1), nobodys, weight(3, { person: null, kind: 'co2', value: 700 }));
  const ask = asker(store);
  expect(ask(listOf('withings-1744475')).weighIns.map(({ id }) => id)).toEqual([weighInId(weight(1))]);
  expect(ask(listOf('nobody')).weighIns.map(({ id }) => id)).toEqual([weighInId(nobodys)]);
  expect(() => ask(listOf('ana'))).toThrow('404');
});

test('what somebody has said of one is shown', () => {
  const { store } = storeOf(weight(1), weight(2, { person: '2' }));
  const ask = asker(store);
  ask(all);
  store.change({ change: 'weigh-in', weighIn: weighInId(weight(1)), owner: 'withings-2', counts: false });
  expect(ask(all).weighIns[1]).toMatchObject({ person: 'withings-2', ownedBy: 'hand', counts: false });
  store.change({ change: 'weigh-in', weighIn: weighInId(weight(1)), owner: null });
  expect(ask(all).weighIns[1]).toMatchObject({ person: null, ownedBy: 'hand', counts: false });
});

test('an exchange that is not kept any more is not named', () => {
  const { store } = storeOf(weight(1));
  openRaw(store.file).exec('DELETE FROM exchange');
  expect(asker(store)(all).weighIns[0]).toMatchObject({ exchange: null });
});

test('rows that make no sense do no harm', () => {
  const { store } = storeOf(weight(1), weight(2), weight(3));
  openRaw(store.file).exec(`
    UPDATE reading SET vendor = 'other' WHERE seq = 1;
    UPDATE reading SET kind = '<b>', unit = '', owned_by = 'x', owner = 99, quality = 'new-mark' WHERE seq = 2`);
  const ask = asker(store);
  expect(ask(all).weighIns.map(({ timeMs }) => timeMs)).toEqual([weight(3).timeMs]);
  expect(ask({ view: 'weigh-in', id: weighInId(weight(2)) })).toMatchObject({
    person: null,
    ownedBy: null,
    quality: ['new-mark'],
    values: [{ kind: '<b>', label: '<b>', unit: '', value: 60.002 }],
  });
});

describe('in pages', () => {
  test('new ones do not move the pages behind them', () => {
    const { store, add } = storeOf(...[1, 2, 3, 4, 5].map((index) => weight(index)));
    const ask = asker(store);
    const first = ask({ view: 'weigh-ins', query: { limit: 2 } });
    add(weight(6), weight(7));
    const second = ask({ view: 'weigh-ins', query: { limit: 2, before: first.next ?? '' } });
    expect([...first.weighIns, ...second.weighIns].map(({ timeMs }) => timeMs)).toEqual(
      [5, 4, 3, 2].map((index) => weight(index).timeMs),
    );
  });

  test('a cursor that is none is refused', () => {
    const ask = asker(storeOf().store);
    expect(() => ask({ view: 'weigh-ins', query: { limit: 2, before: '1; DROP' } })).toThrow('400');
  });

  test('of any size, they are the whole list', () => {
    const reading: fc.Arbitrary<Reading> = fc
      .record({
        time: fc.nat(4),
        device: fc.constantFrom('a', 'b'),
        person: fc.constantFrom('1', '2', null),
        kind: fc.constantFrom('weight', 'fat_ratio', 'co2'),
      })
      .map(({ time, kind, ...given }) => weight(time, { ...given, kind, value: 50 }));
    fc.assert(
      fc.property(
        fc.array(reading, { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom('nobody', null),
        (readings, limit, person) => {
          const { store } = storeOf(...readings);
          const ask = asker(store);
          const of = person === null ? {} : { person };
          const whole = ask({ view: 'weigh-ins', query: { limit: 500, ...of } }).weighIns;
          const pages = [];
          let before: string | null | undefined;
          while (before !== null) {
            const query = { limit, ...of, ...(before === undefined ? {} : { before }) };
            const page = ask({ view: 'weigh-ins', query });
            expect(page.weighIns.length).toBe(Math.min(limit, whole.length - pages.length));
            pages.push(...page.weighIns);
            before = page.next;
          }
          expect(pages).toEqual(whole);
          store.close();
        },
      ),
      { numRuns: 50 },
    );
  });
});
