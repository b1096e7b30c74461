import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import { secretFrom } from '../../src/commands/ask-secret.js';
import { folder } from './scaletap.js';

/** A terminal that is none: a real one cannot be had in a test. It keeps whether what is typed would be shown. */
function terminal() {
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    isRaw: false,
    setRawMode(isRaw: boolean) {
      this.isRaw = isRaw;
    },
  });
  const real = Object.getOwnPropertyDescriptor(process, 'stdin');
  Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
  const shown: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => shown.push(String(text)) > 0);
  onTestFinished(() => {
    spy.mockRestore();
    if (real) Object.defineProperty(process, 'stdin', real);
  });
  return { stdin, shown };
}

test('what is typed is not shown, and can be mended', async () => {
  const { stdin, shown } = terminal();
  const secret = secretFrom(null, 'Password: ');
  expect(stdin.isRaw).toBe(true);
  for (const keys of ['pä', 'x\x7f', '🔑y\b', ' ß', '\r']) stdin.write(keys);
  expect(await secret).toBe('pä🔑 ß');
  expect(stdin.isRaw).toBe(false);
  expect(shown).toEqual(['Password: ', '\n']);
});

test.each([
  ['\x03', 'stopped'],
  ['\r', 'nothing was typed'],
])('%j gives none', async (keys, why) => {
  const { stdin } = terminal();
  const secret = secretFrom(null, 'Password: ');
  stdin.write(keys);
  await expect(secret).rejects.toThrow(why);
  expect(stdin.isRaw).toBe(false);
});

test.each([
  ['pass word\n', 'pass word'],
  ['pass word', 'pass word'],
  [' pass\r\nmore\r\n', ' pass'],
])('of the file %j the first line is taken', async (text, secret) => {
  const file = join(folder(), 'password');
  writeFileSync(file, text);
  expect(await secretFrom(file, '')).toBe(secret);
});

test('a file that is empty, or not there', async () => {
  const file = join(folder(), 'password');
  await expect(secretFrom(file, '')).rejects.toThrow(/ENOENT/);
  writeFileSync(file, '\n');
  await expect(secretFrom(file, '')).rejects.toThrow(/empty/);
});
