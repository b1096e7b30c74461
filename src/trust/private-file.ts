import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { chmod, chown, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../model/errors.js';

/** Files that are nobody else's to read: keys, passwords, sessions. */

/**
 * The text of a private file (latin1), null when it is not there or empty. One that others could read is made private.
 * Rejects with a {@link UserError} when it cannot be read, is no plain file, or has more than `maxBytes`; its message
 * ends with `howToMend`.
 */
export async function readPrivate(path: string, maxBytes: number, howToMend: string): Promise<string | null> {
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK a pipe of this name would hold us for good.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) throw new UserError(`${path} is not a plain file: ${howToMend}`);
    if (stats.size > maxBytes) throw new UserError(`${path} is too large to be ours: ${howToMend}`);
    await makePrivate(stats, () => file?.chmod(0o600));
    const text = await file.readFile('latin1');
    return text === '' ? null : text;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw fileError(`cannot read ${path}`, cause);
  } finally {
    await file?.close();
  }
}

/**
 * Writes a private file, or another in its place, whole or not at all; its folder is made when there is none. Rejects
 * with a {@link UserError} when that cannot be done.
 */
export async function replacePrivate(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const part = `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      await writeNew(part, text);
      await giveToOwner(part, folder);
      await rename(part, path);
    } finally {
      await rm(part, { force: true });
    }
    await syncFolder(folder);
  } catch (cause) {
    throw fileError(`cannot write ${path}`, cause);
  }
}

export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await makePrivate(await stat(folder), () => chmod(folder, 0o700));
}

/** A copy that was put back may be open to all. The rights of what somebody else owns are not ours to change. */
async function makePrivate({ uid, mode }: Stats, change: () => Promise<void> | undefined): Promise<void> {
  if (uid !== process.getuid?.() || (mode & 0o077) === 0) return;
  try {
    await change();
  } catch (cause) {
    // FAT has no rights, and a folder may be there for reading only: they are used as they are.
    if (!/^(EPERM|EROFS|ENOTSUP)$/.test(codeOf(cause))) throw cause;
  }
}

/** What root writes by a command is for the user that scaletap runs as, whose folder it is. */
async function giveToOwner(file: string, folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(folder);
  if (uid !== 0) await chown(file, uid, gid);
}

/** Makes a file, on disk when this resolves. Rejects with `EEXIST` when there is one. */
export async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text, 'latin1');
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The names in a folder are on disk when the folder is. Windows cannot open one for that. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** An error of the file system as one that a person can mend; every other as it is. */
export function fileError(what: string, cause: unknown): unknown {
  const code = codeOf(cause);
  if (cause instanceof UserError || code === '') return cause;
  const whatToDo = /^(ENOSPC|EDQUOT)$/.test(code)
    ? 'make room on the disk'
    : 'give this user the right to it, or use another --data-dir';
  return new UserError(`${what} (${code}): ${whatToDo}`, { cause });
}

export function codeOf(error: unknown): string {
  const { code }: NodeJS.ErrnoException = error instanceof Error ? error : ({} as Error);
  return code ?? '';
}
