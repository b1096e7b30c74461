import type { Database, Prepared } from './database.js';

/** How many values are kept in memory to save look-ups and writes that change nothing. */
const CACHE_SIZE = 1_000;
/** A value that stays the same is written again when it was last seen so long ago, to have its age about right. */
const SAME_AGAIN_US = 60_000_000;

/** A clock may be ahead by so much; a time that is further ahead was told by a wrong one. */
const CLOCK_SLACK_US = 86_400_000_000;

interface Known {
  readonly text: string;
  readonly updated_at_us: number;
}

/** A value as it is kept. */
export interface StoredValue {
  readonly vendor: string;
  readonly device: string;
  /** The vendor's own name for it. */
  readonly name: string;
  readonly text: string;
  /** When what it came from crossed, or when it was set by hand: microseconds since the Unix epoch. */
  readonly updatedAtUs: number;
}

/** Which values to list; without a member, all. */
interface ValueFilter {
  readonly vendor?: string | undefined;
  readonly device?: string | undefined;
}

/** What the offline answers are made of, and the secrets of the devices: the newest text for each name. */
export class Values {
  readonly #select: Prepared<Known>;
  readonly #upsert: Prepared<unknown>;
  readonly #db: Database;
  readonly #cache = new Map<string, Known | undefined>();
  #dataVersion = -1;

  constructor(db: Database) {
    this.#db = db;
    this.#select = db.prepare(
      db.query
        .selectFrom('value')
        .select(['text', 'updated_at_us'])
        .where('vendor', '=', '')
        .where('device', '=', '')
        .where('name', '=', ''),
    );
    this.#upsert = db.prepare(
      db.query
        .insertInto('value')
        .values({ vendor: '', device: '', name: '', text: '', updated_at_us: 0 })
        .onConflict((conflict) =>
          conflict.columns(['vendor', 'device', 'name']).doUpdateSet((set) => ({
            text: set.ref('excluded.text'),
            updated_at_us: set.ref('excluded.updated_at_us'),
          })),
        ),
    );
  }

  get(vendor: string, device: string, name: string): string | undefined {
    return this.#known(vendor, device, name)?.text;
  }

  /** A value with the time of what it came from. */
  entry(
    vendor: string,
    device: string,
    name: string,
  ): { readonly text: string; readonly updatedAtMs: number } | undefined {
    const known = this.#known(vendor, device, name);
    return known && { text: known.text, updatedAtMs: known.updated_at_us / 1000 };
  }

  /** All values that a filter lets through, by vendor, device and name. Read afresh, not from memory. */
  list({ vendor, device }: ValueFilter = {}): StoredValue[] {
    let query = this.#db.query
      .selectFrom('value')
      .select(['vendor', 'device', 'name', 'text', 'updated_at_us as updatedAtUs'])
      .orderBy('vendor')
      .orderBy('device')
      .orderBy('name');
    if (vendor !== undefined) query = query.where('vendor', '=', vendor);
    if (device !== undefined) query = query.where('device', '=', device);
    return this.#db.all(query);
  }

  /** The devices of all vendors that have values. */
  devices(): { readonly vendor: string; readonly device: string }[] {
    return this.#db.all(this.#db.query.selectFrom('value').select(['vendor', 'device']).distinct());
  }

  /** All changes that `work` makes, or none of them; durable when it returns. */
  change<T>(work: () => T): T {
    try {
      return this.#db.transaction(() => {
        this.refresh();
        return work();
      });
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /**
   * Sets a value, unless a younger one is known (an old dump may be imported into a running house); to be called
   * in a transaction. Says whether its text is another one from now on.
   */
  set(vendor: string, device: string, name: string, text: string, updatedAtUs: number): boolean {
    const known = this.#known(vendor, device, name);
    // One from the future is of a clock that was wrong, and would stand for good.
    if (known && known.updated_at_us > updatedAtUs && !isFuture(known.updated_at_us)) return false;
    if (known?.text === text && updatedAtUs - known.updated_at_us < SAME_AGAIN_US) return false;
    this.put(vendor, device, name, text, updatedAtUs);
    return known?.text !== text;
  }

  /** Sets a value whatever is known and however young that is; to be called in a transaction. */
  put(vendor: string, device: string, name: string, text: string, updatedAtUs: number): void {
    this.#upsert.run([vendor, device, name, text, updatedAtUs]);
    this.#keep(keyOf(vendor, device, name), { text, updated_at_us: updatedAtUs });
  }

  /** Takes a value away, and tells whether it was there; to be called in a transaction. */
  remove(vendor: string, device: string, name: string): boolean {
    const removed = this.#db.run(
      this.#db.query
        .deleteFrom('value')
        .where('vendor', '=', vendor)
        .where('device', '=', device)
        .where('name', '=', name),
    );
    this.#keep(keyOf(vendor, device, name), undefined);
    return removed > 0;
  }

  #known(vendor: string, device: string, name: string): Known | undefined {
    const key = keyOf(vendor, device, name);
    if (this.#cache.has(key)) return this.#cache.get(key);
    const known = this.#select.all([vendor, device, name])[0];
    this.#keep(key, known);
    return known;
  }

  /** Forgets what is in memory if another process has written; to be called first in a transaction. */
  refresh(): void {
    const version = this.#db.pragma('data_version');
    if (version !== this.#dataVersion) this.forget();
    this.#dataVersion = version;
  }

  /** Forgets what is in memory: a transaction was rolled back. */
  forget(): void {
    this.#cache.clear();
  }

  #keep(key: string, known: Known | undefined): void {
    if (this.#cache.size >= CACHE_SIZE) this.#cache.clear();
    this.#cache.set(key, known);
  }
}

function isFuture(timeUs: number): boolean {
  return timeUs > Date.now() * 1000 + CLOCK_SLACK_US;
}

function keyOf(...names: readonly string[]): string {
  return names.join('\0');
}
