import type { Settings } from '../config/schema.js';
import { UsageError } from '../model/errors.js';
import type { Person } from '../model/person.js';
import type { Reading } from '../model/reading.js';
import type { Store } from '../store/store.js';
import { vendorNamed, vendors } from '../vendors/index.js';
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

/** Adds the short names that the values of the devices give to persons, or else the settings. */
function names(store: Store, people: readonly Person[]): (reading: Reading) => NamedReading {
  const ours = new Map(vendors.map(({ name, idsOf }) => [name, idsOf(people)]));
  const known = new Map<string, string | null>();
  const nameOf = ({ vendor: name, device }: Reading, person: string): string | null => {
    const value = (of: string, what: string) => store.values.get(name, of, what);
    return (
      vendorNamed(name)?.personName(person, device, value) ?? ours.get(name)?.get(person)?.shortName ?? null
    );
  };
  return (reading) => {
    const { vendor, device, person } = reading;
    if (person === null) return { ...reading, personName: null };
    const key = JSON.stringify([vendor, device, person]);
    const name = known.get(key);
    if (name !== undefined) return { ...reading, personName: name };
    const found = nameOf(reading, person);
    known.set(key, found);
    return { ...reading, personName: found };
  };
}
