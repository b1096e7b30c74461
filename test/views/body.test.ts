import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shownBody } from '../../src/views/body.js';

test.each([
  ['', ''],
  ['{"status":0}\r\n\ta', '{"status":0}\n\\x09a'],
  ['Zoë 😀 <script>', 'Zoë 😀 <script>'],
  ['turned \u202e around \x7f', 'turned \\u202e around \\x7f'],
])('%j is text', (text, shown) => {
  expect(shownBody(Buffer.from(text))).toEqual({ body: shown, bodyHex: null });
});

test.each([
  ['\0', '00'],
  ['\x1b[2J', '1b5b324a'],
  ['\xff\xfe', 'fffe'],
])('%j is none', (text, hex) => {
  expect(shownBody(Buffer.from(text, 'latin1'))).toEqual({ body: null, bodyHex: hex });
});

test('a long one is cut, between two characters, and says so', () => {
  // One byte and characters of two: the limit is in the middle of one.
  const { body } = shownBody(Buffer.from(`x${'é'.repeat(200_000)}`));
  expect(body).toBe(`x${'é'.repeat(131_071)}\n[cut: 262143 of 400001 bytes are shown]`);
  expect(shownBody(Buffer.alloc(10_000)).bodyHex).toHaveLength(8_192);
});

test('any bytes are one of the two', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const { body, bodyHex } = shownBody(bytes);
      expect(body === null).toBe(bodyHex !== null);
      if (bodyHex !== null) expect(Buffer.from(bodyHex, 'hex')).toEqual(Buffer.from(bytes));
    }),
  );
});
