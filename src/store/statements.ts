import type { Database, Prepared } from './database.js';

type Compilable<Row> = Parameters<typeof Database.prototype.prepare<Row>>[0];

/** Statements by name, each prepared when it is first asked for. */
export class Statements {
  readonly #db: Database;
  readonly #prepared = new Map<string, Prepared<unknown>>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** The rows of a statement. `query` builds it; the parameters it is built with are only places. */
  rows<Row>(name: string, parameters: readonly unknown[], query: () => Compilable<Row>): Row[] {
    let statement = this.#prepared.get(name) as Prepared<Row> | undefined;
    if (statement === undefined) {
      statement = this.#db.prepare(query());
      this.#prepared.set(name, statement);
    }
    return statement.all(parameters);
  }
}
