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

/** A cloud may correct the time of a weigh-in, by a zone at most. */
const SAME_WEIGH_IN_MS = 26 * 3_600_000;

/** A reading, and the exchange that it came in. */
type Found = readonly [reading: Reading, exchange: number];

/** The readings: each once, by its id, in the order in which they came to be known. */
export class Readings {
  readonly #db: Database;
  readonly #inserter: Inserter;
  readonly #newest: Prepared<{ value: number; time_ms: number }>;
  readonly #inCloud: Prepared<{ id: string; kind: string; person: string | null; time_ms: number }>;
  readonly #attach: Prepared<unknown>;
  readonly #byId: Prepared<{ quality: string | null; cloud_id: string | null }>;

  constructor(db: Database) {
    this.#db = db;
    this.#newest = db.prepare(
      db.query
        .selectFrom('reading')
        .select(['value', 'time_ms'])
        .where('vendor', '=', '')
        .where('person', '=', '')
        .where('kind', '=', '')
        .where(isSound)
        .orderBy('time_ms', 'desc')
        .limit(1),
    );
    this.#inCloud = db.prepare(
      db.query
        .selectFrom('reading')
        .select(['id', 'kind', 'person', 'time_ms'])
        .where('cloud_id', '=', '')
        .where('vendor', '=', ''),
    );
    this.#attach = db.prepare(
      db.query.updateTable('reading').set({ cloud_id: '', quality: '' }).where('id', '=', ''),
    );
    this.#byId = db.prepare(
      db.query.selectFrom('reading').select(['quality', 'cloud_id']).where('id', '=', ''),
    );
    const places = { kind: '', value: 0, unit: '', time_ms: 0, device: '', vendor: '' };
    const row = { id: '', ...places, person: '', candidates: '', quality: '', exchange: 0, cloud_id: '' };
    this.#inserter = new Inserter(db, (rows) =>
      db.query
        .insertInto('reading')
        .values(Array(rows).fill(row))
        .onConflict((conflict) => conflict.column('id').doNothing()),
    );
  }

  /** Adds readings that are not there, each with its exchange; in a transaction. Says how many were new. */
  add(found: readonly Found[]): number {
    const plain: Found[] = [];
    const inCloud = new Map<string, Found[]>();
    for (const each of found) {
      const [{ cloudId, vendor }] = each;
      if (cloudId === null) plain.push(each);
      else {
        const key = `${vendor} ${cloudId}`;
        const same = inCloud.get(key);
        if (same) same.push(each);
        else inCloud.set(key, [each]);
      }
    }
    let count = this.#insert(plain);
    for (const weighIn of inCloud.values()) count += this.#addOfCloud(weighIn);
    return count;
  }

  #insert(found: readonly Found[]): number {
    return this.#inserter.insert(found.map(([reading, exchange]) => parametersOf(reading, exchange))).count;
  }

  /**
   * Adds those of a weigh-in that the cloud has an id for. What is there already is given that id, however it came to be
   * known, and the cloud vouches for it. What has the id is the same even if it was somebody else's, or nobody's, before
   * the app had given it to a person.
   */
  #addOfCloud(weighIn: readonly Found[]): number {
    const [first] = weighIn;
    if (first === undefined) return 0;
    const [{ cloudId, vendor }] = first;
    const known = new Map(this.#inCloud.all([cloudId, vendor]).map((row) => [row.kind, row]));
    const fresh: Found[] = [];
    const givenTo = new Map<string, string>();
    for (const each of weighIn) {
      const [{ id, kind, person, timeMs }] = each;
      const same = known.get(kind);
      // Two numberings of one vendor may meet.
      if (same === undefined || Math.abs(same.time_ms - timeMs) > SAME_WEIGH_IN_MS) {
        known.set(kind, { id, kind, person, time_ms: timeMs });
        fresh.push(each);
      } else if (same.id !== id && same.person !== person && person !== null) givenTo.set(same.id, person);
    }
    const count = this.#insert(fresh);
    for (const [id, person] of givenTo) this.#giveTo(id, person);
    if (count < fresh.length) for (const [reading] of fresh) this.#vouchFor(reading);
    return count;
  }

  /** Gives a reading that is there without an id of the cloud this one, and takes the doubt from it. */
  #vouchFor({ id, cloudId, quality }: Reading): void {
    const [known] = this.#byId.all([id]);
    if (known === undefined || known.cloud_id !== null) return;
    const marks = (known.quality?.split(',') ?? []).filter(
      (mark) => mark !== 'unverified' || quality.includes('unverified'),
    );
    this.#attach.run([cloudId, marks.join(',') || null, id]);
  }

  #giveTo(id: string, person: string): void {
    this.#db.run(this.#db.query.updateTable('reading').set({ person }).where('id', '=', id));
  }

  /** Marks the readings of weigh-ins that were deleted, by the ids that a vendor's cloud has for them; in a transaction. */
  markDeleted(vendor: string, cloudIds: readonly string[]): void {
    const marked = sql<string>`iif(quality is null, 'deleted', quality || ',deleted')`;
    for (const cloudId of cloudIds) {
      this.#db.run(
        this.#db.query
          .updateTable('reading')
          .set({ quality: marked })
          .where('cloud_id', '=', cloudId)
          .where('vendor', '=', vendor)
          .where((where) =>
            where.or([where('quality', 'is', null), where('quality', 'not like', sql.lit('%deleted%'))]),
          ),
      );
    }
  }

  /**
   * The newest reading of a kind for a person, from whichever device. Not one that may be forged, nor one with a time
   * that cannot be right.
   */
  newest(vendor: string, person: string, kind: string): { value: number; timeMs: number } | undefined {
    const [row] = this.#newest.all([vendor, person, kind, 1]);
    return row && { value: row.value, timeMs: row.time_ms };
  }

  /**
   * The newest sound reading of each kind, for each device and person. It looks at all readings, half a second for
   * those of ten years: an index for it would make each reading twice as dear to insert.
   */
  newestOfAll(): Reading[] {
    const newest = this.#db.query
      .selectFrom('reading')
      .select((expression) => expression.fn.max<number>('time_ms').as('time_ms'))
      .select(['vendor', 'device', 'person', 'kind'])
      .where(isSound)
      .groupBy(['vendor', 'device', 'person', 'kind'])
      .as('newest');
    const query = this.#db.query
      .selectFrom('reading')
      .innerJoin(newest, (join) =>
        join
          .onRef('reading.time_ms', '=', 'newest.time_ms')
          .onRef('reading.vendor', '=', 'newest.vendor')
          .onRef('reading.device', '=', 'newest.device')
          .onRef('reading.kind', '=', 'newest.kind')
          .on((where) => where('reading.person', 'is not distinct from', where.ref('newest.person'))),
      )
      .selectAll('reading')
      .where(isSound)
      .orderBy('reading.seq');
    return this.#db.all(query).map(readingOf);
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

/** Not one that may be forged, was deleted, or has a time that cannot be right. */
const isSound = sql<boolean>`(reading.quality IS NULL OR NOT (
  reading.quality LIKE '%unverified%' OR reading.quality LIKE '%future-time%' OR reading.quality LIKE '%deleted%'))`;

/** In the order of the insert. */
function parametersOf(reading: Reading, exchange: number): unknown[] {
  const { id, kind, value, unit, timeMs, device, vendor, person, candidates, quality, cloudId } = reading;
  const lists = [candidates.join(',') || null, quality.join(',') || null];
  return [id, kind, value, unit, timeMs, device, vendor, person, ...lists, exchange, cloudId];
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
    cloudId: row.cloud_id,
  };
}
