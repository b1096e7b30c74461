import { expect, test } from 'vitest';
import { valueRulesOf } from '../../src/vendors/value-rules.js';

test('rules are had by the name of a vendor that keeps values', () => {
  expect(valueRulesOf('withings')?.names).toContain('users');
  for (const name of ['renpho', 'nobody', 'constructor', '']) expect(valueRulesOf(name)).toBeUndefined();
});
