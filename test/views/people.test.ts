import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { weighInId } from '../../src/model/weigh-in.js';
import { openRaw, weight } from '../store/stores.js';
import { asker, capturedStore, storeOf } from './houses.js';

const everything = { limit: 500 };

test('everybody of the captures, with the weigh-ins that they have and the last of them', async () => {
  const ask = asker(await capturedStore());
  const { people, unassigned } = ask({ view: 'people' });
  expect(
    people.map(({ key, name, ids, weighIns, last }) => [
      key,
      name,
      ids,
      weighIns,
      last?.timeMs,
      last?.values.map(({ kind, value, unit }) => `${kind} ${value} ${unit}`),
    ]),
  ).toEqual([
    [
      'withings-2507298',
      'FED',
      [{ vendor: 'withings', id: '2507298' }],
      1,
      Date.parse('2013-12-14T20:30:12Z'),
      ['weight 84.216 kg', 'heart_rate 93 bpm', 'impedance 522 Ω'],
    ],
    [
      'withings-101010',
      'PRX',
      [{ vendor: 'withings', id: '101010' }],
      2,
      Date.parse('2010-09-04T00:02:14Z'),
      ['weight 68.95 kg', 'resistance_extra 583 Ω', 'resistance_intra 2292 Ω'],
    ],
  ]);
  expect(unassigned).toBe(0);
  expect(ask({ view: 'person', key: 'withings-101010' })).toEqual(people[1]);
});

test('somebody who is not there is not found', () => {
  const ask = asker(storeOf().store);
  expect(ask({ view: 'people' })).toEqual({ people: [], unassigned: 0 });
  expect(() => ask({ view: 'person', key: 'ana' })).toThrow(
    '404 {"message":"there is nobody with the key ana"}',
  );
});

test('what people are is shown, but not the ids that we made up, nor what makes no sense', () => {
  const { store } = storeOf(weight(1));
  store.change({
    change: 'add-person',
    person: {
      name: 'Ana',
      shortName: 'AN',
      colour: '#123456',
      ids: [{ vendor: 'renpho', id: '9007199254740993000' }],
      heightM: 1.7,
      birthDate: '1992-08-14',
      sex: 'female',
    },
  });
  openRaw(store.file).exec(`
    UPDATE person SET origin = 'elsewhere', sex = 'x' WHERE key = 'withings-1744475';
    INSERT INTO person_id (vendor, user_id, person, given_by)
      SELECT 'withings', '77', id, 'made-up' FROM person WHERE key = 'ana';
    INSERT INTO person_id (vendor, user_id, person) SELECT 'other', '78', id FROM person WHERE key = 'ana'`);
  const [ana, learnt] = asker(store)({ view: 'people' }).people;
  expect(ana).toEqual({
    key: 'ana',
    name: 'Ana',
    shortName: 'AN',
    colour: '#123456',
    ids: [{ vendor: 'renpho', id: '9007199254740993000' }],
    heightM: 1.7,
    birthDate: '1992-08-14',
    sex: 'female',
    origin: 'page',
    weighIns: 0,
    last: null,
  });
  expect(learnt).toMatchObject({ key: 'withings-1744475', origin: 'learnt', sex: null, weighIns: 1 });
});

test('a weigh-in that is not to count is neither the last nor counted', () => {
  const { store } = storeOf(weight(1), weight(2));
  const ask = asker(store);
  expect(ask({ view: 'people' }).people[0]).toMatchObject({
    weighIns: 2,
    last: { timeMs: weight(2).timeMs },
  });
  store.change({ change: 'weigh-in', weighIn: weighInId(weight(2)), counts: false });
  expect(ask({ view: 'people' }).people[0]).toMatchObject({
    weighIns: 1,
    last: { timeMs: weight(1).timeMs },
  });
});

test('only weights that count and that nobody has spoken of are unassigned', () => {
  const { store } = storeOf(
    weight(1, { person: null }),
    weight(2, { person: null }),
    weight(3, { person: null }),
    weight(4, { person: null, kind: 'heart_rate', value: 60 }),
  );
  const ask = asker(store);
  expect(ask({ view: 'people' }).unassigned).toBe(3);
  store.change({ change: 'weigh-in', weighIn: weighInId(weight(1, { person: null })), owner: null });
  store.change({ change: 'weigh-in', weighIn: weighInId(weight(2, { person: null })), counts: false });
  expect(ask({ view: 'people' }).unassigned).toBe(1);
});

describe('kinds', () => {
  test('of a person, the most telling first', async () => {
    const ask = asker(await capturedStore());
    const kindsOf = (person: string) =>
      ask({ view: 'kinds', query: { person } }).kinds.map(({ kind }) => kind);
    expect(kindsOf('withings-2507298')).toEqual(['weight', 'heart_rate', 'impedance']);
    expect(kindsOf('withings-101010')).toEqual(['weight', 'resistance_extra', 'resistance_intra']);
  });

  test('of a device, with labels and units', async () => {
    const ask = asker(await capturedStore());
    expect(ask({ view: 'kinds', query: { device: 'withings 00:24:e4:00:00:50' } }).kinds).toEqual([
      { kind: 'co2', label: 'CO2', unit: 'ppm' },
      { kind: 'room_temperature', label: 'Room temperature', unit: '°C' },
      { kind: 'battery', label: 'Battery', unit: '%' },
      { kind: 'firmware', label: 'Firmware', unit: '' },
    ]);
  });

  test('that nobody knows are called what they are called', () => {
    const { store } = storeOf(weight(1, { kind: 'withings_type_88', value: 5 }));
    openRaw(store.file).exec("UPDATE reading SET kind = '__proto__'");
    expect(asker(store)({ view: 'kinds', query: { person: 'withings-1744475' } }).kinds).toEqual([
      { kind: '__proto__', label: '__proto__', unit: '' },
    ]);
  });

  test.each([
    ['of nobody in particular', {}, '400'],
    ['of a person and a device', { person: 'ana', device: 'withings x' }, '400'],
    ['of somebody who is not there', { person: 'ana' }, '404'],
    ['of a device that is not there', { device: 'withings x' }, '404'],
  ])('%s: no answer', (_of, query, status) => {
    expect(() => asker(storeOf().store)({ view: 'kinds', query })).toThrow(status);
  });
});

test('whatever comes and is changed, the counts are those of the weigh-ins that are listed', () => {
  const step = fc.record({
    time: fc.nat(5),
    person: fc.constantFrom('11', '22', null),
    kinds: fc.subarray(['weight', 'heart_rate', 'co2'] as const, { minLength: 1 }),
    // Nothing is said by hand, or whose it is, or that it does not count.
    hand: fc.constantFrom(null, 'withings-11', 'nobody', true, false),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const { store, add } = storeOf();
      const ask = asker(store);
      for (const { time, person, kinds, hand } of steps) {
        const of = kinds.includes('co2') ? null : person;
        const readings = kinds.map((kind) => weight(time, { kind, value: 60, person: of }));
        add(...readings);
        const [reading] = readings;
        if (reading !== undefined && hand !== null) {
          const change =
            typeof hand === 'boolean' ? { counts: hand } : { owner: hand === 'nobody' ? null : hand };
          store.change({ change: 'weigh-in', weighIn: weighInId(reading), ...change });
        }
        const { weighIns } = ask({ view: 'weigh-ins', query: everything });
        for (const { key, weighIns: count, last } of ask({ view: 'people' }).people) {
          const own = weighIns.filter((each) => each.person === key && each.counts);
          expect(count).toBe(own.length);
          expect(last).toEqual(own.find(({ values }) => values[0]?.kind === 'weight') ?? null);
        }
      }
      store.close();
    }),
    { numRuns: 30 },
  );
});
