import { expect, test } from 'vitest';
import { windowOf } from '../../../src/page/overview/ranges.js';

const day = 86_400_000;

const now = 1000 * day;

test('a range goes back from now, and a little ahead, so that a point of now is seen whole', () => {
  expect(windowOf('1m', now, 990 * day)).toEqual([970 * day, 1000.3 * day]);
  expect(windowOf('1m', now, null)).toEqual([970 * day, 1000.3 * day]);
});

test('a range ends with the newest value where all of it would be empty', () => {
  expect(windowOf('1m', now, 500 * day)).toEqual([470 * day, 500.3 * day]);
});

test('all is without bounds', () => {
  expect(windowOf('all', now, 990 * day)).toBeNull();
});
