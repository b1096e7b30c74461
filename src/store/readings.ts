import { sql } from 'kysely';
import type { Kind, Unit } from '../model/quantity.js';
import type { Quality, Reading, VendorName } from '../model/reading.js';
import type { Database, Prepared } from './database.js';
import { Inserter } from './inserter.js';
import type { ReadingTable } from './schema.js';

export interface ReadingFilter {
  /** Readings at or after this instant, in milliseconds since the Unix epoch. */
  readonly sinceMs?: number | undefined;
  readonly device?: string | undefined;
  /** A vendor's user id. */
  readonly person?: string | undefined;
  readonly vendor?: string | undefined;
  /** Only the newest so many. */
  readonly limit?: number | undefined;
}

type Row = Omit<ReadingTable, 'seq'> & { seq: number };

/** The readings: each once, by its id, in the order in which they came to be known. */
export class Readings {
  readonly #db: Database;
  readonly #inserter: Inserter;
  readonly #newest: Prepared<{ value: number; time_ms: number }>;

  constructor(db: Database) {
    this.#db = db;
    this.#newest = db.prepare(
      db.query
        .selectFrom('reading')
        .select(['value', 'time_ms'])
        .where('vendor', '=', '')
        .where('person', '=', '')
        .where('kind', '=', '')
        .where((where) =>
          where.or([
            where('quality', 'is', null),
            where.and([
              where('quality', 'not like', sql.lit('%unverified%')),
              where('quality', 'not like', sql.lit('%future-time%')),
            ]),
          ]),
        )
        .orderBy('time_ms', 'desc')
        .limit(1),
    );
    const places = { kind: '', value: 0, unit: '', time_ms: 0, device: '', vendor: '' };
    const row = { id: '', ...places, person: '', candidates: '', quality: '', exchange: 0 };
    this.#inserter = new Inserter(db, (rows) =>
      db.query
        .insertInto('reading')
        .values(Array(rows).fill(row))
        .onConflict((conflict) => conflict.column('id').doNothing()),
    );
  }

  /** Adds readings that are not there, each with its exchange; in a transaction. Says how many were new. */
  add(found: readonly (readonly [reading: Reading, exchange: number])[]): number {
    return this.#inserter.insert(found.map(([reading, exchange]) => parametersOf(reading, exchange))).count;
  }

  /**
   * The newest reading of a kind for a person, from whichever device. Not one that may be forged, nor one with a time
   * that cannot be right.
   */
  newest(vendor: string, person: string, kind: string): { value: number; timeMs: number } | undefined {
    const [row] = this.#newest.all([vendor, person, kind, 1]);
    return row && { value: row.value, timeMs: row.time_ms };
  }

  /** Readings by rising time. */
  list({ sinceMs, device, person, vendor, limit }: ReadingFilter = {}): Reading[] {
    let query = this.#db.query
      .selectFrom('reading')
      .selectAll()
      .orderBy('time_ms', 'desc')
      .orderBy('seq', 'desc');
    if (sinceMs !== undefined) query = query.where('time_ms', '>=', sinceMs);
    if (device !== undefined) query = query.where('device', '=', device);
    if (person !== undefined) query = query.where('person', '=', person);
    if (vendor !== undefined) query = query.where('vendor', '=', vendor);
    if (limit !== undefined) query = query.limit(limit);
    return this.#db.all(query).reverse().map(readingOf);
  }
}

/** In the order of the insert. */
function parametersOf(reading: Reading, exchange: number): unknown[] {
  const { id, kind, value, unit, timeMs, device, vendor, person, candidates, quality } = reading;
  const lists = [candidates.join(',') || null, quality.join(',') || null];
  return [id, kind, value, unit, timeMs, device, vendor, person, ...lists, exchange];
}

/** A reading from its row. The table is written by {@link Readings.add} alone, which takes only readings. */
export function readingOf(row: Row): Reading {
  return {
    id: row.id,
    kind: row.kind as Kind,
    value: row.value,
    unit: row.unit as Unit,
    timeMs: row.time_ms,
    device: row.device,
    vendor: row.vendor as VendorName,
    person: row.person,
    candidates: row.candidates?.split(',') ?? [],
    quality: (row.quality?.split(',') ?? []) as Quality[],
  };
}
