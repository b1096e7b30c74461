import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changedFacts, type PersonFields, readPerson } from '../../../src/page/people/person-fields.js';
import { bodies } from '../../../src/views/shapes.js';

const empty: PersonFields = {
  name: 'Ada',
  shortName: '',
  colour: '',
  ids: [],
  heightCm: '',
  birthDate: '',
  sex: '',
};
const today = '2026-11-20';

function read(fields: Partial<PersonFields>): ReturnType<typeof readPerson> {
  return readPerson({ ...empty, ...fields }, today);
}

const plain = {
  name: 'Ada',
  shortName: null,
  colour: null,
  ids: [],
  heightM: null,
  birthDate: null,
  sex: null,
};

describe('the form of a person', () => {
  test('a name is enough', () => {
    expect(read({})).toEqual({ facts: plain });
  });

  test('all of it', () => {
    const all = read({
      name: ' Zoë ',
      shortName: 'ZOE',
      colour: '#1f77b4',
      ids: [
        { vendor: 'withings', id: ' 11111111 ' },
        { vendor: 'renpho', id: '7216372463517368001' },
        { vendor: 'renpho', id: '' },
      ],
      heightCm: '168,5',
      birthDate: '1992-08-14',
      sex: 'female',
    });
    expect(all).toEqual({
      facts: {
        name: 'Zoë',
        shortName: 'ZOE',
        colour: '#1f77b4',
        ids: [
          { vendor: 'withings', id: '11111111' },
          { vendor: 'renpho', id: '7216372463517368001' },
        ],
        heightM: 1.685,
        birthDate: '1992-08-14',
        sex: 'female',
      },
    });
  });

  test.each([
    ['name', { name: '  ' }],
    ['name', { name: 'x'.repeat(65) }],
    ['shortName', { shortName: 'Zoë' }],
    ['shortName', { shortName: 'ABCD' }],
    ['ids', { ids: [{ vendor: 'withings', id: 'ada@example.com' }] }],
    ['ids', { ids: [{ vendor: 'withings', id: '0123' }] }],
    ['ids', { ids: [{ vendor: 'another', id: '123' }] }],
    ['heightM', { heightCm: '5 ft' }],
    ['heightM', { heightCm: '49' }],
    ['heightM', { heightCm: '251' }],
    ['birthDate', { birthDate: '14.8.1992' }],
    ['birthDate', { birthDate: '2026-11-21' }],
  ])('%s is wrong in %j', (name, fields) => {
    const got = read(fields);
    expect('wrong' in got && Object.keys(got.wrong)).toEqual([name]);
  });

  test.each([
    ['168', 1.68],
    ['168 cm', 1.68],
    ['1.68', 1.68],
    ['1,7', 1.7],
    ['50', 0.5],
    ['250', 2.5],
  ])('%s is a height of %d m', (heightCm, heightM) => {
    expect(read({ heightCm })).toEqual({ facts: { ...plain, heightM } });
  });

  test('what the form takes, the server takes as well, but for days and characters that only it knows', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.,]{0,6}$/));
    const fields = fc.record({
      name: fc.string({ unit: fc.constantFrom('a', 'é', '<', '"', ' ', '😀') }),
      shortName: text,
      colour: fc.oneof(text, fc.constant('#0a0b0c')),
      ids: fc.array(fc.record({ vendor: fc.constantFrom('withings', 'renpho', ''), id: text })),
      heightCm: text,
      birthDate: fc.constantFrom('', '1992-08-14', 'never'),
      sex: fc.constantFrom('', 'female', 'male', 'x'),
    });
    fc.assert(
      fc.property(fields, (typed) => {
        const got = readPerson(typed, today);
        if ('facts' in got) expect(bodies.addPerson.safeParse(got.facts).error).toBeUndefined();
        else expect(Object.keys(got.wrong)).not.toEqual([]);
      }),
    );
  });

  test('only what was changed is sent', () => {
    expect(changedFacts(plain, plain)).toEqual({});
    const ids = [{ vendor: 'withings', id: '1' }] as const;
    expect(changedFacts({ ...plain, heightM: 1.7 }, { ...plain, ids: [...ids] })).toEqual({
      ids,
      heightM: null,
    });
  });
});
