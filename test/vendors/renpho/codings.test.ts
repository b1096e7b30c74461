import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decoded } from '../../../src/vendors/renpho/codings.js';

const put = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  identity: (bytes: Uint8Array) => Buffer.from(bytes),
} as const;
const names = Object.keys(put) as (keyof typeof put)[];

const MIB = 1024 * 1024;

describe('codings', () => {
  test('any bytes in any codings come out', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.constantFrom(...names), { maxLength: 4 }),
        (bytes, codings) => {
          const coded = codings.reduce<Uint8Array>((content, name) => put[name](content), bytes);
          expect(decoded(coded, codings)).toEqual(codings.length === 0 ? bytes : Buffer.from(bytes));
        },
      ),
    );
  });

  test('deflate without its head', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decoded(deflateRawSync(bytes), ['deflate'])).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test.each([
    ['zstd', gzipSync('x'), 'unknown-coding'],
    ['', gzipSync('x'), 'unknown-coding'],
    ['constructor', gzipSync('x'), 'unknown-coding'],
    ['gzip', Buffer.from('{"a":1}'), 'bad-coding'],
    ['gzip', gzipSync('x'.repeat(1000)).subarray(0, 20), 'bad-coding'],
    ['deflate', Buffer.from('{"a":1}'), 'bad-coding'],
    ['br', Buffer.from('{"a":1}'), 'bad-coding'],
    ['gzip', new Uint8Array(0), 'bad-coding'],
  ])('%s of %j: %s', (name, bytes, reason) => {
    expect(decoded(bytes, [name])).toBe(reason);
  });

  test('more than four in a row are not undone', () => {
    expect(decoded(new Uint8Array(1), names.slice(0, 5))).toBe('unknown-coding');
  });

  test.each(['gzip', 'deflate', 'br'] as const)('a bomb in %s is refused', (name) => {
    const bomb = put[name](Buffer.alloc(33 * MIB));
    expect(bomb.length).toBeLessThan(MIB);
    expect(decoded(bomb, [name])).toBe('content-too-large');
    expect(decoded(put[name](bomb), [name, name])).toBe('content-too-large');
  });

  test('any bytes give bytes or a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...names), (bytes, name) => {
        const content = decoded(bytes, [name]);
        if (typeof content === 'string') expect(['bad-coding', 'content-too-large']).toContain(content);
      }),
    );
  });
});
