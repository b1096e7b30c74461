import type { Settings } from '../config/schema.js';
import { UsageError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import type { Store } from '../store/store.js';
import { changeIn } from './change-in.js';
import { localTime, print, Table } from './output.js';
import { personWords, withIds } from './person-words.js';
import { theOneCalled } from './whose.js';
import { withStore } from './with-store.js';

/** `scaletap people [list]`: who there is, and what they weighed last. */
export async function list(settings: Settings): Promise<number> {
  return withStore(settings, async (store) => {
    const people = store.people.list();
    const weighed = weighedIn(store);
    if (!settings.json) await print(personTable(people, weighed));
    else for (const person of people) await print(`${personJson(person, weighed)}\n`);
  });
}

type Known = ReturnType<Store['people']['list']>[number];

/** By the keys of people. */
type Weighed = ReadonlyMap<string, History>;

interface History {
  /** How many count. */
  readonly weighIns: number;
  /** The newest that counts and has a weight. */
  readonly last: { readonly timeMs: number; readonly kg: number } | null;
}

const never: History = { weighIns: 0, last: null };

function weighedIn({ page }: Store): Weighed {
  const counts = new Map(page.weighIns().map(({ owner, count }) => [owner, count]));
  return new Map(
    page.people().map(({ id, key }) => {
      const newest = page.newestWeight(id);
      const last = newest === undefined ? null : { timeMs: newest.time_ms, kg: newest.value };
      return [key, { weighIns: counts.get(id) ?? 0, last }];
    }),
  );
}

function personTable(people: readonly Known[], weighed: Weighed): string {
  const table = new Table([
    { title: 'KEY' },
    { title: 'NAME' },
    { title: 'SHORT' },
    { title: 'VENDOR IDS' },
    { title: 'WEIGH-INS', align: 'right' },
    { title: 'WEIGHT', align: 'right' },
    { title: 'ON' },
    { title: 'FROM' },
  ]);
  return table.lines(
    people.map((person) => {
      const { weighIns, last } = weighed.get(person.key) ?? never;
      const { key, name, shortName, ids, origin } = person;
      const vendorIds = ids.map(({ vendor, id }) => `${vendor} ${id}`).join(', ');
      const weight = last === null ? ['', ''] : [`${last.kg} kg`, localTime(last.timeMs)];
      return [key, name, shortName ?? '', vendorIds, String(weighIns), ...weight, origin].map(printable);
    }),
  );
}

function personJson({ key, name, shortName, ids, ...more }: Known, weighed: Weighed): string {
  const { colour, heightM, birthDate, sex, origin } = more;
  const { weighIns, last } = weighed.get(key) ?? never;
  const weight = last === null ? null : { time: new Date(last.timeMs).toISOString(), weight_kg: last.kg };
  const facts = { key, name, shortName, colour, ids, heightM, birthDate, sex, origin };
  return JSON.stringify({ ...facts, weighIns, last: weight });
}

/** `scaletap people add NAME [FIELD=VALUE...]` */
export async function add(settings: Settings, [name = '', ...words]: readonly string[]): Promise<number> {
  const given = personWords([`name=${name}`, ...words]);
  return withStore({ ...settings, create: true }, async (store) => {
    const unknown = { shortName: null, colour: null, heightM: null, birthDate: null, sex: null };
    const person = { ...unknown, ...given.facts, name: given.facts.name ?? '', ids: withIds([], given) };
    const key = changeIn(store, { change: 'add-person', person });
    await print(`${printable(person.name)} is added, with the key ${key}\n`);
  });
}

/** `scaletap people set PERSON FIELD=VALUE...` */
export async function set(settings: Settings, [word = '', ...words]: readonly string[]): Promise<number> {
  const given = personWords(words);
  return withStore(settings, async (store) => {
    const { key, name, ids } = theOneCalled(store.people.list(), word);
    const person = given.ids.length === 0 ? given.facts : { ...given.facts, ids: withIds(ids, given) };
    changeIn(store, { change: 'edit-person', key, person });
    const renamed = person.name !== undefined && person.name !== name;
    await print(
      `${printable(name)} is ${renamed ? `called ${printable(person.name ?? '')} now` : 'changed'}\n`,
    );
  });
}

/** `scaletap people merge PERSON INTO`: for somebody who is there twice. */
export async function merge(settings: Settings, [word = '', other = '']: readonly string[]): Promise<number> {
  return withStore(settings, async (store) => {
    const people = store.people.list();
    const gone = theOneCalled(people, word);
    const into = theOneCalled(people, other);
    if (gone.key === into.key)
      throw new UsageError(`${word} and ${other} are one person already: ${gone.key}`);
    changeIn(store, { change: 'merge-person', key: gone.key, into: into.key });
    await print(
      `${printable(gone.name)} is ${printable(into.name)} now, with all weigh-ins and vendors' ids\n`,
    );
  });
}

/** `scaletap people remove PERSON`: somebody without weigh-ins and vendors' ids. */
export async function remove(settings: Settings, [word = '']: readonly string[]): Promise<number> {
  return withStore(settings, async (store) => {
    const { key, name } = theOneCalled(store.people.list(), word);
    changeIn(store, { change: 'remove-person', key });
    await print(`${printable(name)} is removed\n`);
  });
}
