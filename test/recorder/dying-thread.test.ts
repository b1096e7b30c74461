import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { folder, openRaw, openStore } from '../store/stores.js';

/**
 * The store's thread dies in the middle of `scaletap demo`, which plays all captures and closes at once: the next
 * thread must find out what is on disk already.
 */

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const preload = fileURLToPath(new URL('dying-thread.cjs', import.meta.url));

test.each([
  ['before its first commit', 'before', 2],
  ['after its first commit, which it could not tell', 'after', 2],
  ['in the migration', 'before', 1],
  ['right after the migration', 'after', 1],
  ['of a fault that nobody catches', 'fault', 2],
])('a thread that dies %s loses and doubles nothing', async (_when, dies, at) => {
  const dataDir = folder();
  const died = join(dataDir, 'died');
  const child = spawn(process.execPath, ['--require', preload, main, 'demo', '--data-dir', dataDir], {
    env: { ...process.env, DIES: dies, DIES_AT: String(at), DIED_FILE: died },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [[code], shown, log] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  expect(existsSync(died)).toBe(true);
  expect({ code, log: log.replace(/^.*failed: .*(\n {4}.*)*\n/gm, '') }).toEqual({ code: 0, log: '' });
  expect(log.includes('the thread of the store failed: Error: a fault that nobody catches')).toBe(
    dies === 'fault',
  );

  const store = openStore(join(dataDir, 'demo'));
  expect([...store.journal.list({ limit: 100 })]).toHaveLength(24);
  expect(store.readings.list()).toHaveLength(22);
  expect(shown).toContain('84.216 kg');
  const raw = openRaw(store.file);
  expect(raw.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
});
