import type { Database, Prepared } from './database.js';

/** Rows of one statement: it costs a fifth less for each than a statement for every row. */
export const ROWS_AT_ONCE = 16;

/** What an insert did. */
export interface Inserted {
  /** The ids of the rows, in their order; not to be used when some were left out. */
  readonly ids: readonly number[];
  /** How many went in. */
  readonly count: number;
}

/** Inserts rows into one table, to be called in a transaction. */
export class Inserter {
  readonly #one: Prepared<unknown>;
  readonly #many: Prepared<unknown>;

  /** `query` builds the insert of so many rows. */
  constructor(db: Database, query: (rows: number) => Parameters<Database['prepare']>[0]) {
    this.#one = db.prepare(query(1));
    this.#many = db.prepare(query(ROWS_AT_ONCE));
  }

  /** Inserts rows, each a list of parameters in the order of the query. */
  insert(rows: readonly (readonly unknown[])[]): Inserted {
    const ids: number[] = [];
    let count = 0;
    let at = 0;
    for (; at + ROWS_AT_ONCE <= rows.length; at += ROWS_AT_ONCE) {
      const parameters: unknown[] = [];
      // By hand: flat() takes as long as a third of the insert.
      for (let i = at; i < at + ROWS_AT_ONCE; i++) for (const value of rows[i] ?? []) parameters.push(value);
      const { changes, lastInsertRowid } = this.#many.run(parameters);
      count += changes;
      // Nobody else writes meanwhile, so SQLite gives ids without gaps.
      for (let i = 1; i <= ROWS_AT_ONCE; i++) ids.push(lastInsertRowid - ROWS_AT_ONCE + i);
    }
    for (; at < rows.length; at++) {
      const { changes, lastInsertRowid } = this.#one.run(rows[at] ?? []);
      count += changes;
      ids.push(lastInsertRowid);
    }
    return { ids, count };
  }
}
