import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReadingDraft } from '../../../src/model/reading.js';
import { lineSafe, points, unwritable } from '../../../src/sinks/influx/points.js';
import { keptReading } from '../readings.js';

const draft: ReadingDraft = {
  kind: 'weight',
  value: 66.85,
  timeMs: 1_363_749_900_000,
  device: '00:24:e4:06:59:dc',
  vendor: 'withings',
  person: '1744475',
};

describe('points', () => {
  test('one a device, person and time, with a field a kind', () => {
    const batch = [
      keptReading(draft),
      keptReading({ ...draft, kind: 'fat_ratio', value: 21.5 }),
      keptReading({ ...draft, kind: 'weight', person: null, value: 70 }),
      keptReading({ ...draft, kind: 'withings_type_999', value: 3, timeMs: 0 }),
      keptReading({ ...draft, kind: 'firmware', value: 211, device: '00:24:e4:00:00:01' }),
    ];
    const tags = { device: '00:24:e4:06:59:dc', vendor: 'withings', person: '1744475' };
    const { person: _, ...nobody } = tags;
    const timestamp = '1363749900000';
    const measurement = 'scaletap';
    expect(points(batch)).toEqual([
      { measurement, tags, timestamp, fields: { weight_kg: 66.85, fat_ratio_pct: 21.5 } },
      { measurement, tags: nobody, timestamp, fields: { weight_kg: 70 } },
      { measurement, tags, timestamp: '0', fields: { withings_type_999: 3 } },
      { measurement, tags: { ...nobody, device: '00:24:e4:00:00:01' }, timestamp, fields: { firmware: 211 } },
    ]);
  });

  test('say the quality of all their readings', () => {
    const [point] = points([
      keptReading({ ...draft, quality: ['unverified'] }),
      keptReading({ ...draft, kind: 'fat_ratio', quality: ['ambiguous-person', 'unverified'] }),
    ]);
    expect(point?.fields).toMatchObject({ quality: 'ambiguous-person,unverified' });
  });
});

test('the person is the owner by name, whatever the vendor calls them, and nobody where there is none', () => {
  const given = points([
    keptReading(draft, { owner: { key: 'ann', name: 'Ann' } }),
    keptReading(
      { ...draft, timeMs: 1, person: null },
      { owner: { key: 'ann', name: 'Ann' }, ownedBy: 'hand' },
    ),
    keptReading({ ...draft, timeMs: 2 }, { owner: null, ownedBy: 'hand' }),
  ]);
  expect(given.map(({ tags }) => tags.person)).toEqual(['Ann', 'Ann', undefined]);
});

test('an empty quality is written where it is asked for', () => {
  const given = points(
    [keptReading(draft), keptReading({ ...draft, timeMs: 1, quality: ['deleted'] })],
    'always',
  );
  expect(given.map(({ fields }) => fields.quality)).toEqual(['', 'deleted']);
});

describe('unwritable', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('the value %d', (value) => {
    expect(unwritable([keptReading(draft), keptReading({ ...draft, value })])).toMatch(/not a finite number/);
  });
  test.each([Number.NaN, 1.5, 2 ** 60])('the time %d', (timeMs) => {
    expect(unwritable([keptReading({ ...draft, timeMs })])).toMatch(/not in whole milliseconds/);
  });
  test('nothing else', () => {
    const odd = keptReading({ ...draft, value: -0, timeMs: -1, person: null, device: '' });
    expect(unwritable([keptReading(draft), odd])).toBeUndefined();
  });
});

describe('tag values', () => {
  test.each([
    ['00:24:e4:06:59:dc', '00:24:e4:06:59:dc'],
    ['Ann, "B" = 🐻', 'Ann, "B" = 🐻'],
    ['', '%'],
    ['%', '%25'],
    ['a\\', 'a%5C'],
    ['a\nb\r\0', 'a%0Ab%0D%00'],
    ['\ud83d', '%D83D'],
  ])('%j is written as %s', (text, written) => {
    expect(lineSafe(text)).toBe(written);
  });

  test('are never empty, hold nothing that ends them, and differ when the texts differ', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('%', '\\', '\n', '0', 'A', 'D', '8', '\ud83d', '\udc3b', ',') }),
    );
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(lineSafe(a)).toMatch(/^[^\\\p{Cc}\p{Cs}]+$/u);
        expect(lineSafe(a) === lineSafe(b)).toBe(a === b);
      }),
      { numRuns: 2000 },
    );
  });
});
