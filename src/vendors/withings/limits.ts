import { isObject, jsonText, member } from './json.js';
import { orderNamed } from './orders.js';

/**
 * What a session reply may be, by the parser of WS-30 firmware 211 (docs/protocols/withings.md, Replies). A reply that
 * the device has taken from its own server shows that it takes more, and widens the limits to what was in it.
 *
 * Not known is how the 600 bytes count that the scale has for parsed JSON: the longest captured reply has 318. What we
 * make keeps to the members of the captures, and one user's text well below.
 */
export interface Limits {
  /** Of the whole reply in bytes. */
  readonly bytes: number;
  readonly users: number;
  /** Of one user's text in characters. */
  readonly user: number;
  /** Of a string in characters. */
  readonly text: number;
  /** Of a short name in bytes: the scale has four, with the NUL. */
  readonly shortName: number;
  /** Whether a user may hold objects: they lose a WS-30 its table. */
  readonly nested: boolean;
  /** Whether a user may be without a weight. */
  readonly weightless: boolean;
}

/** Of the reply to session new and once. */
export const LONGEST_REPLY = 1_799;
/** Of the reply to measure and association. */
export const LONGEST_PLAIN_REPLY = 220;
/** 22 December 2007: to the scale itself an earlier weigh-in counts for nothing (WS-30 firmware 211). */
export const EARLIEST_S = 1_198_281_600;
/** Levels of JSON. */
const DEEPEST = 20;

const smallest: Limits = {
  bytes: LONGEST_REPLY,
  users: 15,
  user: 400,
  text: 31,
  shortName: 3,
  nested: false,
  weightless: false,
};

/** The limits of a device whose server once sent it the reply `text` with these users. */
export function limitsBy(text: string, users: readonly unknown[]): Limits {
  const most = (least: number, numbers: readonly number[]) => numbers.reduce((a, b) => Math.max(a, b), least);
  const members = users.filter(isObject).flatMap((user) => Object.values(user));
  return {
    bytes: Math.max(smallest.bytes, Buffer.byteLength(text)),
    users: Math.max(smallest.users, users.length),
    user: most(
      smallest.user,
      users.map((user) => jsonText(user)?.length ?? 0),
    ),
    text: most(
      smallest.text,
      members.map((value) => (typeof value === 'string' ? value.length : 0)),
    ),
    shortName: most(
      smallest.shortName,
      users.map((user) => nameBytes(member(user, 'sn'))),
    ),
    nested: members.some(isNested),
    weightless: users.some((user) => isObject(user) && user.wt === undefined),
  };
}

/** Whether a number in 1e-4 m/s2 can be gravity: on Earth it is from about 97,600 to 98,340. */
export function isGravity(g: number): boolean {
  return g >= 97_000 && g <= 99_000;
}

function nameBytes(name: unknown): number {
  return typeof name === 'string' ? Buffer.byteLength(name) : 0;
}

/** Whether a value is an object, or a list with one in it. */
export function isNested(value: unknown): boolean {
  return isObject(value) || (Array.isArray(value) && value.some(isNested));
}

/** A value of a learnt reply, at some level of its JSON, without orders and without what is too deep for a scale. */
export function withoutOrders(value: unknown, level: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (level > DEEPEST) return null;
  if (Array.isArray(value)) return value.map((inner: unknown) => withoutOrders(inner, level + 1));
  const kept = Object.entries(value).filter(([name]) => orderNamed(name) === undefined);
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutOrders(inner, level + 1)]));
}
