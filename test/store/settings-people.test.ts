import { describe, expect, test } from 'vitest';
import type { Person } from '../../src/model/person.js';
import type { Reading } from '../../src/model/reading.js';
import { weighInId } from '../../src/model/weigh-in.js';
import { withings } from '../../src/vendors/withings/index.js';
import { exchange, post } from '../transfer/exchanges.js';
import { folder, openStore, scripted, weight } from './stores.js';

// The people of the settings are in the table as the settings have them, at each start.

const knock = exchange({ request: post('/cgi-bin/once', 'action=get') });

function person(name: string, given: Partial<Person> = {}): Person {
  const facts = { heightM: null, birthDate: null, sex: null, athlete: false, weightKg: null, ids: {} };
  return { ...facts, name, shortName: name.slice(0, 3).toUpperCase(), ...given };
}

/** A store with weights of these users of Withings. */
function storeOf(...users: string[]) {
  let readings: readonly Reading[] = users.map((user, i) => weight(i, { person: user, value: 50 + 20 * i }));
  const store = openStore(
    folder(),
    scripted(() => ({ readings })),
  );
  const tell = (...given: readonly Reading[]) => {
    readings = given;
    store.journal.commit([knock]);
  };
  tell(...readings);
  const owners = () => store.readings.list().map(({ owner }) => owner?.name);
  const people = () => store.people.list().map(({ key, name, origin }) => `${key}: ${name} (${origin})`);
  return { store, tell, owners, people };
}

test('people come with all that the settings tell, and stay the same at the next start', () => {
  const { store, people } = storeOf();
  const facts = { heightM: 1.72, birthDate: '1992-08-14', sex: 'female' } as const;
  const settings = [person('Ána M.', { ...facts, ids: { withings: '1', renpho: '99' } }), person('Bo')];
  for (let i = 0; i < 2; i++) {
    store.seed(settings);
    expect(people()).toEqual(['bo: Bo (settings)', 'ana-m: Ána M. (settings)']);
    const ids = [
      { vendor: 'renpho', id: '99' },
      { vendor: 'withings', id: '1' },
    ];
    expect(store.people.get('ana-m')).toMatchObject({ ...facts, shortName: 'ÁNA', ids });
  }
  store.seed([person('Ána M.', { heightM: 1.7 }), person('Bo')]);
  expect(store.people.get('ana-m')).toMatchObject({ heightM: 1.7, birthDate: null });
});

test('their ids win over whom the vendors have told of: with all readings, and in the sinks', () => {
  const { store, owners, people } = storeOf('1', '2', '1');
  store.deliveries.retractions('sink', 1);
  store.seed([person('Ana', { ids: { withings: '1' } })]);
  expect(owners()).toEqual(['Ana', 'withings 2', 'Ana']);
  expect(people()).toEqual(['ana: Ana (settings)', 'withings-2: withings 2 (learnt)']);
  expect(store.deliveries.retractions('sink', 9)).toMatchObject([
    { retraction: { of: 'person', owner: 'withings 1' } },
  ]);
});

test('an id that moves in the settings takes its readings with it; one that is gone leaves them to the vendor’s', () => {
  const { store, owners } = storeOf('1', '2');
  store.seed([person('Ana', { ids: { withings: '1' } }), person('Bo', { ids: { withings: '2' } })]);
  store.seed([person('Ana', { ids: { withings: '2' } }), person('Bo')]);
  expect(owners()).toEqual(['withings 1', 'Ana']);
});

test('an id that we have made up is theirs, and stays so when the vendor gives one', () => {
  const { store, tell, owners } = storeOf();
  const ana = person('Ana', { weightKg: 70 });
  store.seed([ana]);
  expect(store.people.get('ana')?.ids).toEqual([]);
  const made = [...withings.idsOf([ana]).keys()][0] ?? '';
  expect(Number(made)).toBeGreaterThanOrEqual(2_000_000_000);
  tell(weight(1, { person: made }));
  store.seed([{ ...ana, ids: { withings: '1' } }]);
  tell(weight(2, { person: '1' }), weight(3, { person: made }));
  expect(owners()).toEqual(['Ana', 'Ana', 'Ana']);
});

test('who leaves the settings is the page’s, and who is there by that name comes back', () => {
  const { store, people, owners } = storeOf('1');
  const ana = person('Ana', { ids: { withings: '1' } });
  store.seed([ana]);
  store.seed([]);
  expect(people()).toEqual(['ana: Ana (page)']);
  store.seed([person('Ana', { heightM: 1.8 })]);
  expect(people()).toEqual(['ana: Ana (settings)']);
  expect(owners()).toEqual(['Ana']);
});

test('somebody of the page with that name is the same, with ids that were given there', () => {
  const { store, people, owners } = storeOf('1');
  const facts = { shortName: null, colour: '#123456', heightM: 1.5, birthDate: null, sex: null };
  const ids = [{ vendor: 'withings', id: '1' }] as const;
  store.change({ change: 'add-person', person: { ...facts, name: 'Ana', ids } });
  store.seed([person('Ana')]);
  expect(people()).toEqual(['ana: Ana (settings)']);
  expect(store.people.get('ana')).toMatchObject({ colour: '#123456', heightM: null, ids });
  expect(owners()).toEqual(['Ana']);
});

test('a name that is written otherwise is the same person, and sinks are told', () => {
  const { store, people, owners } = storeOf('1');
  store.seed([person('Ana', { ids: { withings: '1' } })]);
  store.deliveries.retractions('sink', 1);
  store.seed([person('ANA', { ids: { withings: '1' } })]);
  expect(people()).toEqual(['ana: ANA (settings)']);
  expect(owners()).toEqual(['ANA']);
  expect(store.deliveries.retractions('sink', 9)).toMatchObject([{ retraction: { owner: 'Ana' } }]);
});

test('two of one name are told apart', () => {
  const { store, people } = storeOf();
  for (let i = 0; i < 2; i++) store.seed([person('Ana'), person('Ana'), person('ana')]);
  expect(people()).toEqual(['ana: Ana (settings)', 'ana-2: Ana (2) (settings)', 'ana-3: ana (settings)']);
});

describe('what a vendor calls somebody', () => {
  const named = (id: number, sn: string) => JSON.stringify([{ id, sn }]);

  /** A store in which an exchange with this time tells of the user table, and all others of a weight. */
  function learning(...tables: string[]) {
    const store = openStore(
      folder(),
      scripted(({ startedAtUs }) => {
        const table = tables[startedAtUs - 1];
        if (table === undefined) return { readings: [weight(startedAtUs)] };
        return { values: [{ device: weight(1).device, name: 'users', text: table }] };
      }),
    );
    const at = (startedAtUs: number) => store.journal.commit([{ ...knock, startedAtUs }]);
    return { store, at, names: () => store.people.list().map(({ name }) => name) };
  }

  test('is the name, as soon as it is told, and sinks take back the other one', () => {
    const { store, at, names } = learning(named(1744475, 'MIC'), named(1744475, 'TOM'));
    at(9);
    store.deliveries.retractions('sink', 1);
    expect(names()).toEqual(['withings 1744475']);
    at(1);
    expect(names()).toEqual(['MIC']);
    expect(store.readings.list()[0]?.owner).toEqual({ key: 'withings-1744475', name: 'MIC' });
    expect(store.deliveries.retractions('sink', 9)).toMatchObject([
      { retraction: { of: 'person', owner: 'withings 1744475' } },
    ]);
    at(2);
    expect(names()).toEqual(['MIC']);
  });

  test('is the name at once when it was told before', () => {
    const { at, names } = learning(named(1744475, 'MIC'));
    at(1);
    at(9);
    expect(names()).toEqual(['MIC']);
  });

  test('has the id behind it when somebody is called so', () => {
    const { store, at, names } = learning(named(1744475, 'Mic'));
    store.seed([person('Mic')]);
    at(1);
    at(9);
    expect(names()).toEqual(['Mic', 'Mic (1744475)']);
  });

  test('gives way to the settings', () => {
    const { store, at, names } = learning(named(1744475, 'Mic'));
    at(1);
    at(9);
    store.seed([person('Mic')]);
    expect(store.people.get('mic')?.name).toBe('Mic');
    expect(names()).toEqual(['Mic', 'Mic (1744475)']);
  });

  test('is not the name of somebody whom people have named', () => {
    const { store, at, names } = learning(named(1744475, 'MIC'));
    at(9);
    store.change({ change: 'edit-person', key: 'withings-1744475', person: { name: 'Tom' } });
    at(1);
    expect(names()).toEqual(['Tom']);
  });

  test('is shown on one line, whatever it is', () => {
    const { at, names } = learning(named(1744475, 'M\u0000I\n\u202eC \ud800'));
    at(1);
    at(9);
    expect(names()).toEqual(['M I  C']);
  });

  test('of which nothing can be seen is none', () => {
    const { at, names } = learning(named(1744475, '\u200b\u3164\u0301'));
    at(1);
    at(9);
    expect(names()).toEqual(['withings 1744475']);
  });
});

describe('the people of the page', () => {
  test('are as those of the settings, with ids of ours that stay', () => {
    const { store, tell } = storeOf();
    const facts = { shortName: null, colour: null, birthDate: null, sex: 'male', ids: [] } as const;
    store.change({ change: 'add-person', person: { ...facts, name: 'Émile', heightM: 1.8 } });
    const [before] = store.peopleOfPage();
    expect(before).toEqual({
      ...{ name: 'Émile', shortName: 'EMI', heightM: 1.8, birthDate: null, sex: 'male' },
      ...{ athlete: false, weightKg: null, ids: { withings: expect.stringMatching(/^2\d{9}$/) } },
    });
    store.change({ change: 'edit-person', key: 'emile', person: { name: '😀' } });
    const [after] = store.peopleOfPage();
    expect(after?.ids).toEqual(before?.ids);
    expect(after?.shortName).toMatch(/^\d{1,3}$/);
    const { device, timeMs } = weight(1);
    tell(weight(1, { person: null, value: 81 }));
    const weighIn = weighInId({ vendor: 'withings', device, timeMs, person: null });
    store.change({ change: 'weigh-in', weighIn, owner: 'emile' });
    const id = before?.ids.withings ?? '';
    expect(store.readings.newestOfOwner('withings', id, 'weight')?.value).toBe(81);
    expect(store.readings.newest('withings', id, 'weight')).toBeUndefined();
  });
});
