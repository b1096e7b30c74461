import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { CompiledQuery } from 'kysely';
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import Libsql from 'libsql';
import { UserError } from '../model/errors.js';
import { migrations } from './migrations.js';
import type { Tables } from './schema.js';

/** A query of Kysely's, with the type of its rows. */
interface Compilable<Row> {
  compile(): CompiledQuery<Row>;
}

/** A statement that is prepared once and run often. */
export interface Prepared<Row> {
  all(parameters: readonly unknown[]): Row[];
  /** How many rows it changed, and the id of the last one inserted. */
  run(parameters: readonly unknown[]): { changes: number; lastInsertRowid: number };
}

/** How long a statement waits for another process that writes, e.g. an import beside a running relay. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * The database file: one SQLite file by libsql, in WAL mode with synchronous FULL, so that what is committed
 * survives both a killed process and a power cut. Kysely builds the queries; they run synchronously, because
 * the database lives on a thread of its own.
 */
export class Database {
  /** Builds queries; {@link all}, {@link run} and {@link prepare} run them. */
  readonly query: Kysely<Tables>;
  readonly file: string;
  readonly #db: Libsql.Database;

  /**
   * Opens the database in a folder and brings it to the newest form. `create` makes folder and file, private to
   * their owner, when they are not there. Throws a {@link UserError} that says what to do when the file is not
   * ours, is newer than this scaletap, or cannot be opened.
   */
  constructor(dataDir: string, { create }: { create: boolean }) {
    this.file = join(dataDir, 'scaletap.db');
    this.query = new Kysely<Tables>({
      dialect: {
        createAdapter: () => new SqliteAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (db) => new SqliteIntrospector(db),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
    });
    try {
      if (create) makePrivate(dataDir, this.file);
      else if (!existsSync(this.file)) {
        throw new UserError(`there is no database ${this.file} yet; --data-dir names the folder where it is`);
      }
      this.#db = new Libsql(this.file);
    } catch (error) {
      throw openError(error, this.file);
    }
    try {
      this.#db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
      this.#db.pragma('journal_mode = WAL');
      this.#db.pragma('synchronous = FULL');
      this.#migrate();
    } catch (error) {
      this.close();
      throw openError(error, this.file);
    }
  }

  #migrate(): void {
    if (this.pragma('user_version') < migrations.length) {
      this.transaction(() => {
        // Asked again inside the transaction: another process may have been quicker.
        const done = this.pragma('user_version');
        for (const step of migrations.slice(done)) this.#db.exec(step);
        this.#db.pragma(`user_version = ${migrations.length}`);
      });
    }
    const version = this.pragma('user_version');
    if (version > migrations.length) {
      throw new UserError(
        `${this.file} has form ${version} and this scaletap knows forms up to ${migrations.length}: ` +
          'it was written by a newer scaletap. Use that version, or another --data-dir',
      );
    }
  }

  /** The rows of a query. */
  all<Row>(query: Compilable<Row>): Row[] {
    const { sql, parameters } = query.compile();
    return this.#db.prepare(sql).all([...parameters]) as Row[];
  }

  /** Runs a query for its effect, durable when it returns. Gives the number of changed rows. */
  run(query: Compilable<unknown>): number {
    const { sql, parameters } = query.compile();
    return this.#db.prepare(sql).run([...parameters]).changes;
  }

  /** Prepares a query; the parameters it was built with are only places. */
  prepare<Row>(query: Compilable<Row>): Prepared<Row> {
    const statement = this.#db.prepare(query.compile().sql);
    return {
      all: (parameters) => statement.all(parameters) as Row[],
      run: (parameters) => {
        const { changes, lastInsertRowid } = statement.run(parameters);
        return { changes, lastInsertRowid: Number(lastInsertRowid) };
      },
    };
  }

  /** A number that a pragma tells. */
  pragma(name: string): number {
    const row = this.#db.prepare(`PRAGMA ${name}`).get() as Record<string, unknown> | undefined;
    return Number(Object.values(row ?? {})[0]);
  }

  /** All of `work`, or nothing of it; durable when it returns. */
  transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      // After some failures (a full disk) SQLite has rolled back by itself.
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    if (this.#db.open) this.#db.close();
  }
}

/**
 * Whether an error is the store's own trouble (full disk, failing disk, locked or damaged file), so that the same
 * may work later, and not something about what was to be stored.
 */
export function isStoreTrouble(error: unknown): boolean {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL)/.test(
    String(code),
  );
}

/** SQLite gives the files beside the database the rights of the database. */
function makePrivate(dataDir: string, file: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
}

function openError(error: unknown, file: string): unknown {
  if (error instanceof UserError) return error;
  const { code, message } =
    error instanceof Error ? (error as Error & { code?: string }) : { code: '', message: '' };
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') {
    return new UserError(
      `${file} is not a sound database (${message}). Move it away, or use another --data-dir`,
    );
  }
  if (
    code === 'EACCES' ||
    code === 'EPERM' ||
    code === 'EROFS' ||
    code === 'SQLITE_READONLY' ||
    code === 'SQLITE_CANTOPEN'
  ) {
    return new UserError(
      `cannot open ${file} for writing (${message}). Give this user the right, or use another --data-dir`,
    );
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new UserError(`cannot make the folder of ${file} (${message}): --data-dir must name a folder`);
  }
  return error;
}
