import type { ReadingFormat } from '../config/choices.js';
import { readingFormats } from '../config/choices.js';
import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';
import { UsageError } from '../model/errors.js';
import type { Person } from '../model/person.js';
import type { Reading } from '../model/reading.js';
import type { Store } from '../store/store.js';
import { vendorNamed, vendors } from '../vendors/index.js';
import { filterOf } from './filters.js';
import { print } from './output.js';
import type { NamedReading } from './reading-formats.js';
import { csvLines, jsonLines, tableLines } from './reading-formats.js';
import { weighInFormats } from './weigh-in-formats.js';
import { weighInsOf } from './weigh-ins.js';
import { withStore } from './with-store.js';

/** The longest file that Garmin Connect is sure to take, as FromSamToGarm (weight.py) found out. */
const GARMIN_BYTES = 4_096;

/** `scaletap readings`: what is known, by rising time, as a table, JSON lines or CSV, or as another tool takes it. */
export async function run(settings: Settings, log: Log): Promise<number> {
  const format = formatOf(settings);
  const filter = filterOf(settings);
  return withStore(settings, async (store) => {
    if (format !== null) {
      await printFor(format, store, filter, settings, log);
      return;
    }
    const readings = wanted(store, filter, settings);
    const lines = settings.json ? jsonLines : settings.csv ? csvLines : tableLines;
    for (const part of lines(readings)) await print(part);
  });
}

/** Throws a {@link UsageError} for two forms at once, and for a format that is not one of readings. */
function formatOf({ json, csv, format }: Settings): ReadingFormat | null {
  const forms = { '--json': json, '--csv': csv, '--format': format !== null };
  const given = Object.entries(forms).flatMap(([name, asked]) => (asked ? [name] : []));
  if (given.length > 1) {
    const how = given.length === 2 ? 'both' : 'all';
    throw new UsageError(`${given.join(' and ')} cannot ${how} be had; give one of them`);
  }
  const found = readingFormats.find((name) => name === format);
  if (format === null || found !== undefined) return found ?? null;
  throw new UsageError(
    `--format: ${format} is a format of exchanges (scaletap exchanges export); readings have ${readingFormats.join(', ')}`,
  );
}

/** Prints the weigh-ins of one person as another tool takes them, and says what is not among them. */
async function printFor(
  format: ReadingFormat,
  store: Store,
  filter: ReturnType<typeof filterOf>,
  { person, limit, people }: Settings,
  log: Log,
): Promise<void> {
  const found = weighInsOf(store.readings.list(filter).map(names(store, people)), person);
  const weighIns = limit === null ? found.weighIns : found.weighIns.slice(-limit);
  const text = weighInFormats[format]({ ...found, weighIns });
  await print(text);
  // MRTG asks every five minutes, and cron mails what is on stderr.
  if (format === 'mrtg') return;
  if (found.leftOut !== null) log.warn(`left out ${found.leftOut}`);
  if (weighIns.length === 0) log.warn(`no weigh-ins${found.person === null ? '' : ` of ${found.person}`}`);
  if (format === 'garmin' && Buffer.byteLength(text) > GARMIN_BYTES) {
    log.warn(
      'Garmin Connect is said to fail on files of more than 4 KB; split it, each part with the first two lines',
    );
  }
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
