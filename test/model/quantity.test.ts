import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decimal,
  fieldName,
  isKnownKind,
  type KnownKind,
  labelOf,
  quantities,
  unitOf,
  unitSymbols,
} from '../../src/model/quantity.js';

const kinds = Object.keys(quantities).filter(isKnownKind);

describe('decimal', () => {
  test.each([
    [66850, -3, 66.85],
    [84216, -3, 84.216],
    [6685, -2, 66.85],
    [202, -1, 20.2],
    [5, 2, 500],
    [-4, 0, -4],
    [0, -3, 0],
    [-0, 0, 0],
    [0, -400, 0],
    [1, -3, 0.001],
    [Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER],
    [1, 308, 1e308],
    [1, -323, 1e-323],
  ])('%d and %d are %d', (mantissa, exponent, value) => {
    expect(decimal(mantissa, exponent)).toBe(value);
  });

  test.each([
    [1.5, 0],
    [1, 0.5],
    [Number.MAX_SAFE_INTEGER + 1, 0],
    [1, 309],
    [-1, 309],
    [1, -400],
    [Number.NaN, 0],
    [1, Number.NaN],
    [Number.POSITIVE_INFINITY, 0],
    [1, Number.NEGATIVE_INFINITY],
  ])('%d and %d are refused', (mantissa, exponent) => {
    expect(decimal(mantissa, exponent)).toBeUndefined();
  });

  test('what a scale can weigh has no dust: it is written as it was sent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999 }), fc.integer({ min: 0, max: 6 }), (digits, places) => {
        const value = decimal(digits, -places);
        expect(value?.toFixed(places)).toBe(
          `${Math.floor(digits / 10 ** places)}${places === 0 ? '' : `.${String(digits % 10 ** places).padStart(places, '0')}`}`,
        );
        expect(String(value).length).toBeLessThanOrEqual(8);
      }),
    );
  });

  test('is finite or undefined, and keeps the sign', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.maxSafeInteger()), fc.oneof(fc.double(), fc.integer()), (m, e) => {
        const value = decimal(m, e);
        if (value === undefined) return;
        expect(Number.isFinite(value)).toBe(true);
        expect(Math.sign(value)).toBe(m === 0 ? 0 : Math.sign(m));
      }),
    );
  });
});

describe('kinds', () => {
  test('each has a label and a unit that people can read', () => {
    expect(kinds).toHaveLength(Object.keys(quantities).length);
    for (const kind of kinds) {
      expect(labelOf(kind)).toMatch(/^[A-Z]/);
      expect(Object.hasOwn(unitSymbols, unitOf(kind))).toBe(true);
    }
  });

  test('no two have the same label or field name', () => {
    expect(new Set(kinds.map(labelOf)).size).toBe(kinds.length);
    expect(new Set(kinds.map(fieldName)).size).toBe(kinds.length);
  });

  test.each<[KnownKind, string]>([
    ['weight', 'weight_kg'],
    ['fat_ratio', 'fat_ratio_pct'],
    ['impedance', 'impedance_ohm'],
    ['resistance_extra', 'resistance_extra_ohm'],
    ['heart_rate', 'heart_rate_bpm'],
    ['co2', 'co2_ppm'],
    ['room_temperature', 'room_temperature_c'],
    ['battery', 'battery_pct'],
    ['bmr', 'bmr_kcal'],
    ['firmware', 'firmware'],
    ['visceral_fat', 'visceral_fat'],
  ])('%s leaves the house as %s', (kind, name) => {
    expect(fieldName(kind)).toBe(name);
  });

  test('a raw kind has no unit and keeps its name', () => {
    const kind = 'withings_type_999';
    expect([isKnownKind(kind), unitOf(kind), labelOf(kind), fieldName(kind)]).toEqual([
      false,
      '',
      kind,
      kind,
    ]);
  });

  test('names of objects in general are no kinds', () => {
    expect(['constructor', '__proto__', 'toString', ''].filter(isKnownKind)).toEqual([]);
  });
});
