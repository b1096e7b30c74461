import { expect, test } from 'vitest';
import { didYouMean, nearest } from '../../src/config/nearest.js';

const words = ['data-dir', 'idle-timeout', 'head-timeout', 'log-level'];

test.each([
  ['data-dri', 'data-dir'],
  ['datadir', 'data-dir'],
  ['idle-timout', 'idle-timeout'],
  ['haed-timeout', 'head-timeout'],
  ['log-level', 'log-level'],
])('%s is nearest to %s', (word, found) => {
  expect(nearest(word, words)).toBe(found);
});

test.each(['xyz', 'mode', '', 'x'.repeat(10_000)])('nothing is near %.10s', (word) => {
  expect(nearest(word, words)).toBeUndefined();
  expect(didYouMean(word, words)).toBe('');
});

test('the question names the flag', () => {
  expect(didYouMean('data-dri', words, '--')).toBe('; did you mean --data-dir?');
});
