import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRoute, routeTo, screenNames } from '../../src/page/router.js';

describe('a place of the page', () => {
  test.each([
    ['', 'overview', [], ''],
    ['#', 'overview', [], ''],
    ['#/', 'overview', [], ''],
    ['#/weigh-ins', 'weigh-ins', [], ''],
    ['#/weigh-ins?person=nobody', 'weigh-ins', [], 'person=nobody'],
    ['#/live/123', 'live', ['123'], ''],
    ['#/live/a%2Fb/c', 'live', ['a/b', 'c'], ''],
    ['#/?person=ana', 'overview', [], 'person=ana'],
    ['#/nowhere/at/all', 'overview', [], ''],
    ['#/live/100%', 'live', ['100%'], ''],
    ['#/constructor', 'overview', [], ''],
  ])('%s', (hash, screen, parts, query) => {
    const route = parseRoute(hash);
    expect([route.screen, route.parts, route.query.toString()]).toEqual([screen, parts, query]);
  });

  test('is what a link to it says', () => {
    const part = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(
        fc.constantFrom(...screenNames.filter((name) => name !== 'overview')),
        fc.array(part),
        part,
        (screen, parts, person) => {
          const route = parseRoute(routeTo(screen, parts, { person }));
          expect([route.screen, route.parts, route.query.get('person')]).toEqual([screen, parts, person]);
        },
      ),
    );
  });

  test('is found in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        expect(screenNames).toContain(parseRoute(text).screen);
      }),
    );
  });
});

test('the overview needs no name', () => {
  expect(routeTo('overview')).toBe('#/');
});
