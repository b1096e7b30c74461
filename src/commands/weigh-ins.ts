import { UsageError } from '../model/errors.js';
import type { KnownKind } from '../model/quantity.js';
import { isKnownKind } from '../model/quantity.js';
import type { Quality } from '../model/reading.js';
import { counted } from './output.js';
import type { NamedReading } from './reading-formats.js';

/** What one person weighed at one time on one device, and what else was found then. */
export interface WeighIn {
  /** A UTC instant in milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** In the units of the table of kinds. Weight is among them. */
  readonly values: ReadonlyMap<KnownKind, number>;
}

/** The weigh-ins of one person, in the order of the readings, which is by rising time. */
export interface WeighIns {
  /** What the person is called: the name, or else the vendor's user id; null when there is nobody. */
  readonly person: string | null;
  readonly weighIns: readonly WeighIn[];
  /** What was left out, for people: `2 weigh-ins: 1 deleted in the app, 1 not verified`. Null when nothing was. */
  readonly leftOut: string | null;
}

/** What another tool must not take for a weight of this person at this time, in the order in which it is told. */
const doubts = {
  deleted: 'deleted in the app',
  unverified: 'not verified',
  'ambiguous-person': 'not sure who',
  'future-time': 'with a time in the future',
} as const satisfies Partial<Record<Quality, string>>;

const doubtful = Object.keys(doubts) as (keyof typeof doubts)[];

/**
 * The weigh-ins of the person who is asked for by name or by the vendor's id, or else of the only one whom the readings
 * know. Throws a {@link UsageError} when there are several and none is asked for: the tools hold one person a file.
 */
export function weighInsOf(readings: readonly NamedReading[], asked: string | null): WeighIns {
  const person = asked ?? onlyPerson(readings);
  const ids = new Set(readings.filter((reading) => isOf(reading, person)).map(idOf));
  const found = new Map<string, { timeMs: number; values: Map<KnownKind, number> }>();
  const left = new Map<string, number>();
  for (const reading of readings) {
    const { kind, value, timeMs, vendor, device, person: id, candidates } = reading;
    const theirs = isOf(reading, person);
    const perhaps =
      asked === null
        ? id === null || person === null
        : candidates.some((id) => id === person || ids.has(idOf({ vendor, person: id })));
    if (!theirs && !perhaps) continue;
    const why = doubtOf(reading) ?? (theirs ? undefined : 'of nobody');
    if (why !== undefined) {
      if (kind === 'weight') left.set(why, (left.get(why) ?? 0) + 1);
    } else if (isKnownKind(kind)) {
      const key = JSON.stringify([vendor, device, timeMs, id]);
      const weighIn = found.get(key) ?? { timeMs, values: new Map() };
      found.set(key, weighIn);
      weighIn.values.set(kind, value);
    }
  }
  const weighIns = [...found.values()].filter(({ values }) => values.has('weight'));
  const named = readings.findLast((reading) => isOf(reading, person))?.personName ?? person;
  return { person: named, weighIns, leftOut: toldOf(left) };
}

function doubtOf({ quality }: NamedReading): string | undefined {
  const doubt = doubtful.find((name) => quality.includes(name));
  return doubt && doubts[doubt];
}

function isOf({ person, personName }: NamedReading, asked: string | null): boolean {
  return person !== null && (person === asked || personName === asked);
}

/** The vendor belongs to it: two vendors may give the same id to different people. */
function idOf({ vendor, person }: Pick<NamedReading, 'vendor' | 'person'>): string {
  return `${vendor} ${person}`;
}

/** Null when there is nobody. People of whom there are only doubtful weigh-ins do not count. */
function onlyPerson(readings: readonly NamedReading[]): string | null {
  const people = new Set<string>();
  for (const reading of readings) {
    const { kind, person, personName } = reading;
    if (kind === 'weight' && person !== null && doubtOf(reading) === undefined)
      people.add(personName ?? person);
  }
  if (people.size > 1) {
    throw new UsageError(`there are weigh-ins of ${[...people].join(', ')}; say whose with --person`);
  }
  const [only = null] = people;
  return only;
}

function toldOf(left: ReadonlyMap<string, number>): string | null {
  const order = [...Object.values(doubts), 'of nobody'].filter((why) => left.has(why));
  if (order.length === 0) return null;
  const all = order.reduce((sum, why) => sum + (left.get(why) ?? 0), 0);
  return `${counted(all, 'weigh-in')}: ${order.map((why) => `${left.get(why)} ${why}`).join(', ')}`;
}
