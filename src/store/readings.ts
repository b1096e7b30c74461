import { sql } from 'kysely';
import type { KeptReading, Reading } from '../model/reading.js';
import type { Corrections } from './corrections.js';
import type { Database, Prepared } from './database.js';
import { Inserter } from './inserter.js';
import type { KeptRow } from './kept-readings.js';
import { keptReadingOf, keptReadings, scaleKinds } from './kept-readings.js';
import { Newest } from './newest.js';
import type { Counting, Ownership, Whose } from './ownership.js';
import type { ReadingTable } from './schema.js';
import { isSound, isSoundAtVendor } from './sound.js';

export interface ReadingFilter {
  /** Readings at or after this instant, in milliseconds since the Unix epoch. */
  readonly sinceMs?: number | undefined;
  readonly device?: string | undefined;
  /** A vendor's user id. */
  readonly person?: string | undefined;
  readonly vendor?: string | undefined;
  /** The key of whose they are; null for what is nobody's and might be somebody's. */
  readonly owner?: string | null | undefined;
  /** Only the newest so many. */
  readonly limit?: number | undefined;
}

/** A cloud may correct the time of a weigh-in, by a zone at most. */
const SAME_WEIGH_IN_MS = 26 * 3_600_000;

/** What is known of a reading that comes again. */
type Known = Pick<ReadingTable, 'quality' | 'cloud_id' | 'vendor' | 'device' | 'time_ms' | 'owner'>;

/** A reading, and the exchange that it came in. */
type Found = readonly [reading: Reading, exchange: number];

/** The readings: each once, by its id, in the order in which they came to be known. */
export class Readings {
  readonly #db: Database;
  readonly #ownership: Ownership;
  readonly #corrections: Corrections;
  readonly #inserter: Inserter;
  readonly #newestOfAll: Newest;
  readonly #newest: Prepared<{ value: number; time_ms: number }>;
  readonly #newestAtVendor: Prepared<{ value: number; time_ms: number }>;
  readonly #inCloud: Prepared<{ id: string; kind: string; person: string | null; time_ms: number }>;
  readonly #attach: Prepared<unknown>;
  readonly #byId: Prepared<Known>;

  constructor(db: Database, ownership: Ownership, corrections: Corrections) {
    this.#db = db;
    this.#ownership = ownership;
    this.#corrections = corrections;
    this.#newestOfAll = new Newest(db);
    const behindId = db.query
      .selectFrom('person_id')
      .innerJoin('reading', 'reading.owner', 'person_id.person')
      .select(['reading.value', 'reading.time_ms'])
      .where('person_id.vendor', '=', '')
      .where('person_id.user_id', '=', '')
      .where('reading.kind', '=', '')
      .orderBy('reading.time_ms', 'desc');
    this.#newest = db.prepare(behindId.where(isSound).limit(1));
    this.#newestAtVendor = db.prepare(
      behindId
        .whereRef('reading.vendor', '=', 'person_id.vendor')
        .whereRef('reading.person', '=', 'person_id.user_id')
        .where(isSoundAtVendor)
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
      db.query
        .selectFrom('reading')
        .select(['quality', 'cloud_id', 'vendor', 'device', 'time_ms', 'owner'])
        .where('id', '=', ''),
    );
    const places = { kind: '', value: 0, unit: '', time_ms: 0, device: '', vendor: '' };
    const more = { person: '', candidates: '', quality: '', exchange: 0, cloud_id: '' };
    const row = { id: '', ...places, ...more, owner: 0, owned_by: '', counts: 0, counted_by: '' };
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
    let rows: unknown[][] = [];
    let count = 0;
    for (let at = 0; at < found.length; ) {
      const [reading, exchange] = found[at] ?? missing();
      const whose = this.#ownership.of(reading);
      if (whose !== undefined) {
        rows.push(parametersOf(reading, exchange, whose, this.#ownership.counting(reading)));
        at++;
        continue;
      }
      // What it weighs is compared with all that came before.
      count += this.#inserter.insert(rows).count;
      rows = [];
      const from = at;
      while (at < found.length && isOneWeighIn(reading, found[at]?.[0])) at++;
      count += this.#insertAnonymous(found.slice(from, at));
    }
    return count + this.#inserter.insert(rows).count;
  }

  /** Inserts readings of one weigh-in that names nobody. */
  #insertAnonymous(weighIn: readonly Found[]): number {
    const unclear = weighIn.map(([reading]) => reading).filter((each) => !this.#ownership.of(each));
    const byWeight = this.#ownership.byWeight(unclear);
    const rows = weighIn.map(([reading, exchange]) => {
      const whose = this.#ownership.of(reading) ?? byWeight;
      return parametersOf(reading, exchange, whose, this.#ownership.counting(reading));
    });
    return this.#inserter.insert(rows).count;
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
    if (givenTo.size > 0) this.#giveTo(givenTo);
    if (count < fresh.length) this.#vouchFor(fresh.map(([reading]) => reading));
    return count;
  }

  /** Gives readings that are there without an id of the cloud theirs, and takes the doubt from them, in the sinks too. */
  #vouchFor(readings: readonly Reading[]): void {
    const doubted: Known[] = [];
    for (const { id, cloudId, quality } of readings) {
      const [known] = this.#byId.all([id]);
      if (known === undefined || known.cloud_id !== null) continue;
      const marks = (known.quality?.split(',') ?? []).filter(
        (mark) => mark !== 'unverified' || quality.includes('unverified'),
      );
      this.#attach.run([cloudId, marks.join(',') || null, id]);
      if (marks.join(',') !== (known.quality ?? '')) doubted.push(known);
    }
    for (const { vendor, device, time_ms: timeMs, owner } of distinct(doubted)) {
      this.#corrections.weighIn(vendor, device, timeMs, owner);
    }
  }

  /** The cloud says whose readings are, by their ids: their owner's too, where no hand has said otherwise. */
  #giveTo(givenTo: ReadonlyMap<string, string>): void {
    const { query } = this.#db;
    const changes = [...givenTo].flatMap(([id, person]) =>
      this.#db
        .all(keptReadings(this.#db).where('reading.id', '=', id))
        .map((before) => ({ id, before, after: { person, ...this.#after(before, person) } })),
    );
    const lost = changes.filter(
      ({ before, after }) => after.owner !== before.owner || after.counts !== before.counts,
    );
    for (const { vendor, device, time_ms: timeMs, owner } of distinct(lost.map(({ before }) => before))) {
      this.#corrections.weighIn(vendor, device, timeMs, owner);
    }
    for (const { id, after } of changes) {
      this.#db.run(query.updateTable('reading').set(after).where('id', '=', id));
    }
    // What was said by hand goes with the reading.
    this.#ownership.forget();
  }

  #after(before: KeptRow, person: string) {
    const reading = { ...keptReadingOf(before), person };
    const { owner, owned_by, counts, counted_by } = before;
    const whose = owned_by === 'hand' ? undefined : this.#ownership.of(reading);
    const counting = counted_by === 'hand' ? undefined : this.#ownership.counting(reading);
    return {
      ...(whose === undefined ? { owner, owned_by } : { owner: whose.owner, owned_by: whose.ownedBy }),
      ...(counting === undefined
        ? { counts, counted_by }
        : { counts: counting.counts, counted_by: counting.countedBy }),
    };
  }

  /** Marks the readings of weigh-ins that were deleted, by the ids that a vendor's cloud has for them; in a transaction. */
  markDeleted(vendor: string, cloudIds: readonly string[]): void {
    const { query } = this.#db;
    const marked = sql<string>`iif(quality is null, 'deleted', quality || ',deleted')`;
    const counts = sql<number>`iif(counted_by is null, 0, counts)`;
    for (const cloudId of cloudIds) {
      const rows = this.#db.all(
        query
          .selectFrom('reading')
          .select(['id', 'device', 'time_ms', 'owner', 'counts', 'counted_by'])
          .where('cloud_id', '=', cloudId)
          .where('vendor', '=', vendor)
          .where((where) =>
            where.or([where('quality', 'is', null), where('quality', 'not like', sql.lit('%deleted%'))]),
          ),
      );
      if (rows.length === 0) continue;
      const lost = rows.filter((row) => row.counts === 1 && row.counted_by === null);
      for (const { device, time_ms: timeMs, owner } of distinct(lost)) {
        this.#corrections.weighIn(vendor, device, timeMs, owner);
      }
      const ids = rows.map(({ id }) => id);
      this.#db.run(query.updateTable('reading').set({ quality: marked, counts }).where('id', 'in', ids));
    }
  }

  /**
   * The newest reading of a kind for whoever is behind a vendor's user id, from whichever device and vendor. Only one
   * that counts, and not one that may be forged or has a time that cannot be right.
   */
  newestOfOwner(vendor: string, person: string, kind: string): { value: number; timeMs: number } | undefined {
    const [row] = this.#newest.all([vendor, person, kind, 1]);
    return row && { value: row.value, timeMs: row.time_ms };
  }

  /** The same of what the vendor itself has for that user id, whether it is to count here or not. */
  newest(vendor: string, person: string, kind: string): { value: number; timeMs: number } | undefined {
    const [row] = this.#newestAtVendor.all([vendor, person, kind, 1]);
    return row && { value: row.value, timeMs: row.time_ms };
  }

  /** {@link Newest.readings} */
  newestOfAll(): KeptReading[] {
    return this.#newestOfAll.readings();
  }

  /** Readings by rising time, also those that do not count. */
  list({ sinceMs, device, person, vendor, owner, limit }: ReadingFilter = {}): KeptReading[] {
    let query = keptReadings(this.#db).orderBy('reading.time_ms', 'desc').orderBy('reading.seq', 'desc');
    if (sinceMs !== undefined) query = query.where('reading.time_ms', '>=', sinceMs);
    if (device !== undefined) query = query.where('reading.device', '=', device);
    if (person !== undefined) query = query.where('reading.person', '=', person);
    if (vendor !== undefined) query = query.where('reading.vendor', '=', vendor);
    if (owner === null) {
      query = query.where('reading.owner', 'is', null).where('reading.kind', 'not in', scaleKinds);
    } else if (owner !== undefined) query = query.where('owner.key', '=', owner);
    if (limit !== undefined) query = query.limit(limit);
    return this.#db.all(query).reverse().map(keptReadingOf);
  }
}

function missing(): never {
  throw new RangeError('there is no such reading');
}

/** Whether another reading is of the same weigh-in of nobody. */
function isOneWeighIn({ vendor, device, timeMs, person }: Reading, other: Reading | undefined): boolean {
  return (
    other?.timeMs === timeMs && other.device === device && other.vendor === vendor && other.person === person
  );
}

/** One row for each device, time and owner. */
function distinct<Row extends { device: string; time_ms: number; owner: number | null }>(
  rows: readonly Row[],
): Row[] {
  return [
    ...new Map(rows.map((row) => [JSON.stringify([row.device, row.time_ms, row.owner]), row])).values(),
  ];
}

/** In the order of the insert. */
function parametersOf(reading: Reading, exchange: number, whose: Whose, counting: Counting): unknown[] {
  const { id, kind, value, unit, timeMs, device, vendor, person, candidates, quality, cloudId } = reading;
  const lists = [candidates.join(',') || null, quality.join(',') || null];
  const known = [id, kind, value, unit, timeMs, device, vendor, person, ...lists, exchange, cloudId];
  return [...known, whose.owner, whose.ownedBy, counting.counts, counting.countedBy];
}
