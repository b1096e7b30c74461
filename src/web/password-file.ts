import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../model/errors.js';
import { fileError, readPrivate, replacePrivate } from '../trust/private-file.js';

/** What is kept of a password: its scrypt (RFC 7914), and by which parameters that was made. */
export interface KeptPassword {
  readonly n: number;
  readonly r: number;
  readonly p: number;
  /** Base64, 16 bytes. It also tells one password from the next: sessions are of one alone. */
  readonly salt: string;
  /** Base64, 32 bytes. */
  readonly hash: string;
}

/** Takes 32 MiB and some 80 ms, for each guess as well. */
const COST = { n: 2 ** 15, r: 8, p: 1 } as const;
const HASH_BYTES = 32;
const SALT_BYTES = 16;
/** Ours has about 150. */
const MAX_BYTES = 4096;

const howToMend = 'set a new password with `scaletap password`';

/** Where the password of the page is kept. */
export function passwordFile(dataDir: string): string {
  return join(dataDir, 'web-access.json');
}

/**
 * The password of a data folder; null when there is none. Rejects with a UserError for a file that cannot be read: a
 * damaged file must not open the page to everybody.
 */
export async function readPassword(dataDir: string): Promise<KeptPassword | null> {
  const path = passwordFile(dataDir);
  const text = await readPrivate(path, MAX_BYTES, howToMend);
  if (text !== null) return kept(text, path);
  // An empty file is one that somebody or something has emptied: that is not the same as none.
  if ((await versionOf(dataDir)) === NONE) return null;
  throw new UserError(`${path} is empty: ${howToMend}`);
}

const NONE = 'none';

/** A text that is another one when the file is another one. Rejects with a UserError when that cannot be told. */
export async function versionOf(dataDir: string): Promise<string> {
  try {
    const { ino, mtimeMs, ctimeMs, size } = await stat(passwordFile(dataDir));
    return [ino, mtimeMs, ctimeMs, size].join(' ');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return NONE;
    throw fileError(`cannot look at ${passwordFile(dataDir)}`, error);
  }
}

/** Keeps a password in place of the one before. Rejects with a UserError when it cannot be written. */
export async function keepPassword(dataDir: string, password: string): Promise<void> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await hashOf(password, salt, COST);
  const text = { ...COST, salt: salt.toString('base64'), hash: hash.toString('base64') };
  await replacePrivate(passwordFile(dataDir), `${JSON.stringify(text)}\n`);
}

/** Resolves to false when there was none. */
export async function forgetPassword(dataDir: string): Promise<boolean> {
  if ((await versionOf(dataDir)) === NONE) return false;
  await rm(passwordFile(dataDir));
  return true;
}

/** Whether this is the password that is kept. It takes as long for a wrong one as for the right one. */
export async function isPassword(kept: KeptPassword, password: string): Promise<boolean> {
  const hash = await hashOf(password, Buffer.from(kept.salt, 'base64'), kept);
  return timingSafeEqual(hash, Buffer.from(kept.hash, 'base64'));
}

function hashOf(
  password: string,
  salt: Buffer,
  { n, r, p }: Pick<KeptPassword, 'n' | 'r' | 'p'>,
): Promise<Buffer> {
  const options = { N: n, r, p, maxmem: 256 * n * r };
  return new Promise((resolve, reject) => {
    // One keyboard may give a letter with its accent as one character and another as two: both are the same password.
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, options, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    );
  });
}

function kept(text: string, path: string): KeptPassword {
  const { n, r, p, salt, hash } = members(text);
  const isPower = typeof n === 'number' && n >= 2 ** 14 && n <= 2 ** 20 && Number.isInteger(Math.log2(n));
  if (isPower && isSmall(r) && isSmall(p) && isBase64(salt, SALT_BYTES) && isBase64(hash, HASH_BYTES)) {
    return { n, r, p, salt, hash };
  }
  throw new UserError(`${path} is damaged: ${howToMend}`);
}

function members(text: string): Partial<Record<keyof KeptPassword, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // The caller says that it is damaged.
    return {};
  }
}

function isSmall(value: unknown): value is number {
  return Number.isInteger(value) && typeof value === 'number' && value >= 1 && value <= 16;
}

function isBase64(value: unknown, bytes: number): value is string {
  return typeof value === 'string' && Buffer.from(value, 'base64').length === bytes;
}
