import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import { folder, openRaw, plain, storable } from '../store/stores.js';
import { exchange, message, post } from '../transfer/exchanges.js';
import { recorderOf, stored } from './recorders.js';

const MiB = 1024 * 1024;

/** The exchange of one number, with a body of so many bytes. */
function numbered(index: number, bodyBytes = 10): Exchange {
  return exchange({
    request: post('/cgi-bin/once', `action=get&n=${index}`),
    response: message('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(bodyBytes)),
    startedAtUs: 1_767_225_600_000_000 + index,
  });
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('everything recorded is committed', () => {
  test('by close, in order and byte for byte', async () => {
    const dataDir = folder();
    const { recorder, logged } = recorderOf(dataDir);
    expect(await recorder.start()).toBe(join(dataDir, 'scaletap.db'));
    const given = range(0, 5000).map((index) => numbered(index, index % 3000));
    for (const one of given) recorder.record(one);
    await recorder.close();
    expect(stored(dataDir)).toEqual(given.map(plain));
    expect(logged).toEqual([]);
  });

  test('whatever it is', async () => {
    const dataDir = folder();
    const { recorder } = recorderOf(dataDir);
    await recorder.start();
    const given = fc.sample(storable, 1000);
    for (const one of given) {
      recorder.record(one);
      if (one.startedAtUs % 5 === 0) await sleep(1);
    }
    await recorder.close();
    expect(stored(dataDir)).toEqual(given.map(plain));
  });

  test('also what came before the store was open, and a close right after', async () => {
    const dataDir = folder();
    const { recorder } = recorderOf(dataDir);
    recorder.record(numbered(0));
    const opened = recorder.start();
    recorder.record(numbered(1));
    await recorder.close();
    await opened;
    expect(stored(dataDir)).toEqual([0, 1].map((index) => plain(numbered(index))));
  });

  test('within a moment, without a close', async () => {
    const dataDir = folder();
    const { recorder } = recorderOf(dataDir);
    await recorder.start();
    for (let index = 0; index < 5; index++) {
      recorder.record(numbered(index));
      await vi.waitFor(() => expect(stored(dataDir)).toHaveLength(index + 1), { timeout: 5000, interval: 5 });
    }
  });

  test('in groups: exchanges that come together are one commit', async () => {
    const dataDir = folder();
    const { recorder } = recorderOf(dataDir);
    await recorder.start();
    // Keeps the log of commits from being taken away at the close.
    openRaw(join(dataDir, 'scaletap.db')).pragma('user_version');
    const before = commits(dataDir);
    for (let index = 0; index < 500; index++) recorder.record(numbered(index));
    await recorder.close();
    expect(stored(dataDir)).toHaveLength(500);
    expect(commits(dataDir) - before).toBe(1);
  });

  test('an exchange of any size', async () => {
    const dataDir = folder();
    const { recorder, logged } = recorderOf(dataDir);
    await recorder.start();
    recorder.record(numbered(1, 40 * MiB));
    await recorder.close();
    expect(stored(dataDir).map(({ response }) => response?.bodyBytes)).toEqual([40 * MiB]);
    expect(logged).toEqual([]);
  });
});

test('a close may come twice, and without a start', async () => {
  const { recorder } = recorderOf(folder());
  await recorder.close();
  const started = recorderOf(folder()).recorder;
  await started.start();
  await started.close();
  await started.close();
});

test('what it cannot use it says at once, and holds up neither relay nor end', async () => {
  const dataDir = folder();
  openRaw(join(dataDir, 'scaletap.db')).exec('PRAGMA user_version = 99');
  const { recorder, logged } = recorderOf(dataDir);
  await expect(recorder.start()).rejects.toThrow(/it was written by a newer scaletap/);
  for (let index = 0; index < 10; index++) recorder.record(numbered(index));
  const from = performance.now();
  await recorder.close();
  expect(performance.now() - from).toBeLessThan(2000);
  expect(logged).toEqual(['error 10 exchanges were relayed but could not be kept']);
});

describe('a store that is slow', () => {
  test('costs memory up to a bound; what is beyond is counted and said', async () => {
    const dataDir = folder();
    const { recorder, logged } = recorderOf(dataDir);
    await recorder.start();
    // Another process that writes for long: the store waits for it.
    const other = openRaw(join(dataDir, 'scaletap.db'));
    other.exec('BEGIN IMMEDIATE');
    const before = process.memoryUsage.rss();
    const body = numbered(0, MiB / 2).response;
    let index = 0;
    for (; index < 600; index++) {
      recorder.record({ ...numbered(index), response: body });
      if (index % 50 === 0) await new Promise(setImmediate);
    }
    // 300 MiB were relayed.
    expect(process.memoryUsage.rss() - before).toBeLessThan(150 * MiB);
    expect(logged).toEqual(['error the store does not keep up: exchanges are relayed but not kept']);
    other.exec('COMMIT');
    await vi.waitFor(() => expect(logged).toHaveLength(2), { timeout: 10_000, interval: 20 });
    const lost = Number(/; (\d+) exchanges were relayed but not kept/.exec(logged[1] ?? '')?.[1]);
    recorder.record(numbered(index));
    await recorder.close();
    expect(logged).toHaveLength(2);
    const kept = stored(dataDir);
    expect(kept.length + lost).toBe(601);
    expect(kept.length).toBeGreaterThan(60);
    expect(kept.at(-1)).toEqual(plain(numbered(index)));
  });
});

/** How many commits are in the write-ahead log: their last frame says how large the database is then. */
function commits(dataDir: string): number {
  const wal = readFileSync(join(dataDir, 'scaletap.db-wal'));
  const frame = 24 + wal.readUInt32BE(8);
  let count = 0;
  for (let at = 32; at + frame <= wal.length; at += frame) if (wal.readUInt32BE(at + 4) > 0) count++;
  return count;
}
