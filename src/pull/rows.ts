import { isObject, type JsonObject } from '../vendors/renpho/json.js';
import { cloudIdOf, personOf, secondsOf } from '../vendors/renpho/rows.js';

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

function rowOf(row: JsonObject): Row {
  const seconds = secondsOf(row);
  const person = personOf(row) ?? null;
  return {
    key: cloudIdOf(row) ?? JSON.stringify([seconds, person, row.weight]),
    timeMs: seconds === undefined ? null : seconds * 1000,
    person,
  };
}
