import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../src/log.js';
import { Sessions } from '../../src/web/sessions.js';
import { canMount, fill, smallDisk } from '../e2e/small-disk.js';

const log = createLog('error', () => {});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'scaletap-sessions-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('of more than 64 sessions the oldest end', async () => {
  const dataDir = folder();
  const sessions = new Sessions(dataDir, log);
  const tokens: string[] = [];
  for (let i = 0; i < 66; i++) tokens.push(await sessions.begin('salt'));
  const again = new Sessions(dataDir, log);
  const kept = await Promise.all(tokens.map((token) => again.has([token], 'salt')));
  expect(kept).toEqual([false, false, ...Array(64).fill(true)]);
});

test('those that begin and end at one time are all kept', async () => {
  const dataDir = folder();
  const sessions = new Sessions(dataDir, log);
  const [ended = ''] = [await sessions.begin('salt')];
  const [one, other] = await Promise.all([
    sessions.begin('salt'),
    sessions.begin('salt'),
    sessions.end([ended]),
  ]);
  const again = new Sessions(dataDir, log);
  for (const token of [one, other]) expect(await again.has([token], 'salt')).toBe(true);
  expect(await again.has([ended], 'salt')).toBe(false);
});

test('a folder that is gone ends no session', async () => {
  const dataDir = folder();
  const sessions = new Sessions(join(dataDir, 'file', 'x'), log);
  rmSync(dataDir, { recursive: true });
  expect(await sessions.has([await sessions.begin('salt')], 'salt')).toBe(true);
});

test.skipIf(!canMount())('on a full disk one that ends is over for good', async () => {
  const disk = smallDisk();
  const sessions = new Sessions(disk, log);
  const token = await sessions.begin('salt');
  fill(disk);
  await sessions.end([token]);
  expect(await new Sessions(disk, log).has([token], 'salt')).toBe(false);
});
