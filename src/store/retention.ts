import type { Database } from './database.js';

/** How much of the journal is kept. Readings and values always are. */
export interface RetentionLimits {
  /** Milliseconds; null for ever. */
  readonly maxAgeMs: number | null;
  /** Bytes of the database that are in use; null without limit. */
  readonly maxBytes: number | null;
}

/** How many exchanges go in one step: commits of new ones wait for it. */
const STEP = 500;

/** Forgets the oldest exchanges. */
export class Retention {
  readonly #db: Database;
  readonly #limits: RetentionLimits;

  constructor(db: Database, limits: RetentionLimits) {
    this.#db = db;
    this.#limits = limits;
  }

  /** Forgets a few exchanges that are too old or too many. Returns how many went; call again if any did. */
  step(nowMs: number): number {
    const { maxAgeMs, maxBytes } = this.#limits;
    const tooOld = maxAgeMs === null ? 0 : this.#forget((nowMs - maxAgeMs) * 1000);
    if (tooOld > 0 || maxBytes === null || this.#usedBytes() <= maxBytes) return tooOld;
    return this.#forget(Number.MAX_SAFE_INTEGER);
  }

  /** Forgets the oldest exchanges by id that started before an instant. */
  #forget(beforeUs: number): number {
    const { query } = this.#db;
    const oldest = query
      .selectFrom('exchange')
      .select('id')
      .where('started_at_us', '<', beforeUs)
      .orderBy('id')
      .limit(STEP);
    return this.#db.run(query.deleteFrom('exchange').where('id', 'in', oldest));
  }

  /** Pages that hold something: freed ones stay in the file and are used again. */
  #usedBytes(): number {
    const pages = this.#db.pragma('page_count') - this.#db.pragma('freelist_count');
    return pages * this.#db.pragma('page_size');
  }
}
