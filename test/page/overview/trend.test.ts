import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trendChange, trendOf } from '../../../src/page/overview/trend.js';

const day = 86_400_000;
const days = (...numbers: number[]) => numbers.map((number) => number * day);

describe('the trend', () => {
  test('begins at the first weight', () => {
    expect(trendOf(days(0), [70])).toEqual([70]);
    expect(trendOf([], [])).toEqual([]);
  });

  test('moves a tenth of the way a day', () => {
    expect(trendOf(days(0, 1), [70, 80])[1]).toBeCloseTo(71, 9);
  });

  test('moves by time, not by the number of weigh-ins', () => {
    const two = trendOf(days(0, 2), [70, 80]).at(-1);
    const three = trendOf(days(0, 1, 2), [70, 80, 80]).at(-1);
    expect(two).toBeCloseTo(71.9, 9);
    expect(three).toBeCloseTo(71.9, 9);
  });

  test('hardly moves for a second weigh-in a minute later', () => {
    expect(trendOf([0, 60_000], [70, 80])[1]).toBeCloseTo(70, 2);
  });

  test('begins anew after months', () => {
    expect(trendOf(days(0, 120), [70, 80])[1]).toBeCloseTo(80, 3);
  });

  test('stays between the lowest and the highest weight', () => {
    const weighIns = fc.array(fc.tuple(fc.nat(30 * day), fc.double({ min: 1, max: 300, noNaN: true })));
    fc.assert(
      fc.property(weighIns, (rows) => {
        let timeMs = 0;
        const timesMs = rows.map(([gap]) => (timeMs += gap));
        const values = rows.map(([, value]) => value);
        const trend = trendOf(timesMs, values);
        expect(trend).toHaveLength(rows.length);
        for (const value of trend) {
          expect(value).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
          expect(value).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
        }
      }),
    );
  });
});

describe('its change', () => {
  test('is against the trend so many days before the last', () => {
    expect(trendChange(days(0, 7, 14), [70, 69, 67], 7)).toBe(-2);
  });

  test('is against what lies between, where nothing was weighed that day', () => {
    expect(trendChange(days(4, 10, 14), [70, 69, 68], 7)).toBeCloseTo(-1.5, 9);
  });

  test.each([
    ['there is nothing', [], []],
    ['all of it is younger', days(10, 14), [70, 69]],
    ['nothing was weighed around that time', days(0, 100), [70, 60]],
  ])('is unknown where %s', (_why, timesMs, trend) => {
    expect(trendChange(timesMs, trend, 7)).toBeNull();
  });
});
