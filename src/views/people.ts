import { colours } from '../store/colours.js';
import type { PersonIdRow } from '../store/page-queries.js';
import type { PersonRow } from '../store/people.js';
import type { Household } from './household.js';
import { deviceKey, isVendor } from './household.js';
import { byKind, shownKind } from './kinds.js';
import { NoAnswer } from './no-answer.js';
import type { Answers, Queries } from './shapes.js';
import type { Keys } from './weigh-ins.js';
import { keysOf, newestWeighIn } from './weigh-ins.js';

/** What the shapes take as a vendor's user id. */
const userId = /^[1-9]\d{0,19}$/;
const origins = ['settings', 'learnt', 'page'] as const;
const sexes = ['female', 'male'] as const;

/** Everybody, and how many weigh-ins wait for somebody to say whose they are. */
export function people(house: Household): Answers['people'] {
  const keys = keysOf(house);
  const ids = new Map<number, PersonIdRow[]>();
  for (const row of house.db.personIds()) ids.set(row.person, [...(ids.get(row.person) ?? []), row]);
  return {
    people: house.db.people().map((row) => shownPerson(house, row, ids.get(row.id) ?? [], keys)),
    unassigned: house.db.unassigned(),
  };
}

/** One person. Throws {@link NoAnswer} when there is nobody with that key. */
export function person(house: Household, key: string): Answers['person'] {
  const row = house.person(key);
  const ids = house.db.personIds().filter(({ person }) => person === row.id);
  return shownPerson(house, row, ids, keysOf(house));
}

/** Which kinds a person or a device has readings of. Throws {@link NoAnswer}. */
export function kinds(house: Household, query: Queries['kinds']): Answers['kinds'] {
  const found = query.person === undefined ? ofDevice(house, query.device) : ofPerson(house, query);
  return { kinds: byKind(found.map(shownKind)) };
}

function ofPerson(house: Household, { person: key = '', device }: Queries['kinds']): string[] {
  if (device !== undefined) throw new NoAnswer(400, 'a person and a device cannot be asked for at once');
  return house.db.kindsOf(house.person(key).id);
}

function ofDevice(house: Household, device: string | undefined): string[] {
  if (device === undefined) throw new NoAnswer(400, 'say whose kinds: a person or a device');
  const found = [...house.newestOfScales()].filter((reading) => deviceKey(reading) === device);
  const known = found.length > 0 || house.db.devices().some((each) => deviceKey(each) === device);
  if (!known) throw new NoAnswer(404, `there is no device ${device}`);
  return found.map(({ kind }) => kind);
}

function shownPerson(
  house: Household,
  row: PersonRow,
  ids: readonly PersonIdRow[],
  keys: Keys,
): Answers['person'] {
  return {
    key: row.key,
    name: row.name,
    shortName: row.short_name,
    colour: row.colour ?? colours[row.id % colours.length] ?? colours[0],
    ids: ids.flatMap(({ vendor, user_id: id, given_by: by }) =>
      by !== 'made-up' && isVendor(vendor) && userId.test(id) ? [{ vendor, id }] : [],
    ),
    heightM: row.height_m,
    birthDate: row.birth_date,
    sex: sexes.find((sex) => sex === row.sex) ?? null,
    origin: origins.find((origin) => origin === row.origin) ?? 'learnt',
    weighIns: house.weighInCounts().get(row.id) ?? 0,
    last: newestWeighIn(house, row.id, keys),
  };
}
