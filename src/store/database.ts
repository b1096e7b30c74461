import { accessSync, chmodSync, closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs';
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
  readonly #pragmas = new Map<string, Libsql.Statement>();

  /**
   * Opens the database in a folder and brings it to the newest form. `create` makes folder and file, private to
   * their owner, when they are not there. A statement waits `busyMs` for another process. Throws a {@link UserError} that says what to do when the file is not
   * ours, is newer than this scaletap, or cannot be opened; a {@link StoreUnavailable} when that may pass.
   */
  constructor(dataDir: string, { create, busyMs = BUSY_TIMEOUT_MS }: { create: boolean; busyMs?: number }) {
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
      if (create) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      makePrivate(this.file, create);
      this.#db = new Libsql(this.file);
    } catch (error) {
      throw openError(error, this.file, create);
    }
    try {
      this.#db.pragma(`busy_timeout = ${busyMs}`);
      // Before anything is changed: what is not ours stays as it is.
      const version = this.#ownVersion();
      // Only a new file takes it. An exchange is about a page: fewer, larger ones cost less to write.
      this.#db.pragma('page_size = 16384');
      this.#db.pragma('journal_mode = WAL');
      this.#db.pragma('synchronous = FULL');
      if (version < migrations.length) this.#migrate();
    } catch (error) {
      this.close();
      throw openError(error, this.file, create);
    }
  }

  #migrate(): void {
    this.transaction(() => {
      // Asked again inside the transaction: another process may have been quicker.
      for (const step of migrations.slice(this.#ownVersion())) this.#db.exec(step);
      this.#db.pragma(`user_version = ${migrations.length}`);
    });
  }

  /** The form of the file, 0 when it is empty. Throws a {@link UserError} for a newer one and for that of others. */
  #ownVersion(): number {
    const version = this.pragma('user_version');
    if (version > migrations.length) {
      throw new UserError(
        `${this.file} has form ${version} and this scaletap knows forms up to ${migrations.length}: ` +
          'it was written by a newer scaletap. Use that version, or another --data-dir',
      );
    }
    if (version === 0 && this.pragma('schema_version') > 0) {
      throw new UserError(`${this.file} is the database of another program. Use another --data-dir`);
    }
    return version;
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
    // Kept: the memory of a statement is given back only by the garbage collector, and some are asked at each commit.
    const statement = this.#pragmas.get(name) ?? this.#db.prepare(`PRAGMA ${name}`);
    this.#pragmas.set(name, statement);
    const row = statement.get() as Record<string, unknown> | undefined;
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
  return /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL)/.test(
    codeOf(error),
  );
}

const noBytes = new Uint8Array(0);

/** The bytes of a blob, none for null: libsql gives blobs as ArrayBuffer, whatever its types say. */
export function blobBytes(blob: Uint8Array | ArrayBuffer | null): Uint8Array {
  if (blob === null) return noBytes;
  return blob instanceof Uint8Array ? blob : new Uint8Array(blob);
}

/** The store cannot be opened for now, for want of space or because another process holds it; later it may. */
export class StoreUnavailable extends UserError {
  override readonly name = 'StoreUnavailable';
}

/**
 * Makes the file, where that is wanted, and has it private, as SQLite then makes the files beside it. A file that is
 * there is never opened here: when one is closed, all locks of this process on it are gone (fcntl), also those of
 * another thread's connection. The next program to leave the database would then take itself for the last one and remove
 * the log that this process still writes to (sqlite.org, "How To Corrupt An SQLite Database File", 2.2).
 */
function makePrivate(file: string, create: boolean): void {
  if (create && isMade(file)) return;
  accessSync(file, constants.R_OK | constants.W_OK);
  const stats = statSync(file);
  if (stats.isDirectory()) {
    throw new UserError(`${file} is a folder: --data-dir must name a folder that scaletap alone writes to`);
  }
  const { uid, mode } = stats;
  // A copy that was put back may be open to all. The rights of a file of somebody else are not ours to change.
  if (uid === process.getuid?.() && (mode & 0o077) !== 0) chmodSync(file, 0o600);
}

/** Makes a file that is not there; false when it is. */
function isMade(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

const noRight = /^(EACCES|EPERM|EROFS|SQLITE_(READONLY|CANTOPEN|PERM|AUTH).*)$/;
const noFolder = /^(ENOENT|ENOTDIR|EEXIST|EISDIR|ENAMETOOLONG|ELOOP|EINVAL)$/;
const mayPass = /^(ENOSPC|EDQUOT|EIO|EMFILE|ENFILE|ENOMEM|SQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|PROTOCOL).*)$/;

function openError(error: unknown, file: string, create: boolean): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const { message: cause } = error;
  const code = codeOf(error);
  const say = (message: string) => new UserError(message, { cause: error });
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) {
    return say(`${file} is not a sound database (${cause}). Move it away, or use another --data-dir`);
  }
  if (code === 'ENOENT' && !create) {
    return say(`there is no database ${file} yet; --data-dir names the folder where it is`);
  }
  if (noRight.test(code)) {
    return say(
      `cannot open ${file} for writing (${cause}). Give this user the right, or use another --data-dir`,
    );
  }
  if (noFolder.test(code)) {
    return say(`cannot make ${file} (${cause}): --data-dir must name a folder, or one that can be made`);
  }
  if (mayPass.test(code)) {
    return new StoreUnavailable(`cannot open ${file} for now (${cause})`, { cause: error });
  }
  return error;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  // Of a file that it cannot open at all, libsql gives SQLite's number alone.
  if (/^ConnectionFailed\(.*: 14"\)$/s.test(error.message)) return 'SQLITE_CANTOPEN';
  return String((error as Error & { code?: unknown }).code);
}
