import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { align, type Line, lone, nearest, within } from '../../../src/page/chart/data.js';

const line = (timesMs: number[], values: number[]): Line => ({
  label: 'Weight',
  colour: '#000000',
  look: 'line',
  measure: { scale: 'mass', tick: String, text: String },
  timesMs,
  values,
});

describe('lines over common times', () => {
  test('say nothing where another line has a value', () => {
    const { timesMs, columns } = align([line([1, 3], [10, 30]), line([2, 3], [200, 300])], 100);
    expect(timesMs).toEqual([1, 2, 3]);
    expect(columns).toEqual([
      [10, undefined, 30],
      [undefined, 200, 300],
    ]);
  });

  test('are interrupted in the middle of a gap, each by its own', () => {
    const { timesMs, columns } = align([line([0, 20], [1, 2]), line([0, 5, 10], [3, 4, 5])], 10);
    expect(timesMs).toEqual([0, 5, 10, 20]);
    expect(columns).toEqual([
      [1, undefined, null, 2],
      [3, 4, 5, undefined],
    ]);
  });

  test('have the last of two values of one time', () => {
    expect(align([line([1, 1], [10, 11])], 100)).toEqual({ timesMs: [1], columns: [[11]] });
  });

  test('may have nothing at all', () => {
    expect(align([line([], [])], 100)).toEqual({ timesMs: [], columns: [[]] });
  });
});

test('a window has its ends in it', () => {
  const cut = within(line([1, 2, 3, 4], [10, 20, 30, 40]), 2, 3);
  expect([cut.timesMs, cut.values]).toEqual([
    [2, 3],
    [20, 30],
  ]);
  expect(within(line([1, 4], [10, 40]), 2, 3).values).toEqual([]);
});

test('the nearest time is no further than any other', () => {
  expect(nearest([], 5)).toBe(-1);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(1000), { minLength: 1 }), fc.nat(1000), (times, at) => {
      const timesMs = times.sort((one, other) => one - other);
      const found = Math.abs((timesMs[nearest(timesMs, at)] ?? Number.NaN) - at);
      expect(found).toBe(Math.min(...timesMs.map((timeMs) => Math.abs(timeMs - at))));
    }),
  );
});

test('a value without neighbours is found, whatever other lines say between', () => {
  expect(lone([1, undefined, null, 2, null, 3, undefined, 4, null, 5])).toEqual([0, 3, 9]);
  expect(lone([1])).toEqual([0]);
  expect(lone([undefined, 1, undefined, 2])).toEqual([]);
  expect(lone([])).toEqual([]);
});
