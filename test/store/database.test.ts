import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../src/model/errors.js';
import { Store } from '../../src/store/store.js';
import { vendorOf } from '../../src/vendors/index.js';
import { exchange, post } from '../transfer/exchanges.js';
import { folder, openRaw, openStore } from './stores.js';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

const knock = exchange({ request: post('/cgi-bin/once', 'action=get') });

/** What a person is told when the store of a folder cannot be used. */
function refusal(dataDir: string, create = true): string {
  try {
    new Store(dataDir, vendorOf, { create }).close();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'it was opened';
}

/** Everything in a folder, with its bytes. */
function contents(path: string): [name: string, bytes: Buffer][] {
  return readdirSync(path).map((name) => [name, readFileSync(join(path, name))]);
}

const rights = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('a store that is new', () => {
  test.each([0o000, 0o022, 0o077])('is private under umask %o', (umask) => {
    const old = process.umask(umask);
    onTestFinished(() => {
      process.umask(old);
    });
    const outer = join(folder(), 'outer');
    const dataDir = join(outer, 'data');
    openStore(dataDir).journal.commit([knock]);
    expect(rights(outer)).toBe('700');
    expect(rights(dataDir)).toBe('700');
    expect(readdirSync(dataDir).sort()).toEqual(['scaletap.db', 'scaletap.db-shm', 'scaletap.db-wal']);
    for (const name of readdirSync(dataDir))
      expect(`${name} ${rights(join(dataDir, name))}`).toMatch(/ 600$/);
  });

  test('is made in an empty file too', () => {
    const dataDir = folder();
    writeFileSync(join(dataDir, 'scaletap.db'), '');
    expect(openStore(dataDir).journal.commit([knock])).toMatchObject({ exchanges: 1 });
  });
});

describe('a store that is there', () => {
  test('is opened again as it was', () => {
    const dataDir = folder();
    const first = openStore(dataDir);
    first.journal.commit([knock]);
    const [before] = [...first.journal.list({ limit: 9 })];
    first.close();
    for (let i = 0; i < 2; i++) {
      const again = openStore(dataDir);
      expect([...again.journal.list({ limit: 9 })]).toEqual([before]);
      again.close();
    }
  });

  test('becomes private when it was put back open to all', () => {
    const dataDir = folder();
    openStore(dataDir).close();
    const file = join(dataDir, 'scaletap.db');
    chmodSync(file, 0o664);
    const store = openStore(dataDir);
    store.journal.commit([knock]);
    for (const name of readdirSync(dataDir))
      expect(`${name} ${rights(join(dataDir, name))}`).toMatch(/ 600$/);
  });

  test.runIf(isRoot)('keeps its rights when it is the file of another user', () => {
    const dataDir = folder();
    openStore(dataDir).close();
    const file = join(dataDir, 'scaletap.db');
    chmodSync(file, 0o660);
    chownSync(file, NOBODY, NOBODY);
    openStore(dataDir).journal.commit([knock]);
    expect(rights(file)).toBe('660');
  });
});

describe('a file that is not ours is named and left alone:', () => {
  test('that of a newer scaletap', () => {
    const dataDir = folder();
    const db = openRaw(join(dataDir, 'scaletap.db'));
    db.exec('CREATE TABLE exchange (id INTEGER PRIMARY KEY); PRAGMA user_version = 99');
    db.close();
    const before = contents(dataDir);
    for (const create of [true, false]) {
      expect(refusal(dataDir, create)).toMatch(
        /scaletap\.db has form 99 and this scaletap knows forms up to \d+: it was written by a newer scaletap/,
      );
    }
    expect(contents(dataDir)).toEqual(before);
  });

  test('that of another program', () => {
    const dataDir = folder();
    const db = openRaw(join(dataDir, 'scaletap.db'));
    db.exec('CREATE TABLE album (title TEXT)');
    db.close();
    const before = contents(dataDir);
    expect(refusal(dataDir)).toContain('scaletap.db is the database of another program');
    expect(contents(dataDir)).toEqual(before);
  });

  test.each([
    ['a short text', Buffer.from('hello')],
    ['a long text', Buffer.from('hello '.repeat(5000))],
    [
      'a database whose first page is gone',
      Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8176)]),
    ],
  ])('%s', (_what, bytes) => {
    const dataDir = folder();
    writeFileSync(join(dataDir, 'scaletap.db'), bytes);
    expect(refusal(dataDir)).toMatch(/scaletap\.db is not a sound database .*Move it away/);
    expect(contents(dataDir)).toEqual([['scaletap.db', bytes]]);
  });
});

describe('a place that cannot be used is named:', () => {
  test('nothing is there to be read', () => {
    const dataDir = folder();
    expect(refusal(dataDir, false)).toMatch(/^there is no database .*scaletap\.db yet; --data-dir names/);
    expect(refusal(join(dataDir, 'deep', 'down'), false)).toMatch(/^there is no database/);
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('the folder is a file', () => {
    const file = join(folder(), 'file');
    writeFileSync(file, 'x');
    expect(refusal(file)).toContain('--data-dir must name a folder');
    expect(refusal(join(file, 'below'))).toContain('--data-dir must name a folder');
  });

  test('the file is a folder', () => {
    const dataDir = folder();
    mkdirSync(join(dataDir, 'scaletap.db'));
    expect(refusal(dataDir)).toContain('--data-dir must name a folder');
  });

  test('the name is too long', () => {
    expect(refusal(join(folder(), 'x'.repeat(300)))).toContain('--data-dir must name a folder');
  });

  test.each([true, false])('rights are missing (create: %s)', (create) => {
    const dataDir = folder();
    openStore(dataDir).close();
    const file = join(dataDir, 'scaletap.db');
    const locked = join(dataDir, 'locked');
    mkdirSync(locked, { mode: 0o500 });
    chmodSync(dataDir, 0o755);
    chmodSync(file, isRoot ? 0o600 : 0o400);
    asNobody(() => {
      expect(refusal(dataDir, create)).toMatch(
        /^cannot open .*scaletap\.db for writing .*Give this user the right/,
      );
      expect(refusal(join(locked, 'data'))).toMatch(/^cannot open .* for writing .*Give this user the right/);
    });
  });
});

/** Root may do everything: then as another user. */
function asNobody(work: () => void): void {
  if (!isRoot) {
    work();
    return;
  }
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  try {
    work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
