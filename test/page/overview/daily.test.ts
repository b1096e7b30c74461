import { expect, test } from 'vitest';
import { dailyMeans } from '../../../src/page/overview/daily.js';

const hour = 3_600_000;
const hourly = (count: number) => ({
  timesMs: Array.from({ length: count }, (_none, index) => index * hour),
  values: Array.from({ length: count }, (_none, index) => index % 24),
});

test('many values of many days become their daily means', () => {
  const means = dailyMeans(hourly(24 * 20));
  expect(means?.values).toEqual(new Array(20).fill(11.5));
  expect(means?.timesMs.slice(0, 2)).toEqual([11.5 * hour, 35.5 * hour]);
});

test('a few days, or a few values a day, are shown as they are', () => {
  expect(dailyMeans(hourly(24 * 5))).toBeNull();
  const { timesMs, values } = hourly(24);
  expect(dailyMeans({ timesMs: timesMs.map((timeMs) => timeMs * 24), values })).toBeNull();
  expect(dailyMeans({ timesMs: [], values: [] })).toBeNull();
});
