import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { personWords, withIds } from '../../src/commands/person-words.js';
import { UsageError } from '../../src/model/errors.js';
import { bodies } from '../../src/views/shapes.js';

test('words say what they are called in the settings', () => {
  expect(personWords(['name= Ana ', 'height-m=1.7', 'sex=', 'withings-id=7,8,7'])).toEqual({
    facts: { name: 'Ana', heightM: 1.7, sex: null },
    ids: [
      {
        vendor: 'withings',
        ids: [
          { vendor: 'withings', id: '7' },
          { vendor: 'withings', id: '8' },
        ],
      },
    ],
  });
});

test('a value may have what words are told apart by', () => {
  expect(personWords(['name=a=b, c']).facts).toEqual({ name: 'a=b, c' });
});

describe('refusals', () => {
  test.each([
    ['heigth-m=1', 'heigth-m is not known of a person; did you mean height-m? (there are name, '],
    ['__proto__=1', '__proto__ is not known of a person'],
    ['weight-kg=70', 'weight-kg is not known of a person'],
    ['sex', 'sex has no value; write sex=...'],
    ['name=', 'name: "" is not a name of 1 to 64 characters'],
    ['name=a\nb', 'name: "a\\nb" is not a name'],
    ['short-name=ABCD', 'short-name: "ABCD" is not 1 to 3 characters of ASCII'],
    ['colour=red', 'colour: "red" is not a colour; write one such as 1f77b4'],
    ['height-m=170', 'height-m: "170" is not a number of metres from 0.5 to 2.5'],
    ['birth-date=1992-02-31', 'birth-date: "1992-02-31" is not a date'],
    ['sex=x', 'sex: "x" is neither female nor male'],
    ['withings-id=7,', 'withings-id: "7," is not an id of 1 to 20 digits'],
    ['withings-id=4294967296', 'withings-id: "4294967296" is not below 4294967296'],
  ])('%j', (word, message) => {
    expect(() => personWords([word])).toThrow(UsageError);
    expect(() => personWords([word])).toThrow(message);
  });

  test('the same twice', () => {
    expect(() => personWords(['sex=male', 'sex=female'])).toThrow('sex is there twice');
  });
});

const values = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '1.7', '#1F77B4', 'ANA', '1992-08-14', 'male', '7', '6000000000000000000,7'),
);
const field = fc.constantFrom(
  ...['name', 'short-name', 'colour', 'height-m', 'birth-date', 'sex', 'withings-id', 'renpho-id', 'x'],
);

test('any words are refused, or are what the API takes as well', () => {
  const word = fc.oneof(
    fc.string(),
    fc.tuple(field, values).map(([name, value]) => `${name}=${value}`),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), (words) => {
      try {
        const given = personWords(words);
        bodies.editPerson.parse({ ...given.facts, ids: withIds([], given) });
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
  );
});
