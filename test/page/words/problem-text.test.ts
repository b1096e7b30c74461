import { expect, test } from 'vitest';
import { aboutOf, sentence } from '../../../src/page/words/problem-text.js';

const names = ['name', 'ids'] as const;

test.each([
  ['name: is too long; at most 64 characters', 'name', 'Is too long; at most 64 characters'],
  ['ids.0.id: is missing', 'ids', 'Is missing'],
  ['colour: is missing', null, 'Colour: is missing'],
  ['somebody is called Ada already', null, 'Somebody is called Ada already'],
  ['constructor: is not known here', null, 'Constructor: is not known here'],
  ['', null, ''],
])('%j is about %s', (message, about, text) => {
  expect(aboutOf(message, names)).toEqual({ about, text });
});

test('a sentence begins with a capital', () => {
  expect(sentence('é')).toBe('É');
  expect(sentence('HTTP')).toBe('HTTP');
});
