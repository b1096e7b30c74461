import { sql } from 'kysely';
import type { Database } from './database.js';

/** How much of the journal is kept. Readings and values always are. */
export interface RetentionLimits {
  /** Milliseconds; null for ever. */
  readonly maxAgeMs: number | null;
  /** Bytes of the database that are in use; null without limit. */
  readonly maxBytes: number | null;
}

/** What goes in one step, at most: commits of new exchanges wait for it. */
const STEP = 500;
const STEP_BYTES = 16 * 1024 * 1024;

/** Bytes of an exchange. Of a blob only the length is read. */
const size = sql<number>`length(request_head) + length(request_body) + coalesce(length(response_head), 0) + coalesce(length(response_body), 0)`;

/** Forgets the exchanges that started first. */
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
    const tooOld = maxAgeMs === null ? 0 : this.#forget((nowMs - maxAgeMs) * 1000, STEP_BYTES);
    if (tooOld > 0 || maxBytes === null) return tooOld;
    const excess = this.#usedBytes() - maxBytes;
    return excess > 0 ? this.#forget(Number.MAX_SAFE_INTEGER, Math.min(excess, STEP_BYTES)) : 0;
  }

  /** Forgets exchanges that started before an instant, the oldest first, until about so many bytes are gone. */
  #forget(beforeUs: number, bytes: number): number {
    const { query } = this.#db;
    const oldest = this.#db.all(
      query
        .selectFrom('exchange')
        .select(['id', size.as('size')])
        .where('started_at_us', '<', beforeUs)
        .orderBy('started_at_us')
        .limit(STEP),
    );
    const ids: number[] = [];
    let freed = 0;
    for (const exchange of oldest) {
      if (freed >= bytes) break;
      ids.push(exchange.id);
      freed += exchange.size;
    }
    return ids.length === 0 ? 0 : this.#db.run(query.deleteFrom('exchange').where('id', 'in', ids));
  }

  /** Pages that hold something: freed ones stay in the file and are used again. */
  #usedBytes(): number {
    const pages = this.#db.pragma('page_count') - this.#db.pragma('freelist_count');
    return pages * this.#db.pragma('page_size');
  }
}
