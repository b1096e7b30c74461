import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/store/near.js';

const DAY_MS = 86_400_000;

/** Somebody who weighed so much so many days ago. */
const who = (person: number, weightKg: number, days = 1) => ({ person, weightKg, agoMs: days * DAY_MS });

describe('a weight is', () => {
  test.each([
    ['of the one who weighed about as much', 71.5, [who(1, 70), who(2, 90)], 1],
    ['of nobody when it is near to two', 70.5, [who(1, 70), who(2, 71)], null],
    ['of nobody when somebody else is within twice as much', 70, [who(1, 70), who(2, 74)], null],
    ['of the one when the other is further away', 70, [who(1, 70), who(2, 75)], 1],
    ['of nobody when nobody is near', 80, [who(1, 70), who(2, 90)], null],
    ['of nobody where there is nobody', 80, [], null],
    ['2 kg from somebody light', 22, [who(1, 20, 0)], 1],
    ['not 2.1 kg from somebody light', 22.1, [who(1, 20, 0)], null],
    ['3 % from somebody heavy', 103, [who(1, 100, 0)], 1],
    ['further from somebody who weighed long ago', 73.5, [who(1, 70, 30)], 1],
    ['not so far from somebody who weighed yesterday', 73.5, [who(1, 70)], null],
    ['never more than 5 kg away', 105.1, [who(1, 100, 90)], null],
    ['5 kg from what somebody was said to weigh', 75, [{ person: 1, weightKg: 70, agoMs: null }], 1],
  ])('%s', (_, weightKg, people, owner) => {
    expect(nearest(weightKg, people)).toBe(owner);
  });
});

test('whoever it is, nobody else is nearer', () => {
  const anyone = fc.record({
    person: fc.nat(5),
    weightKg: fc.double({ min: 2, max: 300, noNaN: true }),
    agoMs: fc.option(fc.integer({ min: 1, max: 90 * DAY_MS })),
  });
  const household = fc.uniqueArray(anyone, { selector: ({ person }) => person, maxLength: 6 });
  fc.assert(
    fc.property(fc.double({ min: 2, max: 300, noNaN: true }), household, (weightKg, people) => {
      const owner = nearest(weightKg, people);
      if (owner === null) return;
      const away = (kg: number) => Math.abs(kg - weightKg);
      const [first] = [...people].sort((a, b) => away(a.weightKg) - away(b.weightKg));
      expect(owner).toBe(first?.person);
      expect(away(first?.weightKg ?? 0)).toBeLessThanOrEqual(5);
    }),
  );
});
