import { describe, expect, test } from 'vitest';
import {
  formatMass,
  formatMassChange,
  formatValue,
  massText,
  massTick,
  plottedMass,
} from '../../../src/page/words/units.js';

/** As an English user would see it, whoever runs the tests. */
const separator = (1.5).toLocaleString().charAt(1);
const english = (text: string) => text.replaceAll(separator, '.');

describe('a mass', () => {
  test.each([
    [66.85, 'kg', '66.85 kg'],
    [66.8, 'kg', '66.8 kg'],
    [66.85, 'lb', '147.4 lb'],
    [66.85, 'st', '10 st 7.4 lb'],
    [63.50293, 'st', '10 st 0.0 lb'],
    [3.2, 'st', '7.1 lb'],
  ] as const)('of %d kg in %s is %s', (kg, unit, text) => {
    expect(english(formatMass(kg, unit))).toBe(text);
  });

  test('a hair below a stone is that stone, and not 14 pounds', () => {
    expect(english(formatMass(63.5, 'st'))).toBe('10 st 0.0 lb');
  });

  test.each([
    [0.44, 'kg', '+0.4 kg'],
    [-0.44, 'kg', '−0.4 kg'],
    [0.01, 'kg', '0.0 kg'],
    [-1, 'st', '−2.2 lb'],
  ] as const)('a change of %d kg in %s is %s', (kg, unit, text) => {
    expect(english(formatMassChange(kg, unit))).toBe(text);
  });
});

describe('on a chart', () => {
  test('stones are counted in pounds, and read as stones', () => {
    const plotted = plottedMass(66.85, 'st');
    expect(plotted).toBeCloseTo(147.379, 3);
    expect(english(massText(plotted, 'st'))).toBe('10 st 7.4 lb');
  });

  test.each([
    [140, 'st', '10 st'],
    [147, 'st', '10 st 7'],
    [143.5, 'st', '10 st 3.5'],
    [147, 'lb', '147'],
    [66.5, 'kg', '66.5'],
  ] as const)('%d at an axis in %s is %s', (plotted, unit, text) => {
    expect(english(massTick(plotted, unit))).toBe(text);
  });
});

test.each([
  [23.44, '%', '23.4 %'],
  [612.4, 'ppm', '612 ppm'],
  [21.34, '°C', '21.3 °C'],
  [1541, '', (1541).toLocaleString()],
  [5.64, '°', '5.64°'],
  [33.1, 'kg', '33.1 kg'],
])('%d of unit "%s" is %s', (value, unit, text) => {
  expect(english(formatValue(value, unit, 'kg'))).toBe(english(text));
});
