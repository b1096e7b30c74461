import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadSettings } from '../../src/config/load.js';
import { readPeople } from '../../src/config/people.js';
import { InvalidValue } from '../../src/config/values.js';
import { UserError } from '../../src/model/errors.js';

/** The people of a YAML file, and what was said about them. */
async function fromYaml(yaml: string) {
  const folder = mkdtempSync(join(tmpdir(), 'scaletap-people-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'house.yaml');
  writeFileSync(file, yaml);
  const { settings, warnings } = await loadSettings({
    command: 'serve',
    flags: new Map([['config', [file]]]),
    env: {},
  });
  return { people: settings.people, warnings: warnings.map((warning) => warning.slice(folder.length + 1)) };
}

/** What is wrong with people in a YAML file, without the path of the folder. */
async function problem(yaml: string): Promise<string> {
  const error: unknown = await fromYaml(yaml).catch((cause: unknown) => cause);
  if (!(error instanceof UserError)) throw new Error('no UserError', { cause: error });
  return error.message.slice(error.message.indexOf('house.yaml'));
}

const ana = {
  name: 'Ana',
  shortName: 'ANA',
  heightM: null,
  birthDate: null,
  sex: null,
  athlete: false,
  weightKg: null,
  ids: {},
};

describe('people', () => {
  test('of a file have all that is told of them', async () => {
    const { people, warnings } = await fromYaml(`
people:
  - name: Ana Example
    short-name: AN
    height-m: 1.70
    birth-date: 1992-08-14
    sex: female
    athlete: yes
    weight-kg: 66.85
    withings-id: 1744475
    renpho-id: 12345678901234567890
  - name: Bo
    sex: Male
    weight-kg:
`);
    expect(people).toEqual([
      {
        name: 'Ana Example',
        shortName: 'AN',
        heightM: 1.7,
        birthDate: '1992-08-14',
        sex: 'female',
        athlete: true,
        weightKg: 66.85,
        ids: { withings: '1744475', renpho: '12345678901234567890' },
      },
      { ...ana, name: 'Bo', shortName: 'BO', sex: 'male' },
    ]);
    expect(warnings).toEqual([]);
  });

  test('of a file may be one, and every value is taken as it stands there', async () => {
    expect((await fromYaml('people: {name: Null, short-name: 1e3}')).people).toEqual([
      { ...ana, name: 'Null', shortName: '1e3' },
    ]);
  });

  test('of a variable or flag are JSON, of one or of a list', async () => {
    const load = async (flags: string[], variable?: string) =>
      (
        await loadSettings({
          command: 'serve',
          flags: new Map(flags.length === 0 ? [] : [['people', flags]]),
          env: { SCALETAP_PEOPLE: variable },
        })
      ).settings.people;
    expect(await load([], '{"name":"Ana"}')).toEqual([ana]);
    const json = '[{"name":"Ana","withings-id":7},{"name":"Bo","athlete":true,"height-m":1.9}]';
    const two = [
      { ...ana, ids: { withings: '7' } },
      { ...ana, name: 'Bo', shortName: 'BO', athlete: true, heightM: 1.9 },
    ];
    expect(await load([], json)).toEqual(two);
    expect(await load([json])).toEqual(two);
    expect(
      await load(['{"name":"Ana","withings-id":"7"}', '{"name":"Bo","athlete":"on","height-m":"1.9"}']),
    ).toEqual(two);
    await expect(load(['Ana'])).rejects.toThrow(
      '--people: is not JSON; write [{"name": "Ana"}], or use the file, where it is YAML',
    );
  });

  test.each([
    ['Øyvind', 'YVI'],
    ['Élodie', 'ELO'],
    ['Jo Ann', 'JOA'],
    ['x', 'X'],
    ['3PO', '3PO'],
  ])('%s is shown as %s when nothing else is told', (name, shortName) => {
    expect(readPeople([JSON.stringify({ name })]).value[0]?.shortName).toBe(shortName);
  });
});

describe('a mistake is told with file, key, item and what to do', () => {
  test.each([
    ['people: [{name: A}, {height-m: 1.7}]', 'item 2: has no name; add one, such as name: Ana'],
    ['people: [{name: ""}]', 'item 1: has no name; add one, such as name: Ana'],
    ['people: []', 'is an empty list; name somebody or leave it out'],
    ['people: Ana', 'item 1: is not a person; write its keys and values, at least a name'],
    ['people: [{name: [A]}]', 'item 1: name is a structure where a value should be'],
    ['people: [{name: "A\\nB"}]', 'item 1: name: "A\\nB" is not a name of 1 to 64 characters'],
    ['people: [{name: 李}]', 'item 1: needs a short-name: none can be made of the name'],
    ['people: [{name: A, short-name: ANNA}]', 'item 1: short-name: "ANNA" is not 1 to 3 characters of ASCII'],
    ['people: [{name: A, short-name: Åse}]', 'item 1: short-name: "Åse" is not 1 to 3 characters of ASCII'],
    [
      'people: [{name: A, height-m: 170}]',
      'item 1: height-m: "170" is not a number of metres from 0.5 to 2.5',
    ],
    [
      'people: [{name: A, height-m: tall}]',
      'item 1: height-m: "tall" is not a number of metres; write one such as 1.7',
    ],
    [
      'people: [{name: A, weight-kg: 1.9}]',
      'item 1: weight-kg: "1.9" is not a number of kilograms from 2 to 300',
    ],
    [
      'people: [{name: A, birth-date: 1992-02-30}]',
      'item 1: birth-date: "1992-02-30" is not a date; write one such as',
    ],
    [
      'people: [{name: A, birth-date: 14.8.1992}]',
      'item 1: birth-date: "14.8.1992" is not a date; write one such as',
    ],
    [
      'people: [{name: A, birth-date: 2992-08-14}]',
      'item 1: birth-date: "2992-08-14" is not a date from 1900 to today',
    ],
    [
      'people: [{name: A, birth-date: 0092-08-14}]',
      'item 1: birth-date: "0092-08-14" is not a date from 1900 to today',
    ],
    ['people: [{name: A, sex: f}]', 'item 1: sex: "f" is neither female nor male'],
    ['people: [{name: A, athlete: a bit}]', 'item 1: athlete: "a bit" is neither true nor false'],
    ['people: [{name: A, withings-id: 007}]', 'item 1: withings-id: "007" is not an id of 1 to 20 digits'],
    [
      'people: [{name: A, withings-id: 4294967296}]',
      'item 1: withings-id: "4294967296" is not below 4294967296',
    ],
    ['people: [{name: A, renpho-id: 123456789012345678901}]', 'is not an id of 1 to 20 digits'],
    [
      'people: [{name: A, withings-id: 7}, {name: B}, {name: C, withings-id: 7}]',
      'item 1 and item 3 have the same withings-id; each needs its own',
    ],
    ['people: &p [*p]', 'refers to itself or is nested too deeply; write it out plainly'],
  ])('%s', async (yaml, message) => {
    const told = await problem(yaml);
    expect(told).toContain('house.yaml: people: ');
    expect(told).toContain(message);
    expect(told).not.toContain('\n');
  });

  test('a number of JSON that has lost digits is not taken', () => {
    expect(() => readPeople(['{"name":"A","renpho-id":12345678901234567890}'])).toThrow(
      'item 1: renpho-id has more digits than a number of JSON can hold; put it in quotes',
    );
  });
});

describe('a warning', () => {
  test('is given for what is not known of a person', async () => {
    const { people, warnings } = await fromYaml('people: [{name: Ana}, {name: Bo, hieght-m: 1.7, pet: cat}]');
    expect(warnings).toEqual([
      'house.yaml: people: item 2: hieght-m is not known of a person and is passed over; did you mean height-m?',
      'house.yaml: people: item 2: pet is not known of a person and is passed over',
    ]);
    expect(people[1]).toEqual({ ...ana, name: 'Bo', shortName: 'BO' });
  });

  test('is given for two that a scale shows alike', async () => {
    const { warnings } = await fromYaml('people: [{name: Maria}, {name: Mark}]');
    expect(warnings).toEqual([
      'house.yaml: people: item 1 and item 2 have the same short-name: a scale shows them alike',
    ]);
  });
});

test('any text gives people that a scale can be told of, or says what is wrong', () => {
  const key = fc.constantFrom(
    'name',
    'short-name',
    'height-m',
    'birth-date',
    'sex',
    'athlete',
    'weight-kg',
    'withings-id',
  );
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.boolean(),
    fc.constantFrom('1.7', 'female', '1992-08-14', '7', null, [], {}),
  );
  const person = fc.dictionary(key, value).map((some) => ({ name: 'Ana', ...some }));
  const text = fc.oneof(
    fc.json(),
    fc.string(),
    fc.array(person, { maxLength: 4 }).map((all) => JSON.stringify(all)),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 3 }), (texts) => {
      try {
        for (const { shortName, heightM, weightKg } of readPeople(texts).value) {
          expect(shortName).toMatch(/^[\x21-\x7e]{1,3}$/);
          expect(heightM ?? 1).toBeLessThanOrEqual(2.5);
          expect(weightKg ?? 2).toBeGreaterThanOrEqual(2);
        }
      } catch (error) {
        if (!(error instanceof InvalidValue)) throw error;
        expect(error.message).not.toBe('');
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be in what is shown
        expect(error.message).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
      }
    }),
  );
});
