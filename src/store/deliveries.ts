import { sql } from 'kysely';
import type { KeptReading } from '../model/reading.js';
import type { PlacedRetraction } from '../model/retraction.js';
import type { VendorName } from '../model/vendor.js';
import type { Database } from './database.js';
import { keptReadingOf, keptReadings } from './kept-readings.js';

/** The durable places of the sinks in the list of readings, and in that of retractions. */
export class Deliveries {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * At most `limit` readings that count after the sink's place, in order. A sink that is new starts before the first.
   * None while there is something to take back: what is right follows on that.
   */
  next(sink: string, limit: number): { seq: number; reading: KeptReading }[] {
    const waiting = this.#db.query
      .selectFrom(['retraction', 'delivery'])
      .select('retraction.id')
      .where('delivery.sink', '=', sink)
      .whereRef('retraction.id', '>', 'delivery.retraction');
    const rows = this.#db.all(
      keptReadings(this.#db)
        .where('reading.seq', '>', this.#place(sink))
        .where('reading.counts', '=', 1)
        .where((where) => where.not(where.exists(waiting)))
        .orderBy('reading.seq')
        .limit(limit),
    );
    return rows.map((row) => ({ seq: row.seq, reading: keptReadingOf(row) }));
  }

  advance(sink: string, seq: number): void {
    this.#db.run(
      this.#db.query
        .insertInto('delivery')
        .values({ sink, seq, retraction: this.#lastRetraction() })
        .onConflict((conflict) => conflict.column('sink').doUpdateSet({ seq })),
    );
  }

  /** At most so many retractions that the sink has not done, in order. To one that is new nothing was ever told. */
  retractions(sink: string, limit: number): PlacedRetraction[] {
    const { query } = this.#db;
    const [known] = this.#db.all(query.selectFrom('delivery').select('retraction').where('sink', '=', sink));
    if (known === undefined) {
      this.#db.run(
        query
          .insertInto('delivery')
          .values({ sink, seq: 0, retraction: this.#lastRetraction() })
          .onConflict((conflict) => conflict.doNothing()),
      );
      return [];
    }
    const rows = this.#db.all(
      query
        .selectFrom('retraction')
        .selectAll()
        .where('id', '>', known.retraction)
        .orderBy('id')
        .limit(limit),
    );
    return rows.map(({ id, vendor, device, time_ms: timeMs, owner }) => ({
      id,
      retraction:
        vendor === null || device === null || timeMs === null
          ? { of: 'person', owner: owner ?? '' }
          : { of: 'weigh-in', vendor: vendor as VendorName, device, timeMs, owner },
    }));
  }

  /** Retractions up to this one are done. */
  retracted(sink: string, id: number): void {
    this.#db.run(this.#db.query.updateTable('delivery').set({ retraction: id }).where('sink', '=', sink));
  }

  /** Keeps why a sink refused a reading for good. */
  refuse(sink: string, seq: number, _reading: KeptReading, message: string): void {
    this.#db.run(
      this.#db.query
        .insertInto('delivery_refusal')
        .values({ sink, seq, message })
        .onConflict((conflict) => conflict.columns(['sink', 'seq']).doUpdateSet({ message })),
    );
  }

  backlog(sink: string): number {
    const count = this.#db.query
      .selectFrom('reading')
      .select((expression) => expression.fn.countAll<number>().as('count'))
      .where('seq', '>', this.#place(sink))
      .where('counts', '=', 1);
    return this.#db.all(count)[0]?.count ?? 0;
  }

  #lastRetraction() {
    return sql<number>`coalesce((SELECT max(id) FROM retraction), 0)`;
  }

  #place(sink: string): number {
    const place = this.#db.query.selectFrom('delivery').select('seq').where('sink', '=', sink);
    return this.#db.all(place)[0]?.seq ?? 0;
  }
}
