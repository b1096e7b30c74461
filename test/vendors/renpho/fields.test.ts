import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { labelOf, unitOf } from '../../../src/model/quantity.js';
import { measurements } from '../../../src/vendors/renpho/fields.js';
import { Refusals } from '../../../src/vendors/renpho/refusals.js';

/** `['weight 80 kg']` and the refusals of a row. */
function found(row: Readonly<Record<string, unknown>>): [string[], string[]] {
  const refusals = new Refusals([]);
  const numbers = [...measurements(row, refusals)].map(([kind, value]) =>
    `${kind} ${value} ${unitOf(kind)}`.trim(),
  );
  return [numbers, refusals.all.map(({ reason, detail }) => `${reason}: ${detail}`)];
}

describe('a field is', () => {
  test.each([
    ['muscle', 'skeletal_muscle 50 pct'],
    ['sinew', 'muscle_mass 50 kg'],
    ['bone', 'bone_mass 50 kg'],
    ['fat_free_weight', 'fat_free_mass 50 kg'],
    ['fatFreeWeight', 'fat_free_mass 50 kg'],
    ['visfat', 'visceral_fat 50'],
    ['sec_resistance', 'impedance_second 50 ohm'],
    ['actualSecResistance', 'impedance_second_actual 50 ohm'],
    ['resistance20_left_arm', 'impedance_20khz_left_arm 50 ohm'],
    ['resistance100LeftArm', 'impedance_100khz_left_arm 50 ohm'],
    ['z100FootR', 'impedance_100khz_right_leg 50 ohm'],
    ['rlMuscleMass', 'muscle_mass_right_leg 50 kg'],
    ['tBodyFatPct', 'fat_ratio_trunk 50 pct'],
    ['sea_left_thigh', 'girth_left_thigh_estimated 50 cm'],
    ['smi', 'skeletal_muscle_index 50 kgm2'],
    ['obesityDegree', 'renpho_obesity_degree 50'],
    ['headValue', 'renpho_head_value 50'],
  ])('%s: %s', (name, line) => {
    expect(found({ [name]: 50 })).toEqual([[line], []]);
    expect(found({ [name]: '50.0' })).toEqual([[line], []]);
  });

  test.each([
    'height',
    'waistline',
    'weightUnit',
    'weightTarget',
    'bmiMax',
    'smmStd',
    'TW',
    'method',
    'bodyType',
    'constructor',
  ])('%s: nothing', (name) => {
    expect(found({ [name]: 50 })).toEqual([[], []]);
  });
});

test.each([0, '0', '0.0', -0, null, undefined, ''])('%j is not measured', (value) => {
  expect(found({ bodyfat: value, bodyShape: value, heartRate: value })).toEqual([[], []]);
});

test.each([
  ['weight', 500.1, 'implausible: weight is 500.1'],
  ['weight', '-80', 'implausible: weight is -80'],
  ['bodyfat', 100.5, 'implausible: bodyfat is 100.5'],
  ['heartRate', 301, 'implausible: heartRate is 301'],
  ['body_shape', 9, 'implausible: body_shape is 9'],
  ['obesityDegree', 1e7, 'implausible: obesityDegree is 10000000'],
  ['bmi', 'NaN', 'bad-value: bmi is "NaN"'],
  ['bmi', 'high', 'bad-value: bmi is "high"'],
  ['bmi', true, 'bad-value: bmi is true'],
  ['bmi', [22], 'bad-value: bmi is a list of 1'],
  ['bmi', { value: 22 }, 'bad-value: bmi is an object'],
])('%s %j is refused', (name, value, refusal) => {
  expect(found({ [name]: value, water: 55 })).toEqual([['water 55 pct'], [refusal]]);
});

test('a per cent of a limb may be of what it should be', () => {
  expect(found({ laMuscle: 112.4, laBodyFatPct: 112.4 })).toEqual([
    ['muscle_ratio_left_arm 112.4 pct'],
    ['implausible: laBodyFatPct is 112.4'],
  ]);
});

test('of two fields of a kind the first that was measured counts', () => {
  expect(found({ bodyShape: 0, bodytype: 5, body_shape: 4 })).toEqual([['body_shape 5'], []]);
});

test('any row gives finite numbers above 0 of kinds with a label', () => {
  const name = fc.constantFrom(
    'weight',
    'bodyfat',
    'bodyShape',
    'z20Body',
    'headValue',
    'whr',
    'toString',
    '__proto__',
  );
  fc.assert(
    fc.property(
      fc.dictionary(name, fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.double(), fc.string())),
      (row) => {
        for (const [kind, value] of measurements(row, new Refusals([]))) {
          expect(Number.isFinite(value) && value > 0).toBe(true);
          expect(labelOf(kind)).not.toBe('');
        }
      },
    ),
  );
});
