import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { member, numberOf, parseJson, textOf } from '../../../src/vendors/renpho/json.js';

/** What JSON.parse makes of a text; undefined when it is none. */
function plain(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe('parseJson', () => {
  test.each([
    ['{"id":9223372036854775806}', { id: '9223372036854775806' }],
    ['[5919278420902642176,-5919278420902642176]', ['5919278420902642176', '-5919278420902642176']],
    ['1234567890123456', '1234567890123456'],
    ['123456789012345', 123456789012345],
    [
      '{"a" : 1234567890123456 , "b":[ 1234567890123456 ]}',
      { a: '1234567890123456', b: ['1234567890123456'] },
    ],
    ['"1234567890123456 \\" 1234567890123456"', '1234567890123456 " 1234567890123456'],
    ['0.1234567890123456789', 0.12345678901234568],
    ['1234567890123456.5', 1234567890123456.5],
    ['1234567890123456e3', 1234567890123456e3],
    [' [1.5, true, null, "x"] ', [1.5, true, null, 'x']],
    ['1e999', Number.POSITIVE_INFINITY],
  ])('%s', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  test.each([
    '',
    '{',
    '[1',
    'NaN',
    '{"a":NaN}',
    '0000000000000000001',
    '{1234567890123456:1}',
    '{"a":1,1234567890123456 :2}',
    '[1 1234567890123456]',
    '--1234567890123456',
    '{"a":"b',
  ])('%j is none', (text) => {
    expect(parseJson(text)).toBeUndefined();
  });

  test('64 levels are read, and more are not, however many', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseJson(nested(64))).toBeDefined();
    for (const depth of [65, 10_000, 3_000_000]) expect(parseJson(nested(depth))).toBeUndefined();
    expect(parseJson('['.repeat(10_000_000))).toBeUndefined();
    expect(parseJson('{"a":'.repeat(10_000))).toBeUndefined();
    expect(parseJson(']'.repeat(10_000))).toBeUndefined();
  });

  test('is done in good time with the worst', () => {
    const long = 4_000_000;
    for (const piece of [
      '"',
      '\\',
      '"\\',
      '1',
      '-',
      '1 ',
      ' ',
      '1234567890123456 :',
      '1234567890123456,',
      'e',
    ]) {
      expect(parseJson(`{${piece.repeat(long / piece.length)}`)).toBeUndefined();
    }
    expect(parseJson(`"${' '.repeat(40_000_000)}"`)).toBeUndefined();
    expect(parseJson(`[${'[],'.repeat(5_000_000)}[]]`)).toBeUndefined();
  }, 20_000);

  test('gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        if (!/\d{16}/.test(text)) expect(parseJson(text)).toEqual(plain(text));
        expect(parseJson(text)).toBeDefined();
      }),
    );
  });

  test('takes nothing that JSON.parse does not', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '-',
      '.',
      '1',
      '1234567890123456',
      '\\',
      ' ',
      'a',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        expect(parseJson(text) === undefined).toBe(plain(text) === undefined);
      }),
      { numRuns: 2000 },
    );
  });

  test('loses no digit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), (id) => {
        expect(parseJson(`{"id":[${id}]}`)).toEqual({ id: [/\d{16}/.test(`${id}`) ? `${id}` : Number(id)] });
      }),
    );
  });

  test('any text gives a value or none', () => {
    fc.assert(
      fc.property(
        fc.uint8Array().map((raw) => Buffer.from(raw).toString('latin1')),
        (text) => void parseJson(text),
      ),
    );
  });
});

test.each([
  ['5919278420902642176', '5919278420902642176'],
  [12345, '12345'],
  [0, '0'],
  ['', undefined],
  ['12a', undefined],
  ['-1', undefined],
  [-1, undefined],
  [1.5, undefined],
  [2 ** 53, undefined],
  [Number.NaN, undefined],
  ['1'.repeat(21), undefined],
  [null, undefined],
  [undefined, undefined],
  [['1'], undefined],
])('as an id %j is %j', (value, id) => {
  expect(textOf(value)).toBe(id);
});

test.each([
  [88.15, 88.15],
  ['88.15', 88.15],
  [' -3 ', -3],
  ['1e2', 100],
  ['.5', 0.5],
  [0, 0],
  ['', undefined],
  [' ', undefined],
  ['NaN', undefined],
  ['Infinity', undefined],
  ['1e999', undefined],
  ['0x10', undefined],
  ['88,15', undefined],
  ['88.15 kg', undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
  [null, undefined],
  [true, undefined],
  [[1], undefined],
  [{}, undefined],
])('as a number %j is %j', (value, number) => {
  expect(numberOf(value)).toBe(number);
});

test('a member is looked for in objects only, and only in themselves', () => {
  expect([member({ a: 1 }, 'a'), member({ a: 1 }, 'b'), member(null, 'a'), member('a', 'length')]).toEqual([
    1,
    undefined,
    undefined,
    undefined,
  ]);
  expect(member({}, 'constructor')).toBeUndefined();
});
