import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gravityMs2 } from '../../src/offline/gravity.js';

test('on the ellipsoid it is what NIMA TR8350.2 tells', () => {
  expect(gravityMs2(0, 0)).toBeCloseTo(9.7803253359, 10);
  expect(gravityMs2(90, 0)).toBeCloseTo(9.8321849378, 9);
  expect(gravityMs2(-90, 0)).toBe(gravityMs2(90, 0));
  // The standard gravity of weights and measures is that of 45 degrees, nearly.
  expect(Math.abs(gravityMs2(45, 0) - 9.80665)).toBeLessThan(0.0005);
});

test('it falls by 0.3 mm/s² for each hundred metres', () => {
  expect(gravityMs2(45, 0) - gravityMs2(45, 100)).toBeCloseTo(3.0855e-4, 7);
  expect(gravityMs2(27.99, 8849)).toBeLessThan(gravityMs2(27.99, 0) - 0.027);
});

/*
 * What the vendor's server sent to a scale in Charlotte, North Carolina (35.2° N, 229 m) was 97973, in 1e-4 m/s²
 * (docs/protocols/withings.md). The formula gives 97968: it knows nothing of the rock beneath the place. The
 * difference is 4 g for a person of 80 kg.
 */
test('it is near to what the vendor sent', () => {
  const ours = gravityMs2(35.2, 229) * 1e4;
  expect(ours).toBeCloseTo(97_968, 0);
  expect(Math.abs(ours - 97_973)).toBeLessThan(10);
});

test('everywhere that a scale can stand it is one that a scale can be told', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -90, max: 90, noNaN: true }),
      fc.double({ min: -430, max: 9000, noNaN: true }),
      (latitude, altitude) => {
        const g = gravityMs2(latitude, altitude);
        expect(g).toBeGreaterThan(9.75);
        expect(g).toBeLessThan(9.84);
      },
    ),
  );
});
