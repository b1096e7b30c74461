import { describe, expect, test } from 'vitest';
import {
  chartedKinds,
  compositionLines,
  lineOf,
  type Series,
  trendLine,
  weightLines,
} from '../../../src/page/overview/body-lines.js';

const day = 86_400_000;

const series = (kind: string, unit: string, values: number[], fromMs = 0): Series => ({
  kind,
  label: kind,
  unit,
  timesMs: values.map((_value, index) => fromMs + index * day),
  values,
  thinned: false,
});

const weight = series('weight', 'kg', [80, 50]);

describe('composition', () => {
  test('is the shares that the scale gives', () => {
    const lines = compositionLines([weight, series('fat_ratio', '%', [20, 21])], 'kg');
    expect(lines.map(({ label, values }) => [label, values])).toEqual([['Fat', [20, 21]]]);
  });

  test('is made of the masses where it gives no shares, and the same in any unit', () => {
    const all = [weight, series('muscle_mass', 'kg', [40, 30]), series('bone_mass', 'kg', [4, 2])];
    for (const unit of ['kg', 'st'] as const) {
      expect(compositionLines(all, unit).map(({ label, values }) => [label, values])).toEqual([
        ['Muscle', [50, 60]],
        ['Bone', [5, 4]],
      ]);
    }
  });

  test('takes a share rather than a mass', () => {
    const all = [weight, series('fat_mass', 'kg', [8, 5]), series('fat_ratio', '%', [11, 12])];
    expect(compositionLines(all, 'kg').map(({ values }) => values)).toEqual([[11, 12]]);
    expect(chartedKinds(all).has('fat_ratio')).toBe(true);
    expect(chartedKinds(all).has('fat_mass')).toBe(false);
  });

  test('leaves out a mass of a time when nobody was weighed', () => {
    const elsewhere = series('bone_mass', 'kg', [4, 4], 30 * day);
    expect(compositionLines([weight, elsewhere], 'kg')).toEqual([]);
    expect(compositionLines([elsewhere], 'kg')).toEqual([]);
  });

  test('tells its lines apart without colours', () => {
    const all = ['fat_ratio', 'muscle_ratio', 'water', 'bone_ratio'].map((kind) => series(kind, '%', [1]));
    const dashes = compositionLines(all, 'kg').map(({ dash }) => JSON.stringify(dash));
    expect(new Set(dashes).size).toBe(4);
  });
});

test('weights are points and a trend, in the unit that is chosen', () => {
  const [points, trend] = weightLines(weight, '#123456', 'lb');
  expect(points?.look).toBe('dots');
  expect(points?.values[0]).toBeCloseTo(176.37, 2);
  expect(trend?.label).toBe('Trend');
  expect(trend?.values[1]).toBeCloseTo((80 - 3) / 0.45359237, 6);
});

test('the trend of one among several has their name', () => {
  expect(trendLine('Ana', weight, '#123456', 'kg').label).toBe('Ana');
});

test('other masses follow the unit, other quantities do not', () => {
  expect(lineOf(series('bone_mass', 'kg', [3]), '#123456', 'lb').values[0]).toBeCloseTo(6.61, 2);
  expect(lineOf(series('heart_rate', 'bpm', [61]), '#123456', 'lb').values).toEqual([61]);
});
