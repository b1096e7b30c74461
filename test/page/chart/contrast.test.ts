import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contrast, parseColour, type Rgb, visible } from '../../../src/page/chart/contrast.js';

const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];
const anyColour = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));

test.each([
  ['#0b6472', [11, 100, 114]],
  ['rgb(11, 100, 114)', [11, 100, 114]],
  ['rgba(11, 100, 114, 0.5)', [11, 100, 114]],
  ['rgb(11 100 114 / 50%)', [11, 100, 114]],
])('%s is a colour', (text, colour) => {
  expect(parseColour(text)).toEqual(colour);
});

test('what is no such colour is none', () => {
  expect(['', 'CanvasText', '#123', 'rgb(none)'].map(parseColour)).toEqual([null, null, null, null]);
});

test('white on black has the most contrast, a colour on itself none', () => {
  expect(contrast(white, black)).toBeCloseTo(21, 9);
  expect(contrast(white, white)).toBe(1);
});

describe('a colour that people choose', () => {
  test('stays as it is where it can be seen', () => {
    expect(visible([11, 100, 114], white, black)).toEqual([11, 100, 114]);
  });

  test.each([
    ['white', white, black],
    ['black', black, white],
  ])('can be seen on %s, whatever it is', (_name, behind, text) => {
    fc.assert(
      fc.property(anyColour, (colour) => {
        expect(contrast(visible(colour, behind, text), behind)).toBeGreaterThanOrEqual(3);
      }),
    );
  });
});
