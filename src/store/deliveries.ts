import type { Reading } from '../model/reading.js';
import type { Database } from './database.js';
import { readingOf } from './readings.js';

/** The durable places of the sinks in the list of readings. */
export class Deliveries {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** At most `limit` readings after the sink's place, in order. A sink that is new starts before the first. */
  next(sink: string, limit: number): { seq: number; reading: Reading }[] {
    const rows = this.#db.all(
      this.#db.query
        .selectFrom('reading')
        .selectAll()
        .where('seq', '>', this.#place(sink))
        .orderBy('seq')
        .limit(limit),
    );
    return rows.map((row) => ({ seq: row.seq, reading: readingOf(row) }));
  }

  advance(sink: string, seq: number): void {
    this.#db.run(
      this.#db.query
        .insertInto('delivery')
        .values({ sink, seq })
        .onConflict((conflict) => conflict.column('sink').doUpdateSet({ seq })),
    );
  }

  /** Keeps why a sink refused a reading for good. */
  refuse(sink: string, seq: number, _reading: Reading, message: string): void {
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
      .where('seq', '>', this.#place(sink));
    return this.#db.all(count)[0]?.count ?? 0;
  }

  #place(sink: string): number {
    const place = this.#db.query.selectFrom('delivery').select('seq').where('sink', '=', sink);
    return this.#db.all(place)[0]?.seq ?? 0;
  }
}
