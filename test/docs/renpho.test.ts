import { expect, test } from 'vitest';
import { quantities, unitSymbols } from '../../src/model/quantity.js';
import { readPage, section, tableRows } from './pages.js';

test('the kinds that docs/renpho.md names are there, with these units', () => {
  const named = tableRows(section(readPage('docs/renpho.md'), 'kinds')).flatMap(([, kinds = '', unit = '']) =>
    [...kinds.matchAll(/`(\w+)`/g)].map(([, kind = '']) => [kind, unit]),
  );
  expect(named.length).toBeGreaterThan(20);
  const units = new Map(Object.entries(quantities).map(([kind, { unit }]) => [kind, unitSymbols[unit]]));
  expect(named.filter(([kind = '', unit]) => units.get(kind) !== unit)).toEqual([]);
});
