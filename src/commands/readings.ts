import type { Settings } from '../config/schema.js';
import { UsageError } from '../model/errors.js';
import type { Person } from '../model/person.js';
import type { Reading } from '../model/reading.js';
import type { Store } from '../store/store.js';
import { vendors } from '../vendors/index.js';
import { filterOf } from './filters.js';
import { print } from './output.js';
import type { NamedReading } from './reading-formats.js';
import { csvLines, jsonLines, tableLines } from './reading-formats.js';
import { withStore } from './with-store.js';

/** `scaletap readings`: what is known, by rising time, as a table, JSON lines or CSV. */
export async function run(settings: Settings): Promise<number> {
  if (settings.json && settings.csv)
    throw new UsageError('--json and --csv cannot both be had; leave one out');
  const filter = filterOf(settings);
  return withStore(settings, async (store) => {
    const readings = wanted(store, filter, settings);
    const lines = settings.json ? jsonLines : settings.csv ? csvLines : tableLines;
    for (const part of lines(readings)) await print(part);
  });
}

function wanted(
  store: Store,
  filter: ReturnType<typeof filterOf>,
  { person, limit, people }: Settings,
): readonly NamedReading[] {
  const nameOf = names(store, people);
  if (person === null) return store.readings.list({ ...filter, limit: limit ?? undefined }).map(nameOf);
  // A person may be asked for by name, which the store does not know by reading.
  const all = store.readings.list(filter).map(nameOf);
  const theirs = all.filter((reading) => reading.person === person || reading.personName === person);
  return limit === null ? theirs : theirs.slice(-limit);
}

/** Adds the short names that the user tables of the devices give to persons, or else the settings. */
function names(store: Store, people: readonly Person[]): (reading: Reading) => NamedReading {
  const ours = new Map(vendors.map(({ name, idsOf }) => [name, idsOf(people)]));
  const tables = new Map<string, ReadonlyMap<string, string>>();
  return (reading) => {
    const { vendor, device, person } = reading;
    if (person === null) return { ...reading, personName: null };
    const key = `${vendor} ${device}`;
    const table = tables.get(key) ?? userNames(store.values.get(vendor, device, 'users'));
    tables.set(key, table);
    return { ...reading, personName: table.get(person) ?? ours.get(vendor)?.get(person)?.shortName ?? null };
  };
}

/** User ids with their short names, out of a JSON list of `{id, sn}`; whatever is not so is passed over. */
function userNames(text = '[]'): ReadonlyMap<string, string> {
  const parsed: unknown = JSON.parse(text);
  const users: readonly unknown[] = Array.isArray(parsed) ? parsed : [];
  const found = new Map<string, string>();
  for (const user of users) {
    const { id, sn }: { id?: unknown; sn?: unknown } = Object(user);
    if (typeof id === 'number' && typeof sn === 'string') found.set(String(id), sn);
  }
  return found;
}
