import { expect, test } from 'vitest';
import { renpho } from '../../../src/vendors/renpho/index.js';
import { account } from './calls.js';

test('the vendor is asked about its own hosts only', () => {
  expect([renpho.hosts, renpho.apps]).toEqual([[], ['cloud.renpho.com', '*.qnclouds.com']]);
});

test('people of the settings by their ids', () => {
  const person = {
    name: 'Jo',
    shortName: 'JO',
    heightM: 1.7,
    birthDate: null,
    sex: null,
    athlete: false,
    weightKg: null,
  };
  const people = [
    { ...person, ids: { renpho: account } },
    { ...person, ids: { withings: '7' } },
  ];
  expect([...renpho.idsOf(people)]).toEqual([[account, people[0]]]);
});
