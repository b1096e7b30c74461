import type { KeptReading } from '../model/reading.js';
import type { Database } from './database.js';
import type { KeptRow } from './kept-readings.js';
import { keptReadingOf, keptReadings } from './kept-readings.js';
import { isSound } from './sound.js';

/**
 * The newest sound reading of each kind, for each device and owner. To find them, all readings have to be looked at,
 * half a second for those of ten years: an index for it would make each reading dearer to insert. So that is done once,
 * and what was found is kept. Afterwards only what is new is looked at, and whether what was found still holds.
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

  /** To be called when a reading has become sound that was not. What was corrected has a new `seq`: that is seen. */
  forget(): void {
    this.#found.clear();
    this.#seq = 0;
  }

  /** A reading may have been given to somebody else, or count no more, and names change. */
  #check(): void {
    const ids = [...this.#found.values()].map(({ id }) => id);
    const now = new Map(
      this.#db.all(this.#sound().where('reading.id', 'in', ids)).map((row) => [row.id, row]),
    );
    for (const [key, before] of this.#found) {
      const row = now.get(before.id);
      const after = row?.owner === before.owner ? row : this.#newestLike(before);
      if (after === undefined) this.#found.delete(key);
      else this.#found.set(key, after);
    }
  }

  #newestLike({ vendor, device, owner, kind }: KeptRow): KeptRow | undefined {
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

  #addNew(): void {
    const newest = this.#db.query
      .selectFrom('reading')
      .select((expression) => expression.fn.max<number>('time_ms').as('time_ms'))
      .select(['vendor', 'device', 'owner', 'kind'])
      .where('seq', '>', this.#seq)
      .where(isSound)
      .groupBy(['vendor', 'device', 'owner', 'kind'])
      .as('newest');
    const query = this.#sound()
      .innerJoin(newest, (join) =>
        join
          .onRef('reading.time_ms', '=', 'newest.time_ms')
          .onRef('reading.vendor', '=', 'newest.vendor')
          .onRef('reading.device', '=', 'newest.device')
          .onRef('reading.kind', '=', 'newest.kind')
          .on((where) => where('reading.owner', 'is not distinct from', where.ref('newest.owner'))),
      )
      .orderBy('reading.seq');
    for (const row of this.#db.all(query)) {
      const key = JSON.stringify([row.vendor, row.device, row.owner, row.kind]);
      const known = this.#found.get(key);
      if (known === undefined || known.time_ms <= row.time_ms) this.#found.set(key, row);
    }
  }

  #sound() {
    return keptReadings(this.#db).where(isSound);
  }
}
