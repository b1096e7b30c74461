import type { Kind } from '../../model/quantity.js';
import type { Quality, Reading, VendorName } from '../../model/reading.js';
import { entityOf } from './kinds.js';

/** A person or a scale: what Home Assistant has a device for. */
export interface Subject {
  readonly of: 'person' | 'scale';
  readonly vendor: VendorName;
  /** The vendor's user id of a person, the address of a scale. */
  readonly id: string;
  /** By kind. Those of a scale are about itself and the room, and weigh-ins of nobody. */
  readonly newest: ReadonlyMap<Kind, Reading>;
  /** The newest reading of all, and for a scale that of anybody who stood on it. */
  readonly last: Reading;
  /** What a person is called; null when nobody tells. */
  readonly name: string | null;
}

/**
 * Qualities with which a reading says nothing about how things are: a deleted one does not hold any more, an
 * unverified one may be anybody's invention, and one with a time in the future would stand until that time has come.
 */
const untold: ReadonlySet<Quality> = new Set(['deleted', 'unverified', 'future-time']);

/** Milliseconds up to the year 10000, where ISO 8601 ends. */
const END_OF_TIME_MS = 253_402_300_800_000;

/** Why a reading can be no state, in words; undefined when it can. */
export function unfit({ value, timeMs }: Reading): string | undefined {
  if (!Number.isFinite(value)) return `the value ${value} is not a finite number`;
  if (!(timeMs >= 0 && timeMs < END_OF_TIME_MS)) return `the time ${timeMs} is no time between 1970 and 9999`;
  return undefined;
}

interface Entry extends Subject {
  readonly newest: Map<Kind, Reading>;
  last: Reading;
  name: string | null;
}

/** The newest reading of every kind, for every person and scale. A reading that comes late changes nothing newer. */
export class Household {
  readonly #entries = new Map<string, Entry>();
  readonly #nameOf: (reading: Reading) => string | null;

  constructor(readings: readonly Reading[], nameOf: (reading: Reading) => string | null) {
    this.#nameOf = nameOf;
    this.take(readings);
  }

  get subjects(): Iterable<Subject> {
    return this.#entries.values();
  }

  /** Takes readings in, and gives those about whom something has changed. Names are asked for once a person. */
  take(readings: readonly Reading[]): Set<Subject> {
    const met = new Set<Entry>();
    const changed = new Set<Entry>();
    for (const reading of readings) {
      for (const [entry, change] of this.#takeOne(reading)) {
        met.add(entry);
        if (change) changed.add(entry);
      }
    }
    for (const entry of met) if (this.#rename(entry)) changed.add(entry);
    return changed;
  }

  /** Whom a reading is about, and whether it changes anything there. */
  *#takeOne(reading: Reading): Iterable<[Entry, boolean]> {
    const { kind, vendor, device, person, quality } = reading;
    if (unfit(reading) !== undefined || quality.some((each) => untold.has(each))) return;
    const ofScale = entityOf(kind).ofScale === true;
    if (person !== null && !ofScale) {
      const entry = this.#entry('person', vendor, person, reading);
      yield [entry, put(entry, reading)];
    }
    // Rows of a cloud may name no scale, and what was typed in never saw one.
    if (device === '' || quality.includes('typed-in')) return;
    const entry = this.#entry('scale', vendor, device, reading);
    // Whose it is, of two or three, is not known yet: it is not nobody's.
    const ofNobody = person === null && !quality.includes('ambiguous-person');
    const change = ofScale || ofNobody ? put(entry, reading) : see(entry, reading);
    yield [entry, change];
  }

  #entry(of: Subject['of'], vendor: VendorName, id: string, last: Reading): Entry {
    const key = JSON.stringify([of, vendor, id]);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    // Older than any, so that the reading itself is seen as news.
    const entry: Entry = { of, vendor, id, newest: new Map(), last: { ...last, timeMs: -1 }, name: null };
    this.#entries.set(key, entry);
    return entry;
  }

  #rename(entry: Entry): boolean {
    if (entry.of === 'scale') return false;
    const name = this.#nameOf(entry.last);
    if (name === entry.name) return false;
    entry.name = name;
    return true;
  }
}

function put(entry: Entry, reading: Reading): boolean {
  const seen = see(entry, reading);
  const known = entry.newest.get(reading.kind);
  if (known !== undefined && known.timeMs > reading.timeMs) return seen;
  entry.newest.set(reading.kind, reading);
  return seen || known?.timeMs !== reading.timeMs || known.value !== reading.value;
}

function see(entry: Entry, reading: Reading): boolean {
  if (reading.timeMs <= entry.last.timeMs) return false;
  entry.last = reading;
  return true;
}
