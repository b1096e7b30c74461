import { expect, test } from 'vitest';
import { isMove, movedTo, scaledTo } from '../../../src/page/chart/keys.js';

const hourMs = 3_600_000;
const times = Array.from({ length: 15 }, (_, hour) => hour * hourMs);

test('arrows, page keys, Home and End move', () => {
  const keys = ['ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End', 'a', '+', 'constructor'];
  expect(keys.filter(isMove)).toEqual(keys.slice(0, 6));
});

test.each([
  ['ArrowLeft', 5, 4],
  ['ArrowRight', 5, 6],
  ['PageUp', 12, 2],
  ['PageDown', 2, 12],
  ['Home', 5, 0],
  ['End', 5, 14],
  ['ArrowLeft', 0, 0],
  ['PageDown', 9, 14],
])('%s at value %i leads to value %i', (key, from, to) => {
  expect(movedTo(key, times, times[from])).toBe(times[to]);
});

test('the first arrow to the left leads to the last value, and nothing leads anywhere among none', () => {
  expect(movedTo('ArrowLeft', times, undefined)).toBe(times[14]);
  expect(movedTo('Home', [], undefined)).toBeUndefined();
});

const whole = [0, 16 * hourMs] as const;

test('plus shows half as much around the cursor, minus twice as much, never beyond the whole', () => {
  expect(scaledTo('+', [4 * hourMs, 12 * hourMs], whole, 6 * hourMs)).toEqual([4 * hourMs, 8 * hourMs]);
  expect(scaledTo('-', [4 * hourMs, 6 * hourMs], whole, 5 * hourMs)).toEqual([3 * hourMs, 7 * hourMs]);
  expect(scaledTo('-', [0, 4 * hourMs], whole, 2 * hourMs)).toEqual([0, 6 * hourMs]);
  expect(scaledTo('-', [2 * hourMs, 12 * hourMs], whole, 8 * hourMs)).toBeNull();
});

test('ten minutes are the closest', () => {
  const seen = [0, hourMs / 4] as const;
  expect(scaledTo('+', seen, whole, hourMs / 8)).toBe(seen);
});
