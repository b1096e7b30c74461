import { isObject, numberOf, textOf } from '../vendors/renpho/json.js';

/** What a pull looks at of a row of a list; its readings are taken out where the exchange is read. */
export interface Row {
  /** The same for the same row: its id, or else when and what it weighed. */
  readonly key: string;
  /** Null when it has none that makes sense. */
  readonly timeMs: number | null;
  /** The vendor's user id; null when the row names nobody. */
  readonly person: string | null;
}

/** The rows of a list: a bare array, one in `list`, or nothing at all for none; undefined when it is something else. */
export function rowsOf(got: unknown): Row[] | undefined {
  if (got === null) return [];
  const list = isObject(got) ? got.list : got;
  return Array.isArray(list) ? list.filter(isObject).map(rowOf) : undefined;
}

function rowOf(row: Readonly<Record<string, unknown>>): Row {
  const time = numberOf(row.timeStamp ?? row.time_stamp);
  // A Wi-Fi scale's rows have no bUserId until the app has given them to somebody.
  const people = [row.bUserId, row.b_user_id, row.subUserId, row.userId, row.user_id];
  const person = people.map(textOf).find((id) => id !== undefined && id !== '0');
  return {
    key: textOf(row.id) ?? JSON.stringify([time, person, row.weight]),
    timeMs: time !== undefined && time > 0 ? time * 1000 : null,
    person: person ?? null,
  };
}
