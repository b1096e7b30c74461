import { sql } from 'kysely';
import type { RawMessage } from '../model/exchange.js';
import type { Outcome, OwedItem, OwedState } from '../model/owed.js';
import type { Database } from './database.js';
import { blobBytes } from './database.js';
import type { OwedTable } from './schema.js';

/** No lease is longer. */
const MAX_LEASE_MS = 600_000;
/** A measure that was tried so often goes behind the others, or none of them would ever be sent. */
const TRIES_IN_TURN = 5;

/** A measure that is to be entered. */
export interface Debt {
  readonly exchange: number;
  readonly vendor: string;
  readonly device: string;
  readonly key: string;
  readonly label: string;
  readonly request: RawMessage;
  readonly answeredAtMs: number;
}

/** An owed measure as it is listed. */
export interface OwedEntry extends OwedItem {
  readonly exchange: number;
  /** What it was, in the vendor's word. */
  readonly label: string;
  readonly answeredAtMs: number;
  readonly state: OwedState;
  readonly status: number | null;
  readonly tries: number;
  readonly lastProblem: string | null;
  readonly settledAtMs: number | null;
}

export interface OwedFilter {
  readonly ids?: readonly number[] | undefined;
  readonly device?: string | undefined;
  readonly state?: OwedState | undefined;
}

/** A device with measures that wait. */
export interface OwingDevice {
  readonly vendor: string;
  readonly device: string;
  readonly pending: number;
}

/** Whole, as SQLite divides whole numbers. */
const turn = sql<number>`tries / ${sql.lit(TRIES_IN_TURN)}`;

type Row = Omit<OwedTable, 'id'> & { id: number };

/** The measures that we answered in the cloud's place and owe it, in the order in which they came. */
export class Owed {
  readonly #db: Database;
  /** The keys of those that are pending; null when they must be read. */
  #pending: ReadonlySet<string> | null = null;
  #dataVersion = -1;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Leases the oldest pending measure of a device for so long, at most {@link MAX_LEASE_MS}. Undefined when there is
   * none, or when one of the device is leased: two senders would lose the order. When a lease ends without
   * {@link settle}, the fate of the measure is not known, and it is given out again.
   */
  next(vendor: string, device: string, nowMs: number, leaseMs: number): OwedItem | undefined {
    const { query } = this.#db;
    return this.#db.transaction(() => {
      const pending = query
        .selectFrom('owed')
        .where('vendor', '=', vendor)
        .where('device', '=', device)
        .where('state', '=', 'pending');
      const leased = pending
        .select('id')
        .where('lease_until_ms', '>', nowMs)
        // One that ends later than any lease could was given before the clock was set back.
        .where('lease_until_ms', '<=', nowMs + MAX_LEASE_MS)
        .limit(1);
      if (this.#db.all(leased).length > 0) return undefined;
      const [oldest] = this.#db.all(pending.selectAll().orderBy(turn).orderBy('id').limit(1));
      if (oldest === undefined) return undefined;
      this.#db.run(
        query
          .updateTable('owed')
          .set({ lease_until_ms: nowMs + Math.min(leaseMs, MAX_LEASE_MS), tries: oldest.tries + 1 })
          .where('id', '=', oldest.id),
      );
      return entryOf(oldest);
    });
  }

  /**
   * Writes down how an attempt ended, and ends its lease. What the cloud has is delivered, whatever was thought of it
   * meanwhile; otherwise only a pending one changes.
   */
  settle(id: number, outcome: Outcome, nowMs: number): void {
    const { state, status } = outcome;
    const update = this.#db.query
      .updateTable('owed')
      .set({
        state,
        status,
        last_problem: state === 'delivered' ? null : outcome.problem,
        lease_until_ms: 0,
        settled_at_ms: state === 'pending' ? null : nowMs,
      })
      .where('id', '=', id);
    this.#db.run(state === 'delivered' ? update : update.where('state', '=', 'pending'));
    this.forget();
  }

  /** The devices with pending measures, the one that waits longest first. */
  devices(): OwingDevice[] {
    return this.#db.all(
      this.#db.query
        .selectFrom('owed')
        .select(['vendor', 'device', (expression) => expression.fn.countAll<number>().as('pending')])
        .where('state', '=', 'pending')
        .groupBy(['vendor', 'device'])
        .orderBy((expression) => expression.fn.min('id')),
    );
  }

  /** In the order in which they came. */
  list({ ids, device, state }: OwedFilter = {}): OwedEntry[] {
    let query = this.#db.query.selectFrom('owed').selectAll().orderBy('id');
    if (ids !== undefined) query = query.where('id', 'in', ids);
    if (device !== undefined) query = query.where('device', '=', device);
    if (state !== undefined) query = query.where('state', '=', state);
    return this.#db.all(query).map(entryOf);
  }

  /** Gives up those that are pending and fit, and returns them as they were. They stay listed. */
  drop(filter: Omit<OwedFilter, 'state'>, nowMs: number): OwedEntry[] {
    const dropped = this.#db.transaction(() => {
      const entries = this.list({ ...filter, state: 'pending' });
      for (const { id } of entries) {
        this.#db.run(
          this.#db.query
            .updateTable('owed')
            .set({ state: 'dropped', lease_until_ms: 0, settled_at_ms: nowMs })
            .where('id', '=', id),
        );
      }
      return entries;
    });
    this.forget();
    return dropped;
  }

  /** Enters a measure, unless it was entered before, whatever became of it; in a transaction. */
  enter(debt: Debt): void {
    this.#db.run(
      this.#db.query
        .insertInto('owed')
        .values({
          exchange: debt.exchange,
          vendor: debt.vendor,
          device: debt.device,
          key: debt.key,
          label: debt.label,
          request_head: debt.request.head,
          request_body: debt.request.body,
          answered_at_ms: debt.answeredAtMs,
          state: 'pending',
          status: null,
          tries: 0,
          last_problem: null,
          lease_until_ms: 0,
          settled_at_ms: null,
        })
        .onConflict((conflict) => conflict.columns(['vendor', 'device', 'key']).doNothing()),
    );
    this.forget();
  }

  /** The cloud got a measure from the device itself; in a transaction. */
  delivered(vendor: string, device: string, key: string, nowMs: number): void {
    if (!this.#keys().has(key)) return;
    const changed = this.#db.run(
      this.#db.query
        .updateTable('owed')
        .set({ state: 'delivered', status: 0, last_problem: null, lease_until_ms: 0, settled_at_ms: nowMs })
        .where('vendor', '=', vendor)
        .where('device', '=', device)
        .where('key', '=', key)
        .where('state', '=', 'pending'),
    );
    if (changed > 0) this.forget();
  }

  /** Whether any are pending. Quick: it is asked for every exchange. */
  get any(): boolean {
    return this.#keys().size > 0;
  }

  /** Forgets what is in memory if another process has written; to be called first in a transaction. */
  refresh(): void {
    const version = this.#db.pragma('data_version');
    if (version !== this.#dataVersion) this.forget();
    this.#dataVersion = version;
  }

  /** Forgets what is in memory: it may have changed. */
  forget(): void {
    this.#pending = null;
  }

  #keys(): ReadonlySet<string> {
    if (this.#pending === null) {
      const rows = this.#db.all(
        this.#db.query.selectFrom('owed').select('key').where('state', '=', 'pending'),
      );
      this.#pending = new Set(rows.map(({ key }) => key));
    }
    return this.#pending;
  }
}

/** An entry from its row. The table is written by {@link Owed} alone. */
function entryOf(row: Row): OwedEntry {
  const head = blobBytes(row.request_head);
  const body = blobBytes(row.request_body);
  return {
    id: row.id,
    vendor: row.vendor,
    device: row.device,
    request: { head, body, bodyBytes: body.length, complete: true },
    exchange: row.exchange,
    label: row.label,
    answeredAtMs: row.answered_at_ms,
    state: row.state as OwedState,
    status: row.status,
    tries: row.tries,
    lastProblem: row.last_problem,
    settledAtMs: row.settled_at_ms,
  };
}
