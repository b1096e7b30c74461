import { Database } from './database.js';
import { Deliveries } from './deliveries.js';
import type { VendorOf } from './journal.js';
import { Journal } from './journal.js';
import { Owed } from './owed.js';
import { Readings } from './readings.js';
import type { RetentionLimits } from './retention.js';
import { Retention } from './retention.js';
import { Values } from './values.js';

export { isStoreTrouble, StoreUnavailable } from './database.js';

/** Everything that scaletap keeps, in `scaletap.db` of the data folder. */
export class Store {
  readonly file: string;
  readonly journal: Journal;
  readonly readings: Readings;
  readonly values: Values;
  readonly deliveries: Deliveries;
  readonly owed: Owed;
  readonly #db: Database;

  /**
   * Opens the store of a folder; `create` makes it when it is not there. Several processes may have it open.
   * `vendorOf` finds the vendor that reads an exchange. Throws a UserError when the file cannot be used.
   */
  constructor(dataDir: string, vendorOf: VendorOf, { create = false } = {}) {
    this.#db = new Database(dataDir, { create });
    this.file = this.#db.file;
    this.readings = new Readings(this.#db);
    this.values = new Values(this.#db);
    this.deliveries = new Deliveries(this.#db);
    this.owed = new Owed(this.#db);
    this.journal = new Journal(this.#db, this.readings, this.values, this.owed, vendorOf);
  }

  retention(limits: RetentionLimits): Retention {
    return new Retention(this.#db, limits);
  }

  close(): void {
    this.#db.close();
  }
}
