import { createSecureContext } from 'node:tls';
import { beforeEach, expect, test } from 'vitest';
import { Leaves } from '../../src/trust/leaves.js';

let nowMs: number;
let minted: string[];
let leaves: Leaves;

/** A context of each host, good from 1000 ms before it was made, to be renewed 5000 ms after. */
beforeEach(() => {
  nowMs = 1_000_000;
  minted = [];
  leaves = new Leaves(
    async (host) => {
      minted.push(host);
      await Promise.resolve();
      if (host === 'bad') throw new Error('no certificate');
      return { context: createSecureContext(), notBeforeMs: nowMs - 1000, renewAtMs: nowMs + 5000 };
    },
    () => nowMs,
  );
});

test('a host is minted once', async () => {
  const first = await leaves.contextFor('a');
  expect(await leaves.contextFor('a')).toBe(first);
  expect(await leaves.contextFor('b')).not.toBe(first);
  expect(minted).toEqual(['a', 'b']);
});

test('all who ask while it is minted wait for the same one', async () => {
  const all = await Promise.all(Array.from({ length: 100 }, () => leaves.contextFor('a')));
  expect(new Set(all).size).toBe(1);
  expect(minted).toEqual(['a']);
});

test('a minting that failed fails for all who waited, and is tried again', async () => {
  const both = await Promise.allSettled([leaves.contextFor('bad'), leaves.contextFor('bad')]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(leaves.contextFor('bad')).rejects.toThrow('no certificate');
  expect(minted).toEqual(['bad', 'bad']);
});

test.each([
  ['a moment before', 4999, 1],
  ['at', 5000, 2],
])('%s its time it is renewed or not', async (_, laterMs, times) => {
  await leaves.contextFor('a');
  nowMs += laterMs;
  await leaves.contextFor('a');
  expect(minted).toHaveLength(times);
});

test('it is made anew when the clock is set back to before it', async () => {
  await leaves.contextFor('a');
  nowMs -= 1000;
  await leaves.contextFor('a');
  nowMs -= 1001;
  await leaves.contextFor('a');
  expect(minted).toEqual(['a', 'a']);
});

test('of 10,000 hosts the last 16 are held and at most 32', async () => {
  for (let i = 0; i < 10_000; i++) await leaves.contextFor(`h${i}`);
  minted.length = 0;
  for (let i = 9_999; i >= 9_984; i--) await leaves.contextFor(`h${i}`);
  expect(minted).toEqual([]);
  for (let i = 9_000; i < 9_968; i++) await leaves.contextFor(`h${i}`);
  expect(minted).toHaveLength(968);
});

test('a host that is used stays, however many others come', async () => {
  for (let i = 0; i < 1000; i++) {
    await leaves.contextFor('a');
    await leaves.contextFor(`h${i}`);
  }
  expect(minted.filter((host) => host === 'a')).toHaveLength(1);
});
