import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unwrap, wrap } from '../../../src/vendors/renpho/envelope.js';
import { capture } from './calls.js';

const bytes = (text: string) => Buffer.from(text, 'utf8');

/** `plain "{}" b0Li...` of the capture. */
const golden = [...capture('new_aes_golden_vectors.txt').matchAll(/^plain "(.*)" +(\S+)$/gm)].map(
  ([, plain = '', sealed = '']) => [plain, sealed] as const,
);

describe('envelope', () => {
  test('there are golden values', () => expect(golden).toHaveLength(2));

  test.each(golden)('%j is in %s', (plain, sealed) => {
    expect(wrap(bytes(plain))).toBe(sealed);
    expect(unwrap(sealed)).toEqual(bytes(plain));
  });

  test.each([
    ['', 'envelope-not-blocks'],
    ['{}', 'envelope-not-base64'],
    ['b0LiByPBHmL5J19HjuIYDQ', 'envelope-not-base64'],
    ['b0LiByPBHmL5J19HjuIYDQ=', 'envelope-not-base64'],
    ['b0LiByPBHmL5J19HjuIYD===', 'envelope-not-base64'],
    ['b0LiByPBHmL5J19Hjü==', 'envelope-not-base64'],
    ['2026-01-01', 'envelope-not-base64'],
    ['AAAA', 'envelope-not-blocks'],
    ['success+', 'envelope-not-blocks'],
    [Buffer.alloc(16).toString('base64'), 'envelope-bad-padding'],
    [Buffer.alloc(160, 7).toString('base64'), 'envelope-bad-padding'],
  ])('%j: %s', (text, reason) => {
    expect(unwrap(text)).toBe(reason);
  });

  test('lines of 76 characters, as Android may write them, are read', () => {
    const sealed = wrap(bytes('x'.repeat(500)));
    expect(unwrap(sealed.replace(/.{76}/g, '$&\r\n'))).toEqual(bytes('x'.repeat(500)));
  });

  test('any bytes come out as they went in', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (plain) => {
        expect(unwrap(wrap(plain))).toEqual(Buffer.from(plain));
      }),
    );
  });

  test('any blocks give bytes or a refusal', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 64 }), (sealed) => {
        const plain = unwrap(Buffer.from(sealed).toString('base64'));
        outcomes.add(typeof plain === 'string' ? plain : 'opened');
      }),
      { numRuns: 1000 },
    );
    expect([...outcomes]).toEqual(expect.arrayContaining(['envelope-not-blocks', 'envelope-bad-padding']));
  });

  test('any text gives bytes or a refusal', () => {
    fc.assert(
      fc.property(
        fc.uint8Array().map((raw) => Buffer.from(raw).toString('latin1')),
        (text) => {
          const plain = unwrap(text);
          expect(typeof plain === 'string' ? plain : 'envelope-').toMatch(/^envelope-/);
        },
      ),
    );
  });
});
