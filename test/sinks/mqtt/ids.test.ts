import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idOf, shownName } from '../../../src/sinks/mqtt/ids.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.stringMatching(/^[0-9a-f]{12}$/),
  fc.stringMatching(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/),
  fc.stringMatching(/^[a-c_:-]{0,3}$/),
);

test.each([
  ['00:24:e4:06:59:dc', '0024e40659dc'],
  ['1744475', '1744475'],
  ['5245536005636456320', '5245536005636456320'],
  ['0024e40659dc', /^0024e40659dc_[0-9a-f]{24}$/],
  ['a/b', /^a-b_[0-9a-f]{24}$/],
  ['', /^_[0-9a-f]{24}$/],
  ['🙂', /^-_[0-9a-f]{24}$/],
])('%j is %s', (text, id) => {
  expect(idOf(text)).toMatch(typeof id === 'string' ? new RegExp(`^${id}$`) : id);
});

test('any text gives an id that Home Assistant takes, and short', () => {
  fc.assert(fc.property(anyText, (text) => /^[a-zA-Z0-9_-]{1,64}$/.test(idOf(text))));
});

test('two texts that differ have ids that differ', () => {
  fc.assert(
    fc.property(anyText, anyText, (one, other) => {
      fc.pre(one !== other);
      return idOf(one) !== idOf(other);
    }),
  );
  for (const [one, other] of [
    ['00:24:e4:06:59:dc', '0024e40659dc'],
    ['a/b', 'a b'],
    ['\ud800', '\ud801'],
  ] as const) {
    expect(idOf(one)).not.toBe(idOf(other));
  }
});

test.each([
  ['Anna', 'Anna'],
  [' An\nna\u0000 ', 'An na'],
  ['<script>"Anna"</script>', '<script>"Anna"</script>'],
  ['\u202eannA', 'annA'],
  ['\ud83d', ''],
  ['🙂'.repeat(300), '🙂'.repeat(64)],
])('the name %j is shown as %j', (text, shown) => {
  expect(shownName(text)).toBe(shown);
});
