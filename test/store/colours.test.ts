import { expect, test } from 'vitest';
import { colours, fewest } from '../../src/store/colours.js';

/** Relative luminance, by WCAG 2.2. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test.each(colours)('%s can be seen on light and dark', (colour) => {
  for (const ground of ['#ffffff', '#171d25']) expect(contrast(colour, ground)).toBeGreaterThanOrEqual(3);
});

test('the colour that the fewest have is chosen, and the first of several', () => {
  expect(fewest([])).toBe(colours[0]);
  expect(fewest([colours[0], null, '#123456'])).toBe(colours[1]);
  expect(fewest([...colours, ...colours.slice(0, 3)])).toBe(colours[3]);
});
