import type { KeptReading } from '../model/reading.js';
import type { Store } from '../store/store.js';
import type { Filter } from './filters.js';
import { calledSo, NOBODY } from './whose.js';

/**
 * The readings that are asked for, by rising time, only the newest `limit`. `person` may be any word for a person; of
 * {@link NOBODY} is what has no owner and might have one.
 */
export function readingsWanted(
  store: Store,
  filter: Filter,
  { person, limit }: { readonly person: string | null; readonly limit: number | null },
): readonly KeptReading[] {
  const most = { limit: limit ?? undefined };
  if (person === null) return store.readings.list({ ...filter, ...most });
  if (person === NOBODY) return store.readings.list({ ...filter, ...most, owner: null });
  const called = calledSo(store.people.list(), person);
  const [only, ...others] = called;
  if (only === undefined) return [];
  if (others.length === 0) return store.readings.list({ ...filter, ...most, owner: only.key });
  const keys = called.map(({ key }) => key);
  const theirs = store.readings
    .list(filter)
    .filter(({ owner }) => owner !== null && keys.includes(owner.key));
  return newest(theirs, limit);
}

/** The last of a list, as many as are asked for, or all. */
export function newest<T>(list: readonly T[], limit: number | null): readonly T[] {
  return limit === null ? list : list.slice(-limit);
}
