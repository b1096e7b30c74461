import { describe, expect, test } from 'vitest';
import type { Reading } from '../../src/model/reading.js';
import { weighInId } from '../../src/model/weigh-in.js';
import { exchange, post } from '../transfer/exchanges.js';
import { folder, openStore, scripted, weight } from './stores.js';

// Whose a reading is when it is stored: by hand, by the vendor's user id, by what it weighs, or nobody's.

const knock = exchange({ request: post('/cgi-bin/once', 'action=get') });
const DAY_S = 86_400;

/** A store that is told of readings, list after list, each in an exchange of its own. */
function told(...lists: readonly Reading[][]) {
  let readings: readonly Reading[] = [];
  const store = openStore(
    folder(),
    scripted(() => ({ readings })),
  );
  const tell = (...given: readonly Reading[]) => {
    readings = given;
    store.journal.commit([knock]);
  };
  for (const list of lists) tell(...list);
  /** Whose each reading is, by time. */
  const owners = () =>
    store.readings.list().map(({ owner, ownedBy }) => `${owner?.key ?? 'nobody'} by ${ownedBy}`);
  return { store, tell, owners };
}

const kg = (value: number, atS: number, given: Parameters<typeof weight>[1] = {}) =>
  weight(atS, { value, ...given });
const anonymous = { person: null } as const;

describe('a reading with a vendor’s user id', () => {
  test('is of the person behind it, who is made when the id is first seen', () => {
    const { store, owners } = told([kg(70, 1), kg(70, 2), kg(70, 3, { vendor: 'renpho' })]);
    const ofWithings = 'withings-1744475 by vendor';
    expect(owners()).toEqual([ofWithings, ofWithings, 'renpho-1744475 by vendor']);
    expect(store.people.list()).toMatchObject([
      { key: 'renpho-1744475', name: 'renpho 1744475', origin: 'learnt' },
      {
        key: 'withings-1744475',
        name: 'withings 1744475',
        origin: 'learnt',
        ids: [{ vendor: 'withings', id: '1744475' }],
      },
    ]);
  });

  test('is nobody’s where it is about the scale or the room', () => {
    const room = kg(21, 1, { kind: 'room_temperature' });
    expect(told([room]).owners()).toEqual(['nobody by null']);
  });

  test('may have an id that is no plain one', () => {
    const { store } = told([kg(70, 1, { person: "o'neil \u202e<b>" }), kg(70, 2, { person: 'O-NEIL B' })]);
    expect(store.people.list().map(({ key }) => key)).toEqual(['withings-o-neil-b-2', 'withings-o-neil-b']);
  });
});

describe('what was said by hand', () => {
  test('of one device is not of another', () => {
    const { store, tell } = told([kg(70, 1)]);
    store.change({ change: 'weigh-in', weighIn: weighInId(kg(70, 1)), counts: false });
    tell(kg(70, 1, { device: '00:24:e4:00:00:02' }));
    expect(store.readings.list().map(({ counts }) => counts)).toEqual([false, true]);
  });
});

describe('a weigh-in that names nobody', () => {
  const mine = kg(70, 0);
  const other = kg(90, 0, { person: '2' });

  test('is of the one who weighed about as much lately', () => {
    const { owners } = told([mine, other], [kg(71, DAY_S, anonymous)]);
    expect(owners().at(-1)).toBe('withings-1744475 by weight');
  });

  test('is told apart within one exchange too, each by those before it', () => {
    const away = 20 * DAY_S;
    const { owners } = told([mine, kg(72.9, away, anonymous), kg(75.8, 2 * away, anonymous)]);
    expect(owners().slice(1)).toEqual(Array(2).fill('withings-1744475 by weight'));
  });

  test.each([
    ['when two are near', kg(70.5, 1, { person: '2' }), kg(70, DAY_S, anonymous)],
    ['when nobody is', other, kg(80, DAY_S, anonymous)],
    ['when that was more than 90 days ago', other, kg(70, 91 * DAY_S, anonymous)],
    ['when it was only later', other, kg(70, -1, anonymous)],
    ['when it may be forged', other, kg(70, 9, { ...anonymous, quality: ['unverified'] })],
    ['when its time cannot be right', other, kg(70, 9, { ...anonymous, quality: ['future-time'] })],
    ['when it was deleted', other, kg(70, 9, { ...anonymous, quality: ['deleted'] })],
    ['when somebody typed it in', other, kg(70, 9, { ...anonymous, quality: ['typed-in'] })],
    ['when it has no weight', other, kg(70, 9, { ...anonymous, kind: 'aborted_weight' })],
  ])('is nobody’s %s', (_, second, asked) => {
    const { store } = told([mine, second], [asked]);
    expect(store.readings.list().find(({ id }) => id === asked.id)?.owner).toBeNull();
  });

  test('is compared only with those whom the scale thought of', () => {
    const candidates = ['1744475', '77'];
    const asked = kg(70.5, DAY_S, { ...anonymous, candidates, quality: ['ambiguous-person'] });
    const { owners } = told([mine, kg(70.5, 0, { person: '2' })], [asked]);
    expect(owners().at(-1)).toBe('withings-1744475 by weight');
  });

  test('is compared with what counts, from whichever vendor', () => {
    const deleted = kg(70, 1, { person: '2', quality: ['deleted'] });
    const { owners } = told([kg(70, 0, { vendor: 'renpho' }), deleted], [kg(70, 9, anonymous)]);
    expect(owners().at(-1)).toBe('renpho-1744475 by weight');
  });

  test('is compared with what the settings tell of somebody who was never weighed', () => {
    const { store, tell, owners } = told();
    const facts = { heightM: null, birthDate: null, sex: null, athlete: false, ids: {} };
    store.seed([{ ...facts, name: 'Ana', shortName: 'ANA', weightKg: 70 }]);
    tell(kg(74, 1, anonymous));
    tell(kg(78.8, 2, anonymous));
    expect(owners()).toEqual(['ana by weight', 'nobody by null']);
  });

  test('has one owner, whichever of its readings came first', () => {
    const fat = kg(20, DAY_S, { ...anonymous, kind: 'fat_ratio' });
    const room = kg(21, DAY_S, { ...anonymous, kind: 'room_temperature' });
    const water = kg(55, DAY_S, { ...anonymous, kind: 'water' });
    const { store, tell, owners } = told([mine], [fat, room]);
    const { deliveries } = store;
    deliveries.retractions('sink', 1);
    deliveries.advance('sink', deliveries.next('sink', 9).at(-1)?.seq ?? 0);
    tell(kg(71, DAY_S, anonymous));
    const [taken] = deliveries.retractions('sink', 9);
    const { device, timeMs } = fat;
    expect(taken?.retraction).toEqual({ of: 'weigh-in', vendor: 'withings', device, timeMs, owner: null });
    deliveries.retracted('sink', taken?.id ?? 0);
    expect(deliveries.next('sink', 9).map(({ reading }) => reading.kind)).toEqual([
      ...['fat_ratio', 'room_temperature', 'weight'],
    ]);
    tell(water);
    expect(new Set(owners())).toEqual(
      new Set(['withings-1744475 by vendor', 'nobody by null', 'withings-1744475 by weight']),
    );
    const nobodys = store.readings.list().filter(({ owner }) => owner === null);
    expect(nobodys.map(({ kind }) => kind)).toEqual(['room_temperature']);
  });
});
