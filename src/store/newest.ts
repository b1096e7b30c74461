import { sql } from 'kysely';
import type { KeptReading } from '../model/reading.js';
import type { Database } from './database.js';
import type { KeptRow } from './kept-readings.js';
import { keptReadingOf, keptReadings } from './kept-readings.js';
import { isSound } from './sound.js';

type Group = Pick<KeptRow, 'vendor' | 'device' | 'owner' | 'kind'>;

/**
 * The newest sound reading of each kind, for each device and owner. To find out which there are, all readings have to be
 * looked at, a tenth of a second for those of ten years. So that is done once, and what was found is kept: afterwards only
 * what is new is looked at, and whether what was found still holds. What was corrected is new: it has another `seq`.
 */
export class Newest {
  readonly #db: Database;
  /** By vendor, device, owner and kind. */
  #found = new Map<string, KeptRow>();
  /** What was found is of the readings up to this `seq`. */
  #seq = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  /** In the order in which they came to be known. */
  readings(): KeptReading[] {
    const [{ seq } = { seq: 0 }] = this.#db.all(
      this.#db.query
        .selectFrom('reading')
        .select((expression) => expression.fn.max<number | null>('seq').as('seq')),
    );
    this.#check();
    this.#addNew();
    this.#seq = seq ?? 0;
    return [...this.#found.values()].sort((a, b) => a.seq - b.seq).map(keptReadingOf);
  }

  /** A reading may have been given to somebody else, or count no more, and names change. */
  #check(): void {
    // In one piece: a statement takes 32,766 parameters, and a forger may have made up more people.
    const ids = JSON.stringify([...this.#found.values()].map(({ id }) => id));
    const still = sql<boolean>`reading.id IN (SELECT value FROM json_each(${ids}))`;
    const now = new Map(this.#db.all(this.#sound().where(still)).map((row) => [row.id, row]));
    for (const [key, before] of this.#found) {
      const row = now.get(before.id);
      const after = row?.owner === before.owner ? row : this.#newestOf(before);
      if (after === undefined) this.#found.delete(key);
      else this.#found.set(key, after);
    }
  }

  /** Looks again for the newest of what has come since. */
  #addNew(): void {
    const groups = this.#db.query
      .selectFrom('reading')
      // In this order the first of them tells most apart.
      .select(['owner', 'kind', 'device', 'vendor'])
      .distinct()
      .where('seq', '>', this.#seq);
    for (const group of this.#db.all(groups)) {
      const row = this.#newestOf(group);
      if (row !== undefined) this.#found.set(keyOf(group), row);
    }
  }

  #newestOf({ vendor, device, owner, kind }: Group): KeptRow | undefined {
    const [row] = this.#db.all(
      this.#sound()
        .where('reading.owner', owner === null ? 'is' : '=', owner)
        .where('reading.kind', '=', kind)
        .where('reading.vendor', '=', vendor)
        .where('reading.device', '=', device)
        .orderBy('reading.time_ms', 'desc')
        .orderBy('reading.seq', 'desc')
        .limit(1),
    );
    return row;
  }

  #sound() {
    return keptReadings(this.#db).where(isSound);
  }
}

function keyOf({ vendor, device, owner, kind }: Group): string {
  return JSON.stringify([vendor, device, owner, kind]);
}
