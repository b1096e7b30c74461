import { sql } from 'kysely';
import type { VendorId } from '../model/change.js';
import type { Corrections } from './corrections.js';
import type { Database } from './database.js';
import type { IdGiver, People } from './people.js';

/** Moves readings and vendors' user ids from one person to another. All of it is called in a transaction. */
export class Moves {
  readonly #db: Database;
  readonly #people: People;
  readonly #corrections: Corrections;

  constructor(db: Database, people: People, corrections: Corrections) {
    this.#db = db;
    this.#people = people;
    this.#corrections = corrections;
  }

  /**
   * Gives a vendor's user id to a person, by `id`, with the readings that are somebody else's by it. Whoever was only
   * known by that id is the same person, and is gone with all that was theirs.
   */
  giveId(person: number, { vendor, id }: VendorId, by: IdGiver): void {
    const holder = this.#people.holder(vendor, id);
    const row = { vendor, user_id: id, person, given_by: by };
    if (holder !== undefined && holder !== person) {
      if (this.#isOnly(holder, { vendor, id })) this.merge(holder, person);
      else this.#moveReadings(holder, { vendor, id }, person);
    }
    this.#db.run(
      this.#db.query
        .insertInto('person_id')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['vendor', 'user_id']).doUpdateSet({ person, given_by: by }),
        ),
    );
    this.#people.forget();
  }

  /** Takes a vendor's user id from a person. The readings that were theirs by it are of one who is only known by it. */
  releaseId(person: number, { vendor, id }: VendorId): void {
    this.#db.run(
      this.#db.query.deleteFrom('person_id').where('vendor', '=', vendor).where('user_id', '=', id),
    );
    this.#people.forget();
    const [first] = this.#db.all(this.#readings(person, { vendor, id }).select('device').limit(1));
    if (first === undefined) return;
    this.#moveReadings(person, { vendor, id }, this.#people.owner(vendor, id, first.device));
  }

  /** All readings and ids of a person go to another one, and the first is gone. */
  merge(from: number, into: number): void {
    this.#corrections.person(from);
    const { query } = this.#db;
    this.#db.run(query.updateTable('reading').set({ owner: into }).where('owner', '=', from));
    this.#db.run(query.updateTable('person_id').set({ person: into }).where('person', '=', from));
    this.#people.remove(from);
  }

  /** Whether a person was only learnt of, by this one id. */
  #isOnly(person: number, { vendor, id }: VendorId): boolean {
    const { query } = this.#db;
    const others = query
      .selectFrom('person_id')
      .select('person')
      .where('person', '=', person)
      .where((where) => where.or([where('vendor', '<>', vendor), where('user_id', '<>', id)]));
    const learnt = query
      .selectFrom('person')
      .select('id')
      .where('id', '=', person)
      .where('origin', '=', 'learnt');
    return this.#db.all(others).length === 0 && this.#db.all(learnt).length > 0;
  }

  #moveReadings(from: number, vendorId: VendorId, to: number): void {
    if (this.#db.all(this.#readings(from, vendorId).select('seq').limit(1)).length === 0) return;
    this.#corrections.person(from);
    this.#db.run(
      this.#db.query
        .updateTable('reading')
        .set({ owner: to })
        .where('seq', 'in', this.#readings(from, vendorId).select('seq')),
    );
  }

  /** The readings that are a person's by a vendor's user id. */
  #readings(person: number, { vendor, id }: VendorId) {
    return this.#db.query
      .selectFrom('reading')
      .where('owner', '=', person)
      .where('person', '=', id)
      .where('vendor', '=', vendor)
      .where(sql<boolean>`owned_by = 'vendor'`);
  }
}
