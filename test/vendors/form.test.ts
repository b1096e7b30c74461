import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Form, parseForm } from '../../src/vendors/form.js';

function fieldsOf(text: string): (string | undefined)[][] | string {
  const form = parseForm(text);
  return form instanceof Form ? form.fields.map((field) => [field.name, form.value(field)]) : form;
}

describe('parseForm', () => {
  test.each([
    ['', []],
    ['action=get', [['action', 'get']]],
    [
      'a=1&a=2&b=',
      [
        ['a', '1'],
        ['a', '2'],
        ['b', ''],
      ],
    ],
    [
      'auth=00:24:e4:00:00:01&x=a=b',
      [
        ['auth', '00:24:e4:00:00:01'],
        ['x', 'a=b'],
      ],
    ],
    ['m=%7B%2D%7d+%2B', [['m', '{-} +']]],
    ['n=%C3%A9', [['n', 'é']]],
    [
      '&a=1&&b=2&',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['%61=1', [['a', '1']]],
    [
      'a=%G1&b=2',
      [
        ['a', undefined],
        ['b', '2'],
      ],
    ],
    ['a=%2', [['a', undefined]]],
    ['a=%FF', [['a', undefined]]],
    ['hello', 'not-form-data'],
    ['a=1&hello&b=2', 'not-form-data'],
    ['=1', 'not-form-data'],
    ['{"a":"b=c"}', 'not-form-data'],
    ['\x00\x01=2', 'not-form-data'],
    ['%zz=1', 'bad-percent-encoding'],
  ] as const)('%j', (text, fields) => {
    expect(fieldsOf(text)).toEqual(fields);
  });

  test('names the very bytes of a value', () => {
    const text = 'a=1&sessionid=4-%35&b=2';
    const form = parseForm(text);
    if (!(form instanceof Form)) throw new Error(form);
    const field = form.first('sessionid');
    expect(text.slice(field?.from, field?.to)).toBe('4-%35');
  });

  test('gives back what URLSearchParams wrote', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'B', '_', '7', '[', ']', '-', '.'), minLength: 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'grapheme' }))), (pairs) => {
        expect(fieldsOf(new URLSearchParams(pairs).toString())).toEqual(pairs);
      }),
    );
  });

  test('any text is a form or a named refusal, and its values lie in it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '=', '&', '%', '4', '1', '+', '\0', 'ÿ') }),
        (text) => {
          const form = parseForm(text);
          if (!(form instanceof Form)) return;
          for (const field of form.fields) {
            expect(text[field.from - 1]).toBe('=');
            expect(field.to).toBeLessThanOrEqual(text.length);
            form.value(field);
          }
        },
      ),
    );
  });

  test('takes time in proportion to the length', () => {
    expect(fieldsOf(`${'a'.repeat(2_000_000)}&b=1`)).toBe('not-form-data');
    expect(fieldsOf('a=&'.repeat(500_000))).toHaveLength(500_000);
  });
});
