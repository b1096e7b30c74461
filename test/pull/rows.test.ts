import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowsOf } from '../../src/pull/rows.js';
import { parseJson } from '../../src/vendors/renpho/json.js';

function capture(name: string): unknown {
  return parseJson(readFileSync(new URL(`../../captures/renpho/${name}`, import.meta.url), 'utf8'));
}

test('rows of the captures, with ids of 19 digits as they are', () => {
  expect(rowsOf(capture('new_measurement_page_minimal.json'))).toEqual([
    { key: '5919278420902642176', timeMs: 1_771_059_525_000, person: '5245536005636456320' },
  ]);
  expect(rowsOf(capture('new_body_composition_page_minimal.json'))).toEqual([
    { key: '9223372036854775806', timeMs: 200_000, person: '9223372036854775806' },
  ]);
  // Without an id, in the spelling of the old cloud.
  const rows = rowsOf(capture('new_measurements_discountdarcy_fixture.json')) ?? [];
  expect(rows.map(({ person, timeMs }) => [person, timeMs])).toEqual([
    ['12345', 1_715_550_000_000],
    ['67890', 1_715_550_100_000],
  ]);
  expect(new Set(rows.map(({ key }) => key)).size).toBe(2);
});

test('a list may stand in an object, and be null when it is empty', () => {
  expect(rowsOf({ list: [{ id: '1', timeStamp: '7' }] })).toEqual([
    { key: '1', timeMs: 7_000, person: null },
  ]);
  expect(rowsOf(null)).toEqual([]);
  expect(rowsOf([])).toEqual([]);
});

test.each([[undefined], [{}], [{ list: 7 }], ['text'], [7], [true]])('%j is no list', (got) => {
  expect(rowsOf(got)).toBe(undefined);
});

test('a row that a scale has sent and nobody owns yet', () => {
  const [row] = rowsOf([{ id: 5, bUserId: 0, subUserId: '42', timeStamp: 0 }]) ?? [];
  expect(row).toEqual({ key: '5', timeMs: null, person: '42' });
});

test('anything gives rows or none', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const { key, timeMs } of rowsOf([value, { list: value }, value]) ?? []) {
        expect(typeof key).toBe('string');
        expect(timeMs === null || timeMs > 0).toBe(true);
      }
    }),
  );
});
