import type { Kind } from '../model/quantity.js';
import { isOfScale } from '../model/quantity.js';
import type { VendorName } from '../model/vendor.js';
import type { WeighInKey } from '../model/weigh-in.js';
import { weighInId, weighInKey } from '../model/weigh-in.js';
import type { ReadingRow } from '../store/page-queries.js';
import type { Household } from './household.js';
import { isVendor } from './household.js';
import { byKind, compare, shownKind } from './kinds.js';
import { NoAnswer } from './no-answer.js';
import type { Answers, Queries } from './shapes.js';

type WeighIn = Answers['weighIn'];

/** The readings of one weigh-in; none is about the scale or the room. */
interface Group extends WeighInKey {
  readonly rows: readonly [ReadingRow, ...ReadingRow[]];
}

const ownedBy = ['vendor', 'weight', 'hand'] as const;

/**
 * Weigh-ins, the newest first, of everybody, of one person or of nobody. Throws {@link NoAnswer} for a person who is
 * not there and a cursor that makes no sense.
 */
export function weighIns(
  house: Household,
  { person, before, limit }: Queries['weighIns'],
): Answers['weighIns'] {
  const after = before === undefined ? null : weighInKey(before);
  if (before !== undefined && after === null) throw new NoAnswer(400, 'before is not what next has been');
  const owners = ownersOf(house, person);
  const wanted = new Set(owners);
  const found: Group[] = [];
  // One more is looked for: it tells whether there is anything behind.
  for (let untilMs = after?.timeMs ?? Number.MAX_SAFE_INTEGER; found.length <= limit; ) {
    const times = newestTimes(house, owners, untilMs, limit + 2);
    for (const timeMs of times) {
      for (const group of groupsAt(house, timeMs)) {
        if (wanted.has(group.rows[0].owner) && (after === null || inOrder(after, group) < 0))
          found.push(group);
      }
    }
    const last = times.at(-1);
    if (last === undefined) break;
    untilMs = last - 1;
  }
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const keys = keysOf(house);
  return {
    weighIns: shown.map((group) => shownGroup(house, group, keys)),
    next: found.length > limit && last !== undefined ? weighInId(last) : null,
  };
}

/** One weigh-in by its id. Throws {@link NoAnswer} when it is not there. */
export function weighIn(house: Household, id: string): WeighIn {
  const key = weighInKey(id);
  const group = key && groupsAt(house, key.timeMs).find((each) => inOrder(key, each) === 0);
  if (!group) throw new NoAnswer(404, 'there is no such weigh-in');
  return shownGroup(house, group, keysOf(house));
}

/** Keys of people, by their `id`, and by a vendor's user id as `vendor id`. */
export interface Keys {
  readonly byPerson: ReadonlyMap<number, string>;
  readonly byVendorId: ReadonlyMap<string, string>;
}

/** The keys as they are now, for several weigh-ins. */
export function keysOf(house: Household): Keys {
  const byPerson = new Map(house.db.people().map(({ id, key }) => [id, key]));
  const byVendorId = new Map<string, string>();
  for (const { vendor, user_id: id, person } of house.db.personIds()) {
    const key = byPerson.get(person);
    if (key !== undefined) byVendorId.set(`${vendor} ${id}`, key);
  }
  return { byPerson, byVendorId };
}

/** The newest weigh-in of a person that counts and has a weight. */
export function newestWeighIn(house: Household, owner: number, keys: Keys): WeighIn | null {
  const weight = house.db.newestWeight(owner);
  const group =
    weight && groupsAt(house, weight.time_ms).find(({ rows }) => rows.some(({ id }) => id === weight.id));
  return (group && shownGroup(house, group, keys)) ?? null;
}

function ownersOf(house: Household, person: string | undefined): (number | null)[] {
  if (person === 'nobody') return [null];
  if (person !== undefined) return [house.person(person).id];
  return [null, ...house.db.people().map(({ id }) => id)];
}

/** Times at which one of the owners has readings, the newest first, from `untilMs` back. */
function newestTimes(
  house: Household,
  owners: readonly (number | null)[],
  untilMs: number,
  limit: number,
): number[] {
  const times = new Set<number>();
  for (const owner of owners) {
    for (const kind of house.db.kindsOf(owner)) {
      if (isOfScale(kind as Kind)) continue;
      for (const time of house.db.times(owner, kind, untilMs, limit)) times.add(time);
    }
  }
  return [...times].sort((a, b) => b - a).slice(0, limit);
}

/** The weigh-ins of one time, in order. */
function groupsAt(house: Household, timeMs: number): Group[] {
  const groups = new Map<string, { vendor: VendorName; rows: [ReadingRow, ...ReadingRow[]] }>();
  for (const row of house.db.readingsAt(timeMs)) {
    const { vendor, kind, device, person } = row;
    if (isOfScale(kind as Kind) || !isVendor(vendor)) continue;
    const key = JSON.stringify([vendor, device, person]);
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { vendor, rows: [row] });
  }
  return [...groups.values()]
    .map(({ vendor, rows }): Group => {
      const [{ device, person }] = rows;
      return { vendor, device, timeMs, person, rows };
    })
    .sort(inOrder);
}

/** The newest first; those of one time always in the same order. */
function inOrder(a: WeighInKey, b: WeighInKey): number {
  return (
    b.timeMs - a.timeMs ||
    compare(a.vendor, b.vendor) ||
    compare(a.device, b.device) ||
    compare(a.person ?? '', b.person ?? '')
  );
}

function shownGroup(house: Household, group: Group, { byPerson, byVendorId }: Keys): WeighIn {
  const { vendor, device, timeMs, person, rows } = group;
  const [first] = rows;
  const candidates = listed(rows.map((row) => row.candidates)).map((id) => byVendorId.get(`${vendor} ${id}`));
  return {
    id: weighInId(group),
    ...{ timeMs, vendor, device },
    person: (first.owner === null ? undefined : byPerson.get(first.owner)) ?? null,
    ownedBy: ownedBy.find((by) => by === first.owned_by) ?? null,
    vendorPerson: person,
    candidates: [...new Set(candidates)].filter((key) => key !== undefined),
    counts: rows.some(({ counts }) => counts === 1),
    quality: listed(rows.map(({ quality }) => quality)),
    exchange: house.db.hasExchange(first.exchange) ? first.exchange : null,
    values: byKind(rows.map(({ kind, value }) => ({ ...shownKind(kind), value }))),
  };
}

/** The members of comma lists, each once. */
function listed(lists: readonly (string | null)[]): string[] {
  return [...new Set(lists.flatMap((list) => list?.split(',') ?? []))];
}
