import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable, printableLines } from '../../src/model/escape.js';

test('what a person can read stays', () => {
  for (const text of ['', 'Größe 66,85 kg', '体重', '👣', 'a\\x00']) expect(printable(text)).toBe(text);
});

test.each([
  ['\0\x07\x1b\x7f', '\\x00\\x07\\x1b\\x7f'],
  ['\x85\x9b', '\\x85\\x9b'],
  ['a\tb\r\nc', 'a\\x09b\\x0d\\x0ac'],
  ['\u2028\u2029', '\\u2028\\u2029'],
  ['\u202egpj.exe\u2066\u200f', '\\u202egpj.exe\\u2066\\u200f'],
])('%j is written as %s', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('nothing that steers a terminal is left in any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
      expect(printableLines(text)).not.toMatch(/[^\P{Cc}\n]/u);
    }),
  );
});

test('lines stay lines', () => {
  expect(printableLines('a\r\nb\nc\rd')).toBe('a\nb\nc\\x0dd');
});
