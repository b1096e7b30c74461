import { sql } from 'kysely';
import type { Database } from './database.js';

/**
 * Has sinks take back what does not hold any more. What is right now follows as readings: they get places behind all
 * others, so that every sink is given them anew. To be called in the transaction of the change, before an owner or a
 * name is changed.
 */
export class Corrections {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Everything that a device said at a time; `owner` is whose it was, by `id`. */
  weighIn(vendor: string, device: string, timeMs: number, owner: number | null): void {
    const { query } = this.#db;
    const name = query.selectFrom('person').select('name').where('id', '=', owner);
    // There is no person without an id, and so no name.
    this.#db.run(query.insertInto('retraction').values({ vendor, device, time_ms: timeMs, owner: name }));
    this.#again(
      placesIn(this.#db)
        .where('time_ms', '=', timeMs)
        .where('device', '=', device)
        .where('vendor', '=', vendor),
    );
  }

  /** Everything of a person, by `id`. */
  person(id: number): void {
    const { query } = this.#db;
    // Sinks have nothing of somebody who has no readings.
    if (this.#again(placesIn(this.#db).where('owner', '=', id)) === 0) return;
    const name = query.selectFrom('person').select('name').where('id', '=', id);
    this.#db.run(query.insertInto('retraction').values({ owner: name }));
  }

  /** Puts readings behind all others, in their order. Says how many. */
  #again(chosen: ReturnType<typeof placesIn>): number {
    const { query } = this.#db;
    const [{ highest } = { highest: 0 }] = this.#db.all(
      query
        .selectFrom(
          query
            .selectFrom('reading')
            .select((expression) => expression.fn.max('seq').as('seq'))
            // A sink's place may be behind one that is gone.
            .unionAll(query.selectFrom('sqlite_sequence').select('seq').where('name', '=', 'reading'))
            .as('both'),
        )
        .select((expression) => expression.fn.max('seq').as('highest')),
    );
    this.#db.run(
      query
        .deleteFrom('delivery_refusal')
        .where('seq', 'in', query.selectFrom(chosen.as('chosen')).select('was')),
    );
    return this.#db.run(
      query
        .updateTable('reading')
        .from(chosen.as('chosen'))
        .set((expression) => ({ seq: expression('chosen.place', '+', highest ?? 0) }))
        .whereRef('reading.seq', '=', 'chosen.was'),
    );
  }
}

/** The readings with their order among those that are chosen. */
function placesIn(db: Database) {
  return db.query
    .selectFrom('reading')
    .select(['seq as was', sql<number>`row_number() OVER (ORDER BY seq)`.as('place')]);
}
