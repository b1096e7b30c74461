import { UsageError } from '../model/errors.js';
import type { KnownKind } from '../model/quantity.js';
import { isKnownKind } from '../model/quantity.js';
import type { KeptReading } from '../model/reading.js';
import { counted } from './output.js';

/** What one person weighed at one time on one device, and what else was found then. */
export interface WeighIn {
  /** A UTC instant in milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** In the units of the table of kinds. Weight is among them. */
  readonly values: ReadonlyMap<KnownKind, number>;
}

/** The weigh-ins of one person, in the order of the readings, which is by rising time. */
export interface WeighIns {
  /** What the person is called; null when there is nobody. */
  readonly person: string | null;
  readonly weighIns: readonly WeighIn[];
  /** What was left out, for people: `2 weigh-ins: 1 deleted in the app, 1 not verified`. Null when nothing was. */
  readonly leftOut: string | null;
}

/** Who was asked for. */
export interface Asked {
  /** In the words of whoever asked. */
  readonly word: string;
  /** The keys of all whom the word may mean; none when it means nobody. */
  readonly keys: ReadonlySet<string>;
}

/** Why another tool must not take a weight for one of this person at this time, in the order in which it is told. */
const doubts = {
  deleted: 'deleted in the app',
  notToCount: 'not to count',
  unverified: 'not verified',
  notSureWho: 'not sure who',
  future: 'with a time in the future',
  ofNobody: 'of nobody',
} as const;

/**
 * The weigh-ins of whoever is asked for, or else of the only one whom the readings know. Throws a {@link UsageError}
 * when there are several and none is asked for: the tools hold one person a file.
 */
export function weighInsOf(readings: readonly KeptReading[], asked: Asked | null): WeighIns {
  const keys = asked?.keys ?? onlyPerson(readings);
  const ids = new Set(
    readings.filter((reading) => reading.ownedBy === 'vendor' && isOf(reading, keys)).map(idOf),
  );
  const found = new Map<string, { timeMs: number; values: Map<KnownKind, number> }>();
  const left = new Map<string, number>();
  for (const reading of readings) {
    const { kind, value, timeMs, vendor, device, person: id } = reading;
    const theirs = isOf(reading, keys);
    if (!theirs && !(asked === null ? ofNobody(reading, keys) : mayBeOf(reading, ids))) continue;
    const why = doubtOf(reading) ?? (theirs ? undefined : doubts.ofNobody);
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
  const name = readings.findLast((reading) => isOf(reading, keys))?.owner?.name ?? asked?.word ?? null;
  return { person: name, weighIns, leftOut: toldOf(left) };
}

function doubtOf({ quality, owner, counts }: KeptReading): string | undefined {
  // By hand it may count although it was deleted, and not count although it was not.
  if (!counts) return quality.includes('deleted') ? doubts.deleted : doubts.notToCount;
  if (quality.includes('unverified')) return doubts.unverified;
  if (quality.includes('ambiguous-person') && owner === null) return doubts.notSureWho;
  return quality.includes('future-time') ? doubts.future : undefined;
}

function isOf({ owner }: KeptReading, keys: ReadonlySet<string>): boolean {
  return owner !== null && keys.has(owner.key);
}

/** Whether it is nobody's, or else whether it is of somebody of whom there are only doubtful weigh-ins. */
function ofNobody({ owner }: KeptReading, keys: ReadonlySet<string>): boolean {
  return owner === null || keys.size === 0;
}

/** Whether the scale thought of somebody with one of the ids, and nobody has said since whose it is. */
function mayBeOf({ owner, ownedBy, vendor, candidates }: KeptReading, ids: ReadonlySet<string>): boolean {
  if (owner !== null || ownedBy !== null) return false;
  return candidates.some((person) => ids.has(idOf({ vendor, person })));
}

/** The vendor belongs to it: two vendors may give the same id to different people. */
function idOf({ vendor, person }: Pick<KeptReading, 'vendor' | 'person'>): string {
  return `${vendor} ${person}`;
}

/** None when there is nobody. People of whom there are only doubtful weigh-ins do not count. */
function onlyPerson(readings: readonly KeptReading[]): ReadonlySet<string> {
  const people = new Map<string, string>();
  for (const reading of readings) {
    const { kind, owner } = reading;
    if (kind === 'weight' && owner !== null && doubtOf(reading) === undefined)
      people.set(owner.key, owner.name);
  }
  if (people.size > 1) {
    throw new UsageError(
      `there are weigh-ins of ${[...people.values()].join(', ')}; say whose with --person`,
    );
  }
  return new Set(people.keys());
}

function toldOf(left: ReadonlyMap<string, number>): string | null {
  const order = Object.values(doubts).filter((why) => left.has(why));
  if (order.length === 0) return null;
  const all = order.reduce((sum, why) => sum + (left.get(why) ?? 0), 0);
  return `${counted(all, 'weigh-in')}: ${order.map((why) => `${left.get(why)} ${why}`).join(', ')}`;
}
