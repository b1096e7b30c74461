import { describe, expect, test } from 'vitest';
import {
  exactTime,
  formatAgo,
  formatBytes,
  formatChange,
  formatFixed,
} from '../../../src/page/words/format.js';

const separator = (1.5).toLocaleString().charAt(1);
const english = (text: string) => text.replaceAll(separator, '.');

describe('how long ago', () => {
  const now = Date.UTC(2026, 10, 20, 12);
  const minute = 60_000;
  const hour = 60 * minute;
  const day = 24 * hour;

  test.each([
    [0, 'just now'],
    [59_999, 'just now'],
    [minute, '1 minute ago'],
    [59 * minute, '59 minutes ago'],
    [hour, '1 hour ago'],
    [day - 1, '23 hours ago'],
    [day, 'yesterday'],
    [2 * day, '2 days ago'],
    [13 * day, '13 days ago'],
    [14 * day, '2 weeks ago'],
    [60 * day, '1 month ago'],
    [400 * day, '13 months ago'],
    [800 * day, '2 years ago'],
    [-3 * hour, 'in 3 hours'],
    [-10_000, 'just now'],
  ])('%d ms: %s', (ms, words) => {
    expect(formatAgo(now - ms, now)).toBe(words);
  });
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_250, '1.3 kB'],
  [999_900, '1 MB'],
  [123_456_789, '123 MB'],
  [5e12, `${(5000).toLocaleString()} GB`],
])('%d bytes are %s', (bytes, text) => {
  expect(english(formatBytes(bytes))).toBe(english(text));
});

test('a change has a real minus sign, and none where nothing changed', () => {
  expect([0.35, -0.35, 0].map((value) => english(formatChange(value, 1)))).toEqual(['+0.4', '−0.4', '0.0']);
});

test('a fixed number keeps its zeros', () => {
  expect(english(formatFixed(70, 2))).toBe('70.00');
});

test('an exact time is in UTC and says so', () => {
  expect(exactTime(Date.UTC(2026, 10, 20, 6, 12, 33))).toBe('2026-11-20 06:12:33 UTC');
});
