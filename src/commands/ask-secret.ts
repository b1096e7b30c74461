import { readFile } from 'node:fs/promises';
import { UsageError, UserError } from '../model/errors.js';

/** Keys as a terminal gives them when it leaves them all to us. */
const INTERRUPT = '\x03';
const ENTER = ['\r', '\n', '\x04'];
const ERASE = ['\x7f', '\b'];

/**
 * A secret out of a file, which is its first line, or from whoever sits at the terminal, where it is not shown. Never
 * from the command line, which every user of the machine can read. Throws a {@link UserError} when there is none.
 */
export async function secretFrom(file: string | null, question: string): Promise<string> {
  const secret = file === null ? await typed(question) : await firstLine(file);
  if (secret !== '') return secret;
  throw new UserError(file === null ? 'nothing was typed' : `${file}: its first line is empty`);
}

async function firstLine(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${file}: cannot be read (${cause.code ?? cause.message})`, { cause });
  });
  return text.split(/\r?\n/, 1)[0] ?? '';
}

function typed(question: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    throw new UsageError('there is no terminal to ask for the password; name a file with --password-file');
  }
  stderr.write(question);
  // Without it the terminal shows what is typed.
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let secret = '';
    const over = (): void => {
      stdin.off('data', take);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
    };
    const take = (keys: string): void => {
      for (const key of keys) {
        if (key === INTERRUPT) {
          over();
          reject(new UserError('stopped'));
          return;
        }
        if (ENTER.includes(key)) {
          over();
          resolve(secret);
          return;
        }
        secret = ERASE.includes(key) ? [...secret].slice(0, -1).join('') : secret + key;
      }
    };
    stdin.on('data', take);
    stdin.resume();
  });
}
