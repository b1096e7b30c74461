import { describe, expect, test } from 'vitest';
import type { Line } from '../../../src/page/chart/data.js';
import { inShort, summary, timeTicks } from '../../../src/page/chart/words.js';
import { formatTime } from '../../../src/page/words/format.js';

const day = 86_400_000;
const noon = (...date: [number, number, number]) => new Date(...date, 12).getTime();
const first = noon(2026, 7, 20);

const weight: Line = {
  label: 'Weight',
  colour: '#000000',
  look: 'dots',
  measure: { scale: 'mass', tick: String, text: (value) => `${value} kg` },
  timesMs: [first, first + day, first + 2 * day],
  values: [67, 66, 68],
};

describe('a chart in words', () => {
  test('says from where to where, the lowest and the highest', () => {
    const on = (days: number) => formatTime(first + days * day, 'date');
    expect(summary([weight], first, first + 9 * day)).toBe(
      `Weight: 3 values, from 67 kg on ${on(0)} to 68 kg on ${on(2)}, lowest 66 kg on ${on(1)}, highest 68 kg on ${on(2)}.`,
    );
  });

  test('says only what is seen', () => {
    expect(summary([weight], first, first)).toBe(`Weight: 67 kg on ${formatTime(first, 'date')}.`);
    expect(summary([weight], 0, 1)).toBe('Nothing was measured in this time.');
  });

  test('in short says how many there are and between what', () => {
    expect(inShort([weight], first, first + 9 * day)).toBe('3 values, 66 kg to 68 kg');
  });

  test('in short says nothing of one value, or of lines beside each other', () => {
    expect(inShort([weight], first, first)).toBe('');
    expect(inShort([{ ...weight, look: 'line' }, weight], first, first + 9 * day)).toBe('');
  });
});

describe('the ticks of a time axis', () => {
  const ticks = (step: number, ...times: number[]) => timeTicks(times, step, 'en-GB');

  test('by years', () => {
    expect(ticks(365 * day, noon(2024, 0, 1), noon(2025, 0, 1))).toEqual(['2024', '2025']);
  });

  test('by months, the year with its first', () => {
    expect(ticks(30 * day, noon(2025, 10, 1), noon(2025, 11, 1), noon(2026, 0, 1))).toEqual([
      'Nov\n2025',
      'Dec',
      'Jan\n2026',
    ]);
  });

  test('by days, the year with its first', () => {
    expect(ticks(day, noon(2026, 10, 1), noon(2026, 10, 2))).toEqual(['1 Nov\n2026', '2 Nov']);
  });

  test('by hours, the day with its first', () => {
    const start = new Date(2026, 10, 1, 18).getTime();
    expect(ticks(day / 4, start, start + day / 4)).toEqual(['18:00\n1 Nov', '00:00\n2 Nov']);
  });
});
