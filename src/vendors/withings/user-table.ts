import type { Person } from '../../model/person.js';
import { isObject, type JsonObject, jsonText } from './json.js';
import { isNested, type Limits } from './limits.js';
import {
  agedSince,
  byId,
  exactAge,
  heightOf,
  isAmount,
  isWhole,
  longAgo,
  NEVER_WEIGHED,
  natureOf,
  rounded,
  type Told,
  UNKNOWN_AGE,
  WEIGHED,
  weighIn,
} from './user-members.js';

/**
 * The people that a scale is told of in a session reply, each
 *
 *     {"id":1744475,"sn":"MIC","wt":77.11,"ht":1.727,"agt":20.8,"sx":0,"fm":3,"cr":1363702686,"att":0}
 *
 * and on a WBS01 with re and ri, the last resistances. The scale recognises people by wt, cr and att, so these are of
 * the newest weigh-in. No capture lacks one of the members above, and what a scale makes of a user without one is not
 * known: what is missing is filled in.
 */

/** A learnt table: its users as they stood, and when that was. */
export interface LearntTable {
  readonly users: readonly unknown[];
  readonly atMs: number;
}

const wholes: ReadonlySet<string> = new Set(['id', 're', 'ri', 'sx', 'fm', 'cr', 'att']);
const amounts: ReadonlySet<string> = new Set(['wt', 'ht', 'agt']);

/**
 * The table to send: the learnt one with what is newer since, or the people of the settings when none was learnt or it
 * is empty. At most as many as the limits allow.
 */
export function userTable(learnt: LearntTable | undefined, told: Told, limits: Limits): JsonObject[] {
  const known = (learnt?.users ?? []).flatMap((user) => cleaned(user, limits));
  const users =
    learnt === undefined || known.length === 0
      ? fromPeople(told)
      : refreshed(known, learnt.atMs, told, limits);
  return latest(
    users.map((user) => fitted(user, limits)),
    limits.users,
  );
}

/** At most so many of the users, in their order: without those who weighed themselves longest ago. */
export function latest(users: readonly JsonObject[], most: number): JsonObject[] {
  const kept = new Set([...users].sort((a, b) => Number(b.cr) - Number(a.cr)).slice(0, Math.max(0, most)));
  return users.filter((user) => kept.has(user));
}

/** A user of a learnt table without members that a scale could stumble over; none when it has no proper id. */
function cleaned(user: unknown, limits: Limits): JsonObject[] {
  if (!isObject(user) || !isWhole(user.id) || user.id === 0) return [];
  const kept = Object.entries(user).filter(([name, value]) => fits(name, value, limits));
  return [Object.fromEntries(kept)];
}

function fits(name: string, value: unknown, limits: Limits): boolean {
  if (wholes.has(name)) return isWhole(value);
  if (amounts.has(name)) return isAmount(value);
  if (name === 'sn') return typeof value === 'string';
  if (typeof value === 'string') return value.length <= limits.text;
  return limits.nested || !isNested(value);
}

function refreshed(users: readonly JsonObject[], learntMs: number, told: Told, limits: Limits): JsonObject[] {
  const people = new Map(told.people.map((person) => [person.ids.withings, person]));
  const withResistance = users.some((user) => user.re !== undefined || user.ri !== undefined);
  // A clock that is behind makes nobody younger.
  const nowMs = Math.max(told.nowMs, learntMs);
  return users.flatMap((user) => {
    const person = people.get(String(user.id));
    const carried = isAmount(user.agt) ? agedSince(user.agt, learntMs, nowMs) : UNKNOWN_AGE;
    const agt = exactAge(person, nowMs) ?? carried;
    const fresh = { ...user, ...weighIn(user, withResistance, told), agt };
    return filledIn(fresh, person, told, limits);
  });
}

/** Fills in what a user may lack whose table was set by hand. Nobody is recognised without a weight. */
function filledIn(user: JsonObject, person: Person | undefined, told: Told, limits: Limits): JsonObject[] {
  const id = Number(user.id);
  const wt = user.wt ?? person?.weightKg ?? undefined;
  if (wt === undefined && !limits.weightless) return [];
  const never = {
    sn: person?.shortName ?? String(id % 1_000),
    ht: heightOf(id, person, told),
    ...natureOf(person),
    cr: longAgo(told.nowMs),
    att: user.cr === undefined ? NEVER_WEIGHED : WEIGHED,
  };
  return [{ ...user, ...(wt === undefined ? {} : { wt }), ...withoutThose(never, user) }];
}

/** Members that another object has not got. */
export function withoutThose(members: JsonObject, other: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([name]) => other[name] === undefined));
}

/**
 * The people of the settings. One whose weight nobody knows is left out: by a made-up one the scale could take
 * somebody else for them.
 */
function fromPeople(told: Told): JsonObject[] {
  return [...byId(told.people)].flatMap(([id, person]) => {
    const { wt, cr, att, ...resistance } = {
      ...(isAmount(person.weightKg) ? { wt: rounded(person.weightKg, 3) } : {}),
      cr: longAgo(told.nowMs),
      att: NEVER_WEIGHED,
      ...weighIn({ id }, true, told),
    };
    if (wt === undefined) return [];
    const ht = heightOf(id, person, told);
    const agt = exactAge(person, told.nowMs) ?? UNKNOWN_AGE;
    return [{ id, sn: person.shortName, wt, ...resistance, ht, agt, ...natureOf(person), cr, att }];
  });
}

/** A user with a short name that fits, and without unknown members when its text is too long. */
function fitted(user: JsonObject, limits: Limits): JsonObject {
  const named = { ...user, sn: shortName(String(user.sn), limits.shortName) };
  if ((jsonText(named)?.length ?? Number.POSITIVE_INFINITY) <= limits.user) return named;
  const known = Object.entries(named).filter(
    ([name]) => name === 'sn' || wholes.has(name) || amounts.has(name),
  );
  return Object.fromEntries(known);
}

/** The printable start of a name that has at most so many bytes of UTF-8. */
function shortName(name: string, bytes: number): string {
  let short = '';
  for (const char of name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')) {
    if (Buffer.byteLength(short + char) > bytes) break;
    short += char;
  }
  return short;
}
