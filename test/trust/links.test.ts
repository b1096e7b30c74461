import { readFileSync } from 'node:fs';
import type * as files from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { certificateFile, keyFile, placePair } from '../../src/trust/files.js';
import { freshFolder } from './folders.js';

/** A file system without links, as FAT is one: stood in for, since the machines of tests have none. */
vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof files>()),
  link: () => Promise.reject(Object.assign(new Error('EPERM'), { code: 'EPERM' })),
}));

test('without links the files are made too, by the first who comes', async () => {
  const folder = freshFolder();
  expect(await placePair(folder, { key: 'k1', certificate: 'c1' })).toBe(true);
  expect(await placePair(folder, { key: 'k2', certificate: 'c2' })).toBe(false);
  expect(readFileSync(keyFile(folder), 'utf8')).toBe('k1');
  expect(readFileSync(certificateFile(folder), 'utf8')).toBe('c1');
});
