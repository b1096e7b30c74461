import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPrivate, replacePrivate } from '../../src/trust/private-file.js';
import { freshFolder } from './folders.js';

function folder(): string {
  const path = freshFolder();
  mkdirSync(path);
  return path;
}

const mode = (path: string) => statSync(path).mode & 0o777;

test('a file is replaced whole, is private, and leaves nothing beside it', async () => {
  const dir = folder();
  const path = join(dir, 'new', 'secret.json');
  await replacePrivate(path, 'one');
  await Promise.all([replacePrivate(path, 'two'), replacePrivate(path, 'two')]);
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect([mode(path), mode(join(dir, 'new'))]).toEqual([0o600, 0o700]);
  expect(readdirSync(join(dir, 'new'))).toEqual(['secret.json']);
});

test('a link in its place is replaced, not followed', async () => {
  const dir = folder();
  const other = join(dir, 'other');
  writeFileSync(other, 'of somebody else');
  symlinkSync(other, join(dir, 'secret'));
  await replacePrivate(join(dir, 'secret'), 'ours');
  expect(readFileSync(other, 'utf8')).toBe('of somebody else');
});

test('what others could read is made private when it is read', async () => {
  const path = join(folder(), 'secret');
  writeFileSync(path, 'text');
  chmodSync(path, 0o644);
  expect(await readPrivate(path, 100, 'mend it')).toBe('text');
  expect(mode(path)).toBe(0o600);
});

test('what is not there is null; what cannot be ours says what to do', async () => {
  const dir = folder();
  expect(await readPrivate(join(dir, 'none'), 100, 'mend it')).toBeNull();
  writeFileSync(join(dir, 'large'), 'x'.repeat(101));
  await expect(readPrivate(join(dir, 'large'), 100, 'mend it')).rejects.toThrow(
    /too large to be ours: mend it/,
  );
  mkdirSync(join(dir, 'folder'));
  await expect(readPrivate(join(dir, 'folder'), 100, 'mend it')).rejects.toThrow(/not a plain file: mend it/);
  await expect(replacePrivate(join(dir, 'large', 'x'), 'text')).rejects.toMatchObject({ name: 'UserError' });
});
