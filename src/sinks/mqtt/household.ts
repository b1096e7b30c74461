import { isOfScale, type Kind } from '../../model/quantity.js';
import type { KeptReading, Quality } from '../../model/reading.js';
import type { VendorName } from '../../model/vendor.js';

/** A person or a scale: what Home Assistant has a device for. */
export type Subject = PersonSubject | ScaleSubject;

interface Known {
  /** By kind. Those of a scale are about itself and the room, and weigh-ins of nobody. */
  readonly newest: ReadonlyMap<Kind, KeptReading>;
  /** The newest reading of all, and for a scale that of anybody who stood on it. */
  readonly last: KeptReading;
}

interface PersonSubject extends Known {
  readonly of: 'person';
  /** The owner's key. */
  readonly id: string;
  readonly name: string;
}

interface ScaleSubject extends Known {
  readonly of: 'scale';
  readonly vendor: VendorName;
  /** Its address. */
  readonly id: string;
}

/**
 * Qualities with which a reading says nothing about how things are: an unverified one may be anybody's invention, and
 * one with a time in the future would stand until that time has come.
 */
const untold: ReadonlySet<Quality> = new Set(['unverified', 'future-time']);

/** Milliseconds up to the year 10000, where ISO 8601 ends. */
const END_OF_TIME_MS = 253_402_300_800_000;

/** Why a reading can be no state, in words; undefined when it can. */
export function unfit({ value, timeMs }: KeptReading): string | undefined {
  if (!Number.isFinite(value)) return `the value ${value} is not a finite number`;
  if (!(timeMs >= 0 && timeMs < END_OF_TIME_MS)) return `the time ${timeMs} is no time between 1970 and 9999`;
  return undefined;
}

interface Growing {
  readonly newest: Map<Kind, KeptReading>;
  last: KeptReading;
}
type Person = PersonSubject & Growing & { name: string };
type Scale = ScaleSubject & Growing;

/** The newest reading of every kind, for every person and scale. A reading that comes late changes nothing newer. */
export class Household {
  readonly #people = new Map<string, Person>();
  readonly #scales = new Map<string, Scale>();

  constructor(readings: readonly KeptReading[]) {
    this.take(readings);
  }

  get subjects(): Subject[] {
    return [...this.#people.values(), ...this.#scales.values()];
  }

  /** Takes readings in, and gives those about whom something has changed. A person's name is that of the last one. */
  take(readings: readonly KeptReading[]): Set<Subject> {
    const changed = new Set<Subject>();
    for (const reading of readings) {
      if (unfit(reading) !== undefined || reading.quality.some((each) => untold.has(each))) continue;
      const person = this.#person(reading);
      if (person !== undefined) changed.add(person);
      const scale = this.#scale(reading);
      if (scale !== undefined) changed.add(scale);
    }
    return changed;
  }

  /** The person whose the reading is, if it changes anything there. */
  #person(reading: KeptReading): Person | undefined {
    const { owner } = reading;
    if (owner === null) return undefined;
    const known = this.#people.get(owner.key);
    const { key: id, name } = owner;
    const person: Person = known ?? { of: 'person', id, name, ...nothingBefore(reading) };
    this.#people.set(id, person);
    const renamed = person.name !== name;
    person.name = name;
    return put(person, reading) || renamed ? person : undefined;
  }

  /** The scale that the reading is from, if it changes anything there. */
  #scale(reading: KeptReading): Scale | undefined {
    const { kind, vendor, device: id, owner, ownedBy, quality } = reading;
    // Rows of a cloud may name no scale, and what was typed in never saw one.
    if (id === '' || quality.includes('typed-in')) return undefined;
    const key = JSON.stringify([vendor, id]);
    const scale: Scale = this.#scales.get(key) ?? { of: 'scale', vendor, id, ...nothingBefore(reading) };
    this.#scales.set(key, scale);
    // Whose it is, of two or three, is not known yet: it is not nobody's, unless somebody has said so.
    const isOpen = quality.includes('ambiguous-person') && ownedBy !== 'hand';
    const isShown = isOfScale(kind) || (owner === null && !isOpen);
    return (isShown ? put(scale, reading) : see(scale, reading)) ? scale : undefined;
  }
}

/** Older than any, so that the reading itself is seen as news. */
function nothingBefore(reading: KeptReading): Growing {
  return { newest: new Map(), last: { ...reading, timeMs: -1 } };
}

function put(entry: Growing, reading: KeptReading): boolean {
  const seen = see(entry, reading);
  const known = entry.newest.get(reading.kind);
  if (known !== undefined && known.timeMs > reading.timeMs) return seen;
  entry.newest.set(reading.kind, reading);
  return seen || known?.timeMs !== reading.timeMs || known.value !== reading.value;
}

function see(entry: Growing, reading: KeptReading): boolean {
  if (reading.timeMs <= entry.last.timeMs) return false;
  entry.last = reading;
  return true;
}
