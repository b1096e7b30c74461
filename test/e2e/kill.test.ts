import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Libsql from 'libsql';
import { expect, test } from 'vitest';
import { kindCloud, Load } from './cloud.js';
import { bytesOf, exchangeOf, exportedLines, folder, serve, until } from './scaletap.js';

/** `scaletap serve` is ended while eight scales post one thing after the other. */

const SCALES = 8;

function integrity(dataDir: string): unknown {
  const db = new Libsql(join(dataDir, 'scaletap.db'));
  try {
    return db.prepare('PRAGMA integrity_check').all();
  } finally {
    db.close();
  }
}

/** The requests in lines of an export. */
function requests(lines: readonly string[]): string[] {
  return lines.map((line) => bytesOf(exchangeOf(line).request).toString('latin1'));
}

test('kill -9 at any moment loses nothing that was seen in the journal, and leaves a file that opens', async () => {
  const dataDir = folder();
  const cloud = await kindCloud();
  let seen: string[] = [];
  for (let round = 0; round < 3; round++) {
    const { program, port } = await serve(dataDir, cloud);
    const load = new Load(port, SCALES, `round-${round}`, 5);
    await program.says(/keeping exchanges and readings/);
    await until('answers', () => (load.answered.length > 50 ? true : undefined));
    // In the first round it is killed while another process reads, in the others at random moments after that.
    const exporting = exportedLines(dataDir);
    if (round === 0) await sleep(Math.random() * 100);
    else await exporting;
    await sleep(Math.random() * 200);
    expect(await program.kill('SIGKILL')).toBe('SIGKILL');
    await load.stop();
    const before = await exporting;
    const after = new Set(await exportedLines(dataDir));
    expect([...seen, ...before].filter((line) => !after.has(line))).toEqual([]);
    expect(integrity(dataDir)).toEqual([{ integrity_check: 'ok' }]);
    // Each exchange is there once.
    expect(new Set(requests([...after])).size).toBe(after.size);
    seen = [...after];
  }
  expect(seen.length).toBeGreaterThan(200);
}, 60_000);

test('SIGTERM under load: what scales got their answer to is in the journal', async () => {
  const dataDir = folder();
  const { program, port } = await serve(dataDir, await kindCloud());
  const load = new Load(port, SCALES, 'load');
  await until('answers', () => (load.answered.length > 500 ? true : undefined));
  const from = performance.now();
  expect(await program.kill('SIGTERM')).toBe(0);
  expect(performance.now() - from).toBeLessThan(8000);
  await load.stop();
  expect(program.stderr).not.toMatch(/ (warn|error) /);
  const kept = requests(await exportedLines(dataDir));
  expect(new Set(kept).size).toBe(kept.length);
  const missing = new Set(load.answered);
  for (const request of kept) missing.delete(request);
  expect([...missing]).toEqual([]);
});

test('SIGTERM right after the start ends it in order', async () => {
  const dataDir = folder();
  const { program, port } = await serve(dataDir, await kindCloud());
  const load = new Load(port, 1, 'first');
  await until('an answer', () => (load.answered.length > 0 ? true : undefined));
  expect(await program.kill('SIGTERM')).toBe(0);
  await load.stop();
  expect(requests(await exportedLines(dataDir))).toEqual(expect.arrayContaining(load.answered));
});
