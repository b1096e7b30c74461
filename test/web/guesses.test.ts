import { describe, expect, test } from 'vitest';
import { Guesses } from '../../src/web/guesses.js';

const MINUTE_MS = 60_000;

function failing(guesses: Guesses, times: number, address = '192.0.2.1', nowMs = 0): void {
  for (let i = 0; i < times; i++) guesses.failed(address, nowMs);
}

describe('an address that guesses', () => {
  test('may mistype, then waits ever longer, and at most a quarter of an hour', () => {
    const guesses = new Guesses();
    const waits = Array.from({ length: 18 }, () => {
      guesses.failed('192.0.2.1', 0);
      return guesses.waitMs('192.0.2.1', 0) / 1000;
    });
    expect(waits.slice(0, 8)).toEqual([0, 0, 0, 0, 2, 4, 8, 16]);
    expect(waits.slice(-3)).toEqual([900, 900, 900]);
  });

  test('has waited when the time is over', () => {
    const guesses = new Guesses();
    failing(guesses, 6);
    expect(guesses.waitMs('192.0.2.1', 3_999)).toBe(1);
    expect(guesses.waitMs('192.0.2.1', 4_000)).toBe(0);
  });

  test('goes on where it was after waiting, and begins anew after long', () => {
    const guesses = new Guesses();
    failing(guesses, 20);
    guesses.failed('192.0.2.1', 15 * MINUTE_MS);
    expect(guesses.waitMs('192.0.2.1', 15 * MINUTE_MS)).toBe(15 * MINUTE_MS);
    expect(guesses.waitMs('192.0.2.1', 46 * MINUTE_MS)).toBe(0);
    expect(guesses.failed('192.0.2.1', 46 * MINUTE_MS)).toBe(1);
  });

  test('is forgiven by the right one', () => {
    const guesses = new Guesses();
    failing(guesses, 8);
    guesses.succeeded('192.0.2.1');
    expect(guesses.waitMs('192.0.2.1', 0)).toBe(0);
  });
});

test.each([
  ['::ffff:192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['2001:db8::1', '2001:0db8:0:0:ffff::9', true],
  ['2001:db8:0:1::1', '2001:db8::1', false],
  ['fe80::1%eth0', 'fe80::2', true],
  ['::1', '::2', true],
])('%s and %s are one guesser: %s', (one, other, same) => {
  const guesses = new Guesses();
  failing(guesses, 5, one);
  expect(guesses.waitMs(other, 0) > 0).toBe(same);
});

test('of ten thousand guessers the last thousand are remembered', () => {
  const guesses = new Guesses();
  const addresses = Array.from({ length: 10_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  for (const address of addresses) failing(guesses, 5, address);
  expect(addresses.filter((address) => guesses.waitMs(address, 0) > 0)).toEqual(addresses.slice(-1_000));
});
