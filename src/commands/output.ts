import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { UserError } from '../model/errors.js';
import { printable } from '../model/escape.js';

/** Writes to stdout, as fast as its reader takes it. Rejects with EPIPE when the reader has gone. */
export function print(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * Writes a file that only its owner can read. It stands there whole or not at all: the pieces go to a file beside
 * it that takes its name at the end. Throws a {@link UserError} when it cannot be written.
 */
export async function writeFile(path: string, pieces: Iterable<string | Uint8Array>): Promise<void> {
  const beside = `${path}.${randomBytes(4).toString('hex')}.part`;
  let file: FileHandle | undefined;
  try {
    await refuseSpecial(path);
    file = await open(beside, 'wx', 0o600);
    for (const piece of pieces) await file.writeFile(piece);
    await file.sync();
    await file.close();
    await rename(beside, path);
  } catch (cause) {
    await file?.close();
    if (file) await rm(beside, { force: true });
    const { code, syscall }: NodeJS.ErrnoException = cause instanceof Error ? cause : ({} as Error);
    if (syscall === undefined) throw cause;
    throw new UserError(`${path} cannot be written (${code}); name another file with --out`, { cause });
  }
}

/** Nothing but a plain file may lose its name to ours: not a device, a pipe, a folder or a link. */
async function refuseSpecial(path: string): Promise<void> {
  const stats = await lstat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  if (stats === undefined || stats.isFile()) return;
  throw new UserError(
    `${path} is not a plain file; name another with --out, or leave it out for standard output`,
  );
}

/** A line about long work on stderr, when that is a terminal; it is written anew at most five times a second. */
export class Progress {
  #next = 0;
  #shown = false;

  show(text: string): void {
    if (!process.stderr.isTTY || performance.now() < this.#next) return;
    this.#next = performance.now() + 200;
    this.#shown = true;
    process.stderr.write(`\r\x1b[K${printable(text)}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}

/** A time for people: `2026-01-31 06:30:00 +01:00`, in the time zone of the machine. */
export function localTime(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const offset = -date.getTimezoneOffset();
  const minutes = Math.abs(offset);
  return `${day} ${time} ${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** `1 exchange`, `2 exchanges`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** A table that may be written in parts: the columns are as wide as the first part needs them. */
export class Table {
  readonly #columns: readonly Column[];
  #widths: number[] | undefined;

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
  }

  /** The rows as lines; before the first, the titles. */
  lines(rows: readonly (readonly string[])[]): string {
    const titles = this.#columns.map(({ title }) => title);
    const first = this.#widths === undefined;
    this.#widths ??= titles.map((title, i) =>
      rows.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), title.length),
    );
    return (first ? [titles, ...rows] : rows).map((row) => `${this.#line(row)}\n`).join('');
  }

  #line(row: readonly string[]): string {
    const cells = row.map((cell, i) => {
      const width = this.#widths?.[i] ?? 0;
      return this.#columns[i]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
    });
    return cells.join('  ').trimEnd();
  }
}
