import { describe, expect, test } from 'vitest';
import type { Change, Changed, PersonFacts } from '../../src/model/change.js';
import type { Person } from '../../src/model/person.js';
import type { Reading } from '../../src/model/reading.js';
import { weighInId } from '../../src/model/weigh-in.js';
import { exchange, post } from '../transfer/exchanges.js';
import { folder, openStore, scripted, weight } from './stores.js';

// What somebody wants otherwise: it is made as a whole or refused with a reason, and sinks are told.

const knock = exchange({ request: post('/cgi-bin/once', 'action=get') });
const settled: Person = {
  ...{ name: 'Ana', shortName: 'ANA', heightM: 1.72, birthDate: '1992-08-14', sex: 'female' },
  ...{ athlete: false, weightKg: null, ids: { withings: '1' } },
};
const withings = (id: string) => ({ vendor: 'withings', id }) as const;

/** A house with weights of these users of Withings, Ana of the settings the first of them. */
function house(...users: (string | null)[]) {
  let readings: readonly Reading[] = users.map((person, i) => weight(i, { person, value: 50 + 20 * i }));
  const dataDir = folder();
  const store = openStore(
    dataDir,
    scripted(() => ({ readings })),
  );
  store.seed([settled]);
  const tell = (...given: readonly Reading[]) => {
    readings = given;
    store.journal.commit([knock]);
  };
  tell(...readings);
  store.deliveries.retractions('sink', 1);
  const seen = store.deliveries.next('sink', 100).at(-1)?.seq ?? 0;
  store.deliveries.advance('sink', seen);
  return {
    dataDir,
    store,
    tell,
    change: (change: Change) => store.change(change),
    owners: () => store.readings.list().map(({ owner }) => owner?.key ?? null),
    /** What the sink has to take back, and is given anew. */
    corrected: () => {
      const taken = store.deliveries.retractions('sink', 100);
      const last = taken.at(-1);
      if (last) store.deliveries.retracted('sink', last.id);
      const again = store.deliveries.next('sink', 100).map(({ reading }) => reading);
      return {
        taken: taken.map(({ retraction }) => retraction),
        again: again.map(({ value, owner }) => `${value} of ${owner?.name ?? 'nobody'}`),
      };
    },
  };
}

function somebody(given: Partial<PersonFacts> & Pick<PersonFacts, 'name'>): PersonFacts {
  const facts = { shortName: null, colour: null, heightM: null, birthDate: null, sex: null };
  return { ...facts, ids: [], ...given };
}

const add = (given: Parameters<typeof somebody>[0]): Change => ({
  change: 'add-person',
  person: somebody(given),
});
const edit = (key: string, person: Partial<PersonFacts>): Change => ({ change: 'edit-person', key, person });
const why = (changed: Changed) => (changed.done ? 'done' : `${changed.why}: ${changed.message}`);

/** The weigh-in of a user, as {@link house} has it at this place. */
const weighInAt = (i: number, person: string | null) => {
  const { vendor, device, timeMs } = weight(i);
  return weighInId({ vendor, device, timeMs, person });
};

describe('a person who is added', () => {
  test('has all that was told, a key of the name and a colour', () => {
    const { change, store } = house();
    const facts = {
      name: 'Zoë  O’Neil',
      shortName: 'ZOE',
      heightM: 1.6,
      birthDate: '1990-02-28',
      sex: 'female',
    };
    expect(change(add({ ...facts, sex: 'female', ids: [withings('8')] }))).toEqual({
      done: true,
      key: 'zoe-o-neil',
    });
    expect(store.people.get('zoe-o-neil')).toEqual({
      ...facts,
      ...{ key: 'zoe-o-neil', origin: 'page', ids: [withings('8')] },
      colour: expect.stringMatching(/^#[0-9a-f]{6}$/),
    });
  });

  test.each([
    ['😀', 'person'],
    ['!!Bo', 'bo'],
    ['Ana!', 'ana-2'],
    ['nobody', 'nobody-2'],
    ['x'.repeat(64), 'x'.repeat(60)],
  ])('%s has the key %s', (name, key) => {
    expect(house().change(add({ name }))).toEqual({ done: true, key });
  });

  test('has a colour that nobody has', () => {
    const { change, store } = house();
    for (const name of ['b', 'c', 'd']) change(add({ name }));
    expect(new Set(store.people.list().map(({ colour }) => colour)).size).toBe(4);
  });

  test('cannot have a name that somebody has', () => {
    expect(why(house().change(add({ name: 'Ana' })))).toMatch(/^conflict: somebody is called Ana already/);
  });

  test('takes over whom the vendor has told of under that id', () => {
    const { change, owners, store, corrected } = house('1', '2');
    change(add({ name: 'Bo', ids: [withings('2')] }));
    expect(owners()).toEqual(['ana', 'bo']);
    expect(store.people.list().map(({ key }) => key)).toEqual(['ana', 'bo']);
    expect(corrected()).toEqual({ taken: [{ of: 'person', owner: 'withings 2' }], again: ['70 of Bo'] });
  });

  test('does not take the id of somebody whom people have made', () => {
    const { change, store } = house('1');
    expect(why(change(add({ name: 'Bo', ids: [withings('1')] })))).toBe(
      'conflict: the id 1 of withings is of Ana; change it in scaletap.yaml',
    );
    change(add({ name: 'Cy', ids: [withings('3')] }));
    expect(why(change(add({ name: 'Bo', ids: [withings('3')] })))).toMatch(/of Cy; take it from there first/);
    expect(store.people.list().map(({ key }) => key)).toEqual(['ana', 'cy']);
  });
});

describe('a person who is edited', () => {
  test('is changed in what is given only', () => {
    const { change, store } = house('2');
    const before = store.people.get('withings-2');
    expect(change(edit('withings-2', { heightM: 1.8, colour: '#123456' }))).toEqual({
      done: true,
      key: 'withings-2',
    });
    expect(store.people.get('withings-2')).toEqual({ ...before, heightM: 1.8, colour: '#123456' });
  });

  test('has what is theirs delivered again under a new name', () => {
    const { change, corrected, owners } = house('1', '2', '2');
    change(edit('withings-2', { name: 'Bo' }));
    expect(owners()).toEqual(['ana', 'withings-2', 'withings-2']);
    expect(corrected()).toEqual({
      taken: [{ of: 'person', owner: 'withings 2' }],
      again: ['70 of Bo', '90 of Bo'],
    });
  });

  test('gives an id back to whom the vendor told of, but not what was given by hand', () => {
    const { change, owners, corrected } = house('1', '2', '2', null);
    change(edit('withings-2', { name: 'Bo' }));
    change(add({ name: 'Cy', ids: [withings('2')] }));
    change({ change: 'weigh-in', weighIn: weighInAt(3, null), owner: 'cy' });
    corrected();
    change(edit('cy', { ids: [] }));
    expect(owners()).toEqual(['ana', 'withings-2', 'withings-2', 'cy']);
  });

  test('cannot be changed in what the settings say, but in colour', () => {
    const { change, store } = house();
    expect(why(change(edit('ana', { name: 'Anna', heightM: 1.8, ids: [], sex: 'female' })))).toBe(
      'conflict: Ana is a person of the settings: change name, height m, ids in scaletap.yaml, and start scaletap again',
    );
    expect(why(change(edit('ana', { name: 'Ana', heightM: 1.72, colour: '#123456' })))).toBe('done');
    expect(store.people.get('ana')).toMatchObject({ name: 'Ana', heightM: 1.72, colour: '#123456' });
  });

  test('must be there, and not take a name that somebody has', () => {
    const { change } = house('2');
    expect(why(change(edit('bo', { heightM: 1 })))).toBe('unknown: there is no person bo');
    expect(why(change(edit('withings-2', { name: 'Ana' })))).toMatch(/^conflict: somebody is called Ana/);
  });
});

describe('a person who is removed', () => {
  test('is gone when nothing is theirs', () => {
    const { change, store } = house();
    change(add({ name: 'Bo' }));
    expect(change({ change: 'remove-person', key: 'bo' })).toEqual({ done: true, key: 'bo' });
    expect(store.people.list().map(({ key }) => key)).toEqual(['ana']);
  });

  test('must not be of the settings, have an id, or a weigh-in', () => {
    const { change } = house('1', '2', null);
    const remove = (key: string) => why(change({ change: 'remove-person', key }));
    change(add({ name: 'Bo' }));
    change({ change: 'weigh-in', weighIn: weighInAt(2, null), owner: 'bo' });
    expect(remove('ana')).toMatch(/^conflict: Ana is a person of the settings/);
    expect(remove('withings-2')).toMatch(/^conflict: withings 2 has the id 2 of withings/);
    expect(remove('bo')).toMatch(/^conflict: Bo has weigh-ins/);
    expect(remove('cy')).toMatch(/^unknown/);
  });
});

describe('two people who are merged', () => {
  test('are one, with ids and weigh-ins of both, for what comes later too', () => {
    const { change, owners, store, tell, corrected } = house('1', '2', '3');
    expect(change({ change: 'merge-person', key: 'withings-2', into: 'ana' })).toEqual({
      done: true,
      key: 'ana',
    });
    expect(corrected()).toEqual({ taken: [{ of: 'person', owner: 'withings 2' }], again: ['70 of Ana'] });
    tell(weight(9, { person: '2' }));
    expect(owners()).toEqual(['ana', 'ana', 'withings-3', 'ana']);
    expect(store.people.get('ana')?.ids).toEqual([withings('1'), withings('2')]);
    store.seed([settled]);
    expect(owners()).toEqual(['ana', 'ana', 'withings-3', 'ana']);
  });

  test('must be two, and the settings keep theirs', () => {
    const { change } = house('2');
    const merge = (key: string, into: string) => why(change({ change: 'merge-person', key, into }));
    expect(merge('ana', 'withings-2')).toMatch(/^conflict: Ana is a person of the settings/);
    expect(merge('withings-2', 'withings-2')).toMatch(/^conflict/);
    expect(merge('withings-2', 'bo')).toBe('unknown: there is no person bo');
    expect(merge('bo', 'withings-2')).toBe('unknown: there is no person bo');
  });
});

describe('a weigh-in', () => {
  test('that is given to somebody is theirs, and sinks take it back first', () => {
    const { change, corrected, store } = house('1', '2');
    const weighIn = weighInAt(1, '2');
    expect(change({ change: 'weigh-in', weighIn, owner: 'ana' })).toEqual({ done: true, key: 'ana' });
    const { device, timeMs } = weight(1);
    const taken = { of: 'weigh-in', vendor: 'withings', device, timeMs, owner: 'withings 2' };
    expect(corrected()).toEqual({ taken: [taken], again: ['70 of Ana'] });
    expect(store.readings.list()[1]?.ownedBy).toBe('hand');
  });

  test('that is nobody’s, or does not count, is so in the sinks', () => {
    const { change, corrected } = house('1', '2');
    expect(change({ change: 'weigh-in', weighIn: weighInAt(0, '1'), owner: null })).toEqual({
      done: true,
      key: null,
    });
    expect(change({ change: 'weigh-in', weighIn: weighInAt(1, '2'), counts: false })).toEqual({
      done: true,
      key: 'withings-2',
    });
    const { taken, again } = corrected();
    expect(taken.map(({ owner }) => owner)).toEqual(['Ana', 'withings 2']);
    expect(again).toEqual(['50 of nobody']);
  });

  test('takes what is of the scale and the room with it to the sinks, as it was', () => {
    const { change, corrected, store, tell } = house();
    const room = { kind: 'room_temperature', value: 21, person: '2' } as const;
    tell(
      weight(1, { person: '2', value: 70 }),
      weight(1, room),
      weight(1, { ...room, person: null, value: 22 }),
    );
    store.deliveries.advance('sink', store.deliveries.next('sink', 9).at(-1)?.seq ?? 0);
    change({ change: 'weigh-in', weighIn: weighInAt(1, '2'), owner: 'ana', counts: false });
    expect(corrected().again).toEqual(['21 of nobody', '22 of nobody']);
  });

  test('has what was said by hand for good: for what comes later, and against the vendor', () => {
    const { change, store, tell } = house('1', '2');
    const mine = { vendor: 'renpho', cloudId: '5', person: null } as const;
    const { vendor, device, timeMs } = weight(5, mine);
    tell(weight(5, mine));
    const weighIn = weighInId({ vendor, device, timeMs, person: null });
    change({ change: 'weigh-in', weighIn, owner: 'ana', counts: true });
    tell(weight(5, { ...mine, kind: 'fat_ratio' }));
    tell(weight(5, { ...mine, person: '7' }));
    store.readings.markDeleted('renpho', ['5']);
    const ofCloud = store.readings.list({ vendor: 'renpho' });
    expect(ofCloud.map(({ owner, ownedBy, counts }) => [owner?.key, ownedBy, counts])).toEqual([
      ['ana', 'hand', true],
      ['ana', 'hand', true],
    ]);
  });

  test('that is said twice, or nothing of, tells no sink', () => {
    const { change, corrected } = house('1');
    const weighIn = weighInAt(0, '1');
    change({ change: 'weigh-in', weighIn, owner: 'ana', counts: true });
    change({ change: 'weigh-in', weighIn });
    expect(corrected()).toEqual({ taken: [], again: [] });
  });

  test('is as it was found when what was said is taken back, and sinks are told', () => {
    const { change, corrected, store, tell } = house('1');
    tell(weight(7, { person: null, value: 51 }), weight(8, { person: null, value: 90 }));
    store.deliveries.advance('sink', store.deliveries.next('sink', 9).at(-1)?.seq ?? 0);
    const weighIns = [weighInAt(0, '1'), weighInAt(7, null), weighInAt(8, null)];
    const found = store.readings.list();
    expect(found.map(({ ownedBy }) => ownedBy)).toEqual(['vendor', 'weight', null]);
    for (const weighIn of weighIns) change({ change: 'weigh-in', weighIn, owner: null, counts: false });
    corrected();
    for (const weighIn of weighIns) change({ change: 'weigh-in', weighIn, reset: true });
    expect(store.readings.list()).toEqual(found);
    expect(corrected().again).toEqual(['50 of Ana', '51 of Ana', '90 of nobody']);
    change({ change: 'weigh-in', weighIn: weighInAt(0, '1'), reset: true });
    expect(corrected().taken).toEqual([]);
  });

  test('must be there, with its person', () => {
    const { change } = house('1');
    const give = (weighIn: string, owner: string) => why(change({ change: 'weigh-in', weighIn, owner }));
    expect(give('junk', 'ana')).toBe('unknown: there is no such weigh-in');
    expect(give(weighInAt(0, '2'), 'ana')).toBe('unknown: there is no such weigh-in');
    expect(give(weighInAt(0, '1'), 'bo')).toBe('unknown: there is no person bo');
  });
});

test('what the cloud vouches for is so in the sinks, and once', () => {
  const { corrected, tell, store } = house('1');
  const mine = { vendor: 'renpho', person: '7' } as const;
  tell(weight(5, { ...mine, quality: ['unverified'] }));
  store.deliveries.advance('sink', store.deliveries.next('sink', 9).at(-1)?.seq ?? 0);
  tell(weight(5, { ...mine, cloudId: '5' }));
  expect(corrected()).toMatchObject({
    taken: [{ of: 'weigh-in', owner: 'renpho 7' }],
    again: [expect.any(String)],
  });
  tell(weight(5, { ...mine, cloudId: '5' }));
  expect(corrected().taken).toEqual([]);
});

test('what the cloud deletes, or gives to somebody, is so in the sinks', () => {
  const { corrected, tell, store } = house('1');
  const mine = { vendor: 'renpho', person: null } as const;
  tell(weight(5, { ...mine, cloudId: '5' }), weight(6, { ...mine, cloudId: '6', value: 99 }));
  store.deliveries.advance('sink', store.deliveries.next('sink', 9).at(-1)?.seq ?? 0);
  tell(weight(6, { ...mine, cloudId: '6', person: '7', value: 99 }));
  expect(corrected()).toMatchObject({ taken: [{ owner: null }], again: ['99 of renpho 7'] });
  store.readings.markDeleted('renpho', ['6']);
  expect(corrected()).toMatchObject({ taken: [{ owner: 'renpho 7' }], again: [] });
});
