import type { ReadingFormat } from '../config/choices.js';
import { readingFormats } from '../config/choices.js';
import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';
import { UsageError } from '../model/errors.js';
import type { Store } from '../store/store.js';
import type { Filter } from './filters.js';
import { filterOf } from './filters.js';
import { print } from './output.js';
import { csvLines, jsonLines, tableLines } from './reading-formats.js';
import { newest, readingsWanted } from './wanted.js';
import { weighInFormats } from './weigh-in-formats.js';
import type { Asked } from './weigh-ins-of.js';
import { weighInsOf } from './weigh-ins-of.js';
import { calledSo, NOBODY, namesOf } from './whose.js';
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
    const readings = readingsWanted(store, filter, settings);
    const { json, csv } = settings;
    const lines = json
      ? jsonLines(readings)
      : csv
        ? csvLines(readings)
        : tableLines(readings, namesOf(store.people.list()));
    for (const part of lines) await print(part);
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
  filter: Filter,
  { person, limit }: Settings,
  log: Log,
): Promise<void> {
  const found = weighInsOf(store.readings.list(filter), person === null ? null : askedFor(person, store));
  const weighIns = newest(found.weighIns, limit);
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

/** Throws a {@link UsageError} when the word may mean several: the tools hold one person a file. */
function askedFor(word: string, store: Store): Asked {
  const keys = word === NOBODY ? [] : calledSo(store.people.list(), word).map(({ key }) => key);
  if (keys.length > 1) throw new UsageError(`--person: ${word} may be ${keys.join(' or ')}; write which`);
  return { word, keys: new Set(keys) };
}
