import type { Settings } from '../config/schema.js';
import { UsageError, UserError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import { forgetPassword, keepPassword, passwordFile } from '../web/password-file.js';
import { secretFrom } from './ask-secret.js';
import { print } from './output.js';

const REMOVE = 'remove';
const LEAST = 8;
const MOST = 1000;

/**
 * `scaletap password [remove]`: sets the password of the page, or takes it away. A serve that runs notices at the next
 * request; everybody has to sign in again.
 */
export async function run(
  { dataDir, passwordFile: from }: Pick<Settings, 'dataDir' | 'passwordFile'>,
  [word]: readonly string[],
): Promise<number> {
  if (word !== undefined && word !== REMOVE) {
    const hint = 'the password itself is never written on the command line, which every user can read';
    throw new UsageError(`${printable(word)} is not ${REMOVE}; ${hint}`);
  }
  if (word === REMOVE) return remove(dataDir);
  const password = await secretFrom(from, 'Password of the page: ');
  if (password.length < LEAST) throw new UserError(`a password needs at least ${LEAST} characters`);
  if (password.length > MOST) throw new UserError(`a password has at most ${MOST} characters`);
  if (from === null && (await secretFrom(null, 'The same again: ')) !== password) {
    throw new UserError('the two are not the same; nothing was changed');
  }
  await keepPassword(dataDir, password);
  await print(`the password is set, and kept as a hash in ${passwordFile(dataDir)}\n`);
  return 0;
}

async function remove(dataDir: string): Promise<number> {
  const was = await forgetPassword(dataDir);
  await print(
    was
      ? 'the password is removed; the page is shown on this machine only\n'
      : `there is no password in ${dataDir}\n`,
  );
  return 0;
}
