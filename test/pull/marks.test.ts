import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Marks } from '../../src/pull/marks.js';

const DAY = 86_400_000;
const now = Date.parse('2026-01-31T06:30:00Z');
const usual = { all: false, sinceMs: null };
const walked = { newestMs: now, falling: true, whole: true };

test('what was never read to its end is wanted from the beginning, however young what is held is', () => {
  expect(new Marks(undefined).wantedFromMs('a', usual, now)).toBe(null);
});

test('what was is wanted from thirty days before the newest row', () => {
  const marks = new Marks(undefined);
  marks.read('a', walked, null);
  expect(marks.wantedFromMs('a', usual, now + DAY)).toBe(now - 30 * DAY);
  expect(marks.wantedFromMs('b', usual, now)).toBe(null);
});

test('where readings are gone, or older than the mark, they are wanted again', () => {
  const marks = new Marks(undefined);
  marks.read('a', walked, null);
  expect(marks.wantedFromMs('a', usual, null)).toBe(null);
  expect(marks.wantedFromMs('a', usual, now - 50 * DAY)).toBe(now - 80 * DAY);
});

test('all and since go before the marks', () => {
  const marks = new Marks(undefined);
  marks.read('a', walked, null);
  expect(marks.wantedFromMs('a', { all: true, sinceMs: null }, now)).toBe(null);
  expect(marks.wantedFromMs('a', { all: false, sinceMs: 7 }, now)).toBe(7);
});

test('what leaves a gap behind moves no mark', () => {
  const marks = new Marks(undefined);
  marks.read('a', { ...walked, whole: false }, now - DAY);
  expect(marks.get('a')).toBe(undefined);
  marks.read('a', walked, null);
  marks.read('a', { newestMs: now + 60 * DAY, falling: true, whole: false }, now + 50 * DAY);
  expect(marks.get('a')?.newestMs).toBe(now);
  marks.read('a', { newestMs: now + 60 * DAY, falling: true, whole: false }, now);
  expect(marks.get('a')?.newestMs).toBe(now + 60 * DAY);
});

test('they are the same after having been kept', () => {
  const marks = new Marks(undefined);
  marks.read('a 1', walked, null);
  marks.read('b 2', { ...walked, falling: false }, null);
  const again = new Marks(marks.text);
  expect(again.text).toBe(marks.text);
  expect(again.get('b 2')).toEqual({ newestMs: now, falling: false });
});

test('any text gives marks or none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(new Marks(text).wantedFromMs('a', usual, now)).toBe(null);
    }),
  );
});
