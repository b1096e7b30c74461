import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hexDump } from '../../../src/page/live/hex.js';

test('bytes as digits and as characters, sixteen on a line', () => {
  const hex = Buffer.from('GET / HTTP/1.1\r\n\x00\xffé', 'latin1').toString('hex');
  expect(hexDump(hex).split('\n')).toEqual([
    '0000  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..',
    '0010  00 ff e9                                         ...',
  ]);
});

test('nothing, half a byte and what is no hexadecimal', () => {
  expect(hexDump('')).toBe('');
  expect(hexDump('4')).toBe('');
  expect(hexDump('414')).toMatch(/^0000 {2}41 +A$/);
  expect(hexDump('<script>')).not.toContain('<');
});

test('every byte is there once, and nothing but printable ASCII is shown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const lines = hexDump(Buffer.from(bytes).toString('hex')).split('\n');
      const digits = lines.map((line) => line.slice(6, 53).replaceAll(' ', '')).join('');
      expect(digits).toBe(Buffer.from(bytes).toString('hex'));
      for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]*$/);
    }),
  );
});
