import { expect, test } from 'vitest';
import { Refusals } from '../../../src/vendors/renpho/refusals.js';

test('of many refusals thirty are told, and the rest counted', () => {
  const refusals = new Refusals([{ reason: 'body-cut', detail: 'x' }]);
  for (let i = 0; i < 100; i++) refusals.add('bad-value', `${i}`);
  expect(refusals.all).toHaveLength(31);
  expect(refusals.all.at(-1)).toEqual({ reason: 'and-more', detail: '71 more' });
});
