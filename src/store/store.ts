import type { Change, Changed } from '../model/change.js';
import type { Person } from '../model/person.js';
import { vendorNamed, vendors } from '../vendors/index.js';
import { Changes } from './changes.js';
import { Corrections } from './corrections.js';
import { Database } from './database.js';
import { Deliveries } from './deliveries.js';
import { Devices } from './devices.js';
import type { VendorOf } from './journal.js';
import { Journal } from './journal.js';
import { Moves } from './moves.js';
import { Owed } from './owed.js';
import { Ownership } from './ownership.js';
import { PageQueries } from './page-queries.js';
import { People } from './people.js';
import { Readings } from './readings.js';
import type { RetentionLimits } from './retention.js';
import { Retention } from './retention.js';
import { SettingsPeople } from './settings-people.js';
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
  readonly people: People;
  readonly page: PageQueries;
  readonly #db: Database;
  readonly #ownership: Ownership;
  readonly #settingsPeople: SettingsPeople;
  readonly #changes: Changes;

  /**
   * Opens the store of a folder; `create` makes it when it is not there. Several processes may have it open, and what one
   * of them has to itself another waits for, `busyMs` at most.
   * `vendorOf` finds the vendor that reads an exchange. Throws a UserError when the file cannot be used.
   */
  constructor(
    dataDir: string,
    vendorOf: VendorOf,
    { create = false, ...more }: { readonly create?: boolean; readonly busyMs?: number } = {},
  ) {
    this.#db = new Database(dataDir, { create, ...more });
    this.file = this.#db.file;
    this.values = new Values(this.#db);
    const corrections = new Corrections(this.#db);
    const nameOf = (vendor: string, id: string, device: string) =>
      vendorNamed(vendor)?.personName(id, device, (of, name) => this.values.get(vendor, of, name)) ?? null;
    this.people = new People(this.#db, corrections, nameOf);
    this.#ownership = new Ownership(this.#db, this.people, corrections);
    this.readings = new Readings(this.#db, this.#ownership, corrections);
    this.deliveries = new Deliveries(this.#db);
    this.owed = new Owed(this.#db);
    this.page = new PageQueries(this.#db);
    const { readings, values, owed, people } = this;
    const devices = new Devices(this.#db);
    const parts = { readings, values, owed, people, ownership: this.#ownership, devices };
    this.journal = new Journal(this.#db, parts, vendorOf);
    const moves = new Moves(this.#db, people, corrections);
    this.#settingsPeople = new SettingsPeople(this.#db, people, moves, vendors);
    this.#changes = new Changes(this.#db, people, moves, corrections, this.#ownership);
  }

  /** Makes a change of people or weigh-ins, all of it or nothing; on disk when it returns. */
  change(change: Change): Changed {
    return this.#write(() => {
      const changed = this.#changes.make(change);
      if (changed.done && change.change !== 'weigh-in') this.#settingsPeople.makeUpIds();
      return changed;
    });
  }

  /** Brings the people of the settings in, and the names that vendors have told of others. */
  seed(people: readonly Person[]): void {
    this.#write(() => {
      this.#settingsPeople.seed(people);
      for (const { vendor, device } of this.values.devices()) this.people.nameFrom(vendor, device);
    });
  }

  /** The people who were added on the page, as those of the settings are. */
  peopleOfPage(): readonly Person[] {
    return this.#settingsPeople.ofPage();
  }

  retention(limits: RetentionLimits): Retention {
    return new Retention(this.#db, limits);
  }

  close(): void {
    this.#db.close();
  }

  #write<T>(work: () => T): T {
    try {
      return this.#db.transaction(() => {
        this.values.refresh();
        this.people.refresh();
        this.#ownership.refresh();
        return work();
      });
    } finally {
      // What is in memory has changed with the table, or was rolled back.
      this.people.forget();
      this.#ownership.forget();
    }
  }
}
