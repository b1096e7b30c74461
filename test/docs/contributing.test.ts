import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesIn, readPage, root } from './pages.js';

const { text } = readPage('CONTRIBUTING.md');

/** The files of `src` that a list names, without those of what is added. */
function named(heading: string): string[] {
  const list = text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const files = [...list.matchAll(/`(src\/[^`]+)`/g)].map(([, file = '']) => file);
  return [...new Set(files)].filter((file) => !file.includes('NAME')).sort();
}

/** The files of `src` outside of the folders `own` whose code, comments left out, has `word` in it. */
function mentioning(word: RegExp, own: readonly string[]): string[] {
  return filesIn('src').filter((file) => {
    if (own.some((folder) => file.startsWith(folder))) return false;
    const code = readFileSync(join(root, file), 'utf8').replace(/\/\*.*?\*\/|^\s*\/\/[^\n]*$/gms, '');
    return word.test(code);
  });
}

/** What is of one vendor alone: its module, and the pull from its cloud. */
const ofVendors = ['src/vendors/withings/', 'src/vendors/renpho/', 'src/pull/'];

/** What is of one sink alone. */
const ofSinks = ['src/sinks/influx/', 'src/sinks/mqtt/'];

/** Named in a list as help or contract, not as a place to change. */
const contracts = {
  vendor: ['src/vendors/vendor.ts', 'src/vendors/raw.ts', 'src/vendors/reframe.ts'],
  sink: ['src/sinks/sink.ts'],
};

test('the list of places for a vendor is complete, and names none too many', () => {
  const places = mentioning(/withings|renpho/i, ofVendors);
  expect(named('How to add a vendor')).toEqual([...places, ...contracts.vendor].sort());
});

test('the list of places for a sink is complete, and names none too many', () => {
  const places = mentioning(/influx|mqtt/i, ofSinks);
  expect(named('How to add a sink')).toEqual([...places, ...contracts.sink].sort());
});
