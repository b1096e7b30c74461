import { randomBytes } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../model/errors.js';
import { codeOf, fileError, makePrivateFolder, readPrivate, syncFolder, writeNew } from './private-file.js';

/** The two files of the authority on disk. They are made and set aside, and never written over. */

/** Both are PEM: the key PKCS#8, the certificate X.509. */
export interface Pair {
  readonly key: string;
  readonly certificate: string;
}

/** No pair of ours has more than a few thousand bytes. */
const MAX_BYTES = 65_536;

/** Something that a process which makes or renews the pair at this moment will have put right in a moment. */
export class NotWhole extends UserError {
  override readonly name = 'NotWhole';
}

/** What to do about a file of which there is no other. */
export const howToMend =
  'put it back from a copy, or run `scaletap ca renew`, which sets it aside and makes a new authority';

/** The folder of the authority in a data folder. */
export function certsFolder(dataDir: string): string {
  return join(dataDir, 'certs');
}

export function keyFile(folder: string): string {
  return join(folder, 'scaletap-ca.key');
}

export function certificateFile(folder: string): string {
  return join(folder, 'scaletap-ca.pem');
}

/**
 * The texts of both files, null when neither is there. Rejects with {@link NotWhole} when only one is, and with a
 * {@link UserError} when one cannot be read.
 */
export async function readPair(folder: string): Promise<Pair | null> {
  const [keyPath, certificatePath] = [keyFile(folder), certificateFile(folder)];
  const key = await readText(keyPath);
  const certificate = await readText(certificatePath);
  if (key !== null && certificate !== null) return { key, certificate };
  if (key === null && certificate === null) return null;
  const [there, missing] = key === null ? [certificatePath, keyPath] : [keyPath, certificatePath];
  throw new NotWhole(`${there} is there, but ${missing} is missing or empty: ${howToMend}`);
}

/** Null when the file is not there, or is one that was opened by its maker and not yet written. */
function readText(path: string): Promise<string | null> {
  return readPrivate(path, MAX_BYTES, howToMend);
}

/**
 * Makes both files where there are none. Resolves to false, and changes nothing, when another process was quicker.
 * Rejects with a {@link UserError} when they cannot be written.
 */
export async function placePair(folder: string, pair: Pair): Promise<boolean> {
  return staged(folder, pair, (place) => place());
}

/**
 * Makes both files, and sets aside those which are there under names with `stamp` in them; resolves to these names.
 * Rejects with a {@link UserError} when that cannot be done.
 */
export async function replacePair(folder: string, pair: Pair, stamp: string): Promise<string[]> {
  return staged(folder, pair, async (place) => {
    const kept: string[] = [];
    // The certificate first: who reads in between waits for one that is missing.
    for (const path of [certificateFile(folder), keyFile(folder)]) {
      const aside = path.replace(/\.(?=\w+$)/, `.${stamp}.`);
      if (await moved(path, aside)) kept.push(aside);
    }
    // Where another process has been quicker now, what it has made is new as well.
    await place();
    return kept;
  });
}

/** Writes both to disk under names of their own; then `work` may have them placed, the key first. */
async function staged<T>(
  folder: string,
  { key, certificate }: Pair,
  work: (place: () => Promise<boolean>) => Promise<T>,
): Promise<T> {
  const suffix = `.${randomBytes(4).toString('hex')}.part`;
  const parts = [
    { path: keyFile(folder), text: key },
    { path: certificateFile(folder), text: certificate },
  ];
  try {
    await makePrivateFolder(folder);
    try {
      for (const { path, text } of parts) await writeNew(path + suffix, text);
      return await work(async () => {
        for (const { path, text } of parts) if (!(await named(path + suffix, path, text))) return false;
        return true;
      });
    } finally {
      for (const { path } of parts) await rm(path + suffix, { force: true });
      await syncFolder(folder);
    }
  } catch (cause) {
    throw fileError(`cannot write the certificate authority to ${folder}`, cause);
  }
}

/** Gives a file that is written its name; false when something has that name. A link does not replace, as a rename does. */
async function named(from: string, to: string, text: string): Promise<boolean> {
  try {
    try {
      await link(from, to);
    } catch (cause) {
      // FAT and others have no links. There the name is taken first and the text follows.
      if (!/^(EPERM|EACCES|ENOTSUP|EOPNOTSUPP|ENOSYS)$/.test(codeOf(cause))) throw cause;
      await writeNew(to, text);
    }
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    throw cause;
  }
}

async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return false;
    throw cause;
  }
}
