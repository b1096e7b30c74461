import type { Exchange } from '../model/exchange.js';
import type { Reading } from '../model/reading.js';
import type { Findings, Known, Refusal, Vendor } from '../vendors/vendor.js';
import { nothingFound } from '../vendors/vendor.js';
import type { Database, Prepared } from './database.js';
import { blobBytes } from './database.js';
import type { Devices } from './devices.js';
import type { Row, StoredExchange } from './exchange-rows.js';
import { emptyRow, parametersOf, storedExchange } from './exchange-rows.js';
import { Inserter, ROWS_AT_ONCE } from './inserter.js';
import type { Owed } from './owed.js';
import type { Inserted } from './owing.js';
import { Owing } from './owing.js';
import type { Ownership } from './ownership.js';
import type { People } from './people.js';
import type { Readings } from './readings.js';
import type { Values } from './values.js';

/** What a commit has brought. */
export interface Committed {
  /** Exchanges that were not there before; fewer than given only where `dedupe` was asked for. */
  exchanges: number;
  /** Readings that were not known before. */
  readings: number;
  /** Of the new exchanges. */
  refusals: Refusal[];
}

export interface CommitOptions {
  /**
   * Pass over those that are there already: byte for byte, with the same start and, if they are of one source, the
   * same connection.
   */
  readonly dedupe?: boolean;
  /** Enter measures that we answered as owed to the cloud, and settle those that the cloud has now got. */
  readonly owed?: boolean;
  /** Set the values that are found; if not, only secrets are. */
  readonly learn?: boolean;
  /** Called in between, for others to have a turn. */
  readonly rest?: () => void;
  /** Asked at the last moment. If it says no, nothing is committed and {@link NotWanted} is thrown. */
  readonly wanted?: () => boolean;
}

/** A commit came too late for whoever wanted it. */
export class NotWanted extends Error {
  override readonly name = 'NotWanted';
}

const noRest = (): void => undefined;

export interface ExchangeFilter {
  /** Ids above this one. */
  readonly after?: number | undefined;
  /** Exchanges that started at or after this instant, in milliseconds since the Unix epoch. */
  readonly sinceMs?: number | undefined;
  readonly device?: string | undefined;
  readonly vendor?: string | undefined;
  /** Only the newest so many. */
  readonly limit?: number | undefined;
}

/** Gives the vendor that reads an exchange. */
export type VendorOf = (exchange: Exchange) => Vendor | undefined;

/** How many ids are looked up at once. */
const ID_PAGE = 1_000;

/** Notes of earlier exchanges that are kept for later ones of the same run. */
const MAX_NOTES = 1_024;

/** What a commit changes besides the exchanges. */
interface Parts {
  readonly readings: Readings;
  readonly values: Values;
  readonly owed: Owed;
  readonly people: People;
  readonly ownership: Ownership;
  readonly devices: Devices;
}

/** The durable record of exchanges. What is read in them is committed together with them. */
export class Journal {
  readonly #db: Database;
  readonly #readings: Readings;
  readonly #values: Values;
  readonly #owing: Owing;
  readonly #people: People;
  readonly #ownership: Ownership;
  readonly #devices: Devices;
  readonly #vendorOf: VendorOf;
  readonly #inserter: Inserter;
  readonly #byId: Prepared<Row>;
  readonly #sameStart: Prepared<Row>;
  readonly #notes = new Map<string, unknown>();

  constructor(db: Database, parts: Parts, vendorOf: VendorOf) {
    this.#db = db;
    this.#readings = parts.readings;
    this.#values = parts.values;
    this.#owing = new Owing(db, parts.owed, (id) => this.get(id));
    this.#people = parts.people;
    this.#ownership = parts.ownership;
    this.#devices = parts.devices;
    this.#vendorOf = vendorOf;
    this.#inserter = new Inserter(db, (rows) =>
      db.query.insertInto('exchange').values(Array(rows).fill(emptyRow)),
    );
    this.#byId = db.prepare(db.query.selectFrom('exchange').selectAll().where('id', '=', 0));
    this.#sameStart = db.prepare(db.query.selectFrom('exchange').selectAll().where('started_at_us', '=', 0));
  }

  /**
   * Commits exchanges in their order, with the readings and values in them and what they change about what is owed:
   * all, or none when it throws; on disk when it returns.
   */
  commit(exchanges: Iterable<Exchange>, options: CommitOptions = {}): Committed {
    const { dedupe = false, rest = noRest } = options;
    try {
      return this.#db.transaction(() => {
        this.#values.refresh();
        this.#owing.refresh();
        this.#people.refresh();
        this.#ownership.refresh();
        const committed: Committed = { exchanges: 0, readings: 0, refusals: [] };
        // Whether an exchange is there already can be asked only when those before it are.
        const size = dedupe ? 1 : ROWS_AT_ONCE;
        let group: Exchange[] = [];
        for (const exchange of exchanges) {
          group.push(exchange);
          if (group.length < size) continue;
          this.#add(group, options, committed);
          group = [];
          rest();
        }
        this.#add(group, options, committed);
        this.#devices.write();
        if (options.wanted?.() === false) throw new NotWanted('it came too late');
        return committed;
      });
    } catch (error) {
      // What was set in the transaction is not so after all.
      this.#values.forget();
      this.#owing.forget();
      this.#people.forget();
      this.#ownership.forget();
      this.#devices.forget();
      throw error;
    }
  }

  #add(exchanges: readonly Exchange[], options: CommitOptions, committed: Committed): void {
    const { dedupe = false, owed = false, learn = true } = options;
    const rows: unknown[][] = [];
    const found: (readonly [reading: Reading, row: number])[] = [];
    const deleted: (readonly [vendor: Vendor, cloudIds: readonly string[]])[] = [];
    const claimed: (Omit<Inserted, 'id'> & { readonly row: number })[] = [];
    const taught = new Map<string, readonly [vendor: Vendor, device: string]>();
    for (const exchange of exchanges) {
      const { vendor, findings } = this.#read(exchange);
      // Those that follow need the notes of one that is passed over, too.
      for (const [key, note] of findings.notes) this.#note(key, note);
      if (dedupe && this.#has(exchange)) continue;
      for (const reading of findings.readings) found.push([reading, rows.length]);
      for (const { device, name, text } of findings.values) {
        if (vendor === null || !(learn || vendor.values.always.includes(name))) continue;
        if (text === '') this.#values.remove(vendor.name, device, name);
        else if (this.#values.set(vendor.name, device, name, text, exchange.startedAtUs)) {
          taught.set(`${vendor.name} ${device}`, [vendor, device]);
        }
      }
      if (vendor !== null && findings.device !== null) {
        this.#devices.saw(vendor.name, findings.device, exchange);
      }
      committed.refusals.push(...findings.refusals);
      if (vendor !== null && findings.deleted.length > 0) deleted.push([vendor, findings.deleted]);
      if (owed && vendor !== null) claimed.push({ exchange, vendor, findings, row: rows.length });
      rows.push(parametersOf(exchange, vendor?.name ?? null, findings));
    }
    const { ids } = this.#inserter.insert(rows);
    committed.exchanges += rows.length;
    committed.readings += this.#readings.add(found.map(([reading, row]) => [reading, ids[row] ?? 0]));
    for (const [vendor, device] of taught.values()) this.#people.nameFrom(vendor.name, device);
    for (const [vendor, cloudIds] of deleted) this.#readings.markDeleted(vendor.name, cloudIds);
    for (const { row, exchange, vendor, findings } of claimed) {
      // Asked here, as one of the group may have paid what another one before it owed.
      if (!this.#owing.concerns(exchange)) continue;
      this.#owing.take({ id: ids[row] ?? 0, exchange, vendor, findings });
    }
  }

  /**
   * Reads the exchanges of the last moments again, for what they leave to those that follow: a session outlives a run
   * that was killed. Gives them, the oldest first.
   */
  *recall(sinceMs: number, limit: number): Generator<StoredExchange> {
    for (const exchange of this.list({ sinceMs, limit })) {
      for (const [key, note] of this.#read(exchange).findings.notes) this.#note(key, note);
      yield exchange;
    }
  }

  /** What was learnt of a vendor's devices, and what the exchanges of this run have left. */
  known(vendor: Vendor): Known {
    return {
      value: (device, name) => this.#values.get(vendor.name, device, name),
      note: (key) => this.#notes.get(key),
    };
  }

  get(id: number): StoredExchange | undefined {
    const [row] = this.#byId.all([id]);
    return row && storedExchange(row);
  }

  /** Exchanges by rising id. One at a time is in memory, as large as their bodies may be. */
  *list(filter: ExchangeFilter = {}): Generator<StoredExchange> {
    for (const id of this.#ids(filter)) {
      const exchange = this.get(id);
      // It may have been forgotten meanwhile.
      if (exchange) yield exchange;
    }
  }

  *#ids({ after = 0, sinceMs, device, vendor, limit }: ExchangeFilter): Generator<number> {
    let query = this.#db.query.selectFrom('exchange').select('id');
    if (sinceMs !== undefined) query = query.where('started_at_us', '>=', sinceMs * 1000);
    if (device !== undefined) query = query.where('device', '=', device);
    if (vendor !== undefined) query = query.where('vendor', '=', vendor);
    if (limit !== undefined) {
      const newest = query.where('id', '>', after).orderBy('id', 'desc').limit(limit);
      for (const { id } of this.#db.all(newest).reverse()) yield id;
      return;
    }
    for (let last = after; ; ) {
      const page = this.#db.all(query.where('id', '>', last).orderBy('id').limit(ID_PAGE));
      for (const { id } of page) yield id;
      if (page.length < ID_PAGE) return;
      last = page.at(-1)?.id ?? last;
    }
  }

  #read(exchange: Exchange): { vendor: Vendor | null; findings: Findings } {
    const vendor = this.#vendorOf(exchange);
    if (vendor === undefined) return { vendor: null, findings: nothing };
    try {
      return { vendor, findings: vendor.read(exchange, this.known(vendor)) };
    } catch (error) {
      // Vendors do not throw; if one does all the same, the raw exchange must still be kept.
      const detail = error instanceof Error ? error.message : String(error);
      return { vendor, findings: { ...nothing, refusals: [{ reason: 'vendor-fault', detail }] } };
    }
  }

  #note(key: string, note: unknown): void {
    this.#notes.delete(key);
    this.#notes.set(key, note);
    if (this.#notes.size <= MAX_NOTES) return;
    for (const oldest of this.#notes.keys()) {
      this.#notes.delete(oldest);
      break;
    }
  }

  #has(exchange: Exchange): boolean {
    const { request, response } = exchange;
    return this.#sameStart.all([exchange.startedAtUs]).some(
      (row) =>
        // Two scales may say the same in the same microsecond.
        (row.source !== exchange.source || row.connection === exchange.connection) &&
        same(row.request_head, request.head) &&
        same(row.request_body, request.body) &&
        same(row.response_head, response?.head) &&
        same(row.response_body, response?.body),
    );
  }
}

const nothing: Findings = { label: '', ...nothingFound };

function same(stored: Uint8Array | null, given: Uint8Array | undefined): boolean {
  if (stored === null || given === undefined) return stored === null && given === undefined;
  return Buffer.compare(blobBytes(stored), given) === 0;
}
