import { chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPrivate, replacePrivate } from '../../src/trust/private-file.js';
import { freshFolder } from './folders.js';

test('a file is private, and whole when it takes the place of another', async () => {
  const file = join(freshFolder(), 'file');
  await replacePrivate(file, 'one\n');
  await replacePrivate(file, 'two\n');
  expect(await readPrivate(file, 10, 'mend it')).toBe('two\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test.skipIf(process.getuid?.() !== 0)('what root writes is for whose folder it is', async () => {
  const at = freshFolder();
  mkdirSync(at);
  chownSync(at, 12_345, 12_346);
  await replacePrivate(join(at, 'file'), 'text');
  expect(statSync(join(at, 'file'))).toMatchObject({ uid: 12_345, gid: 12_346 });
});
