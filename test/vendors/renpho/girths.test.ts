import { describe, expect, test } from 'vitest';
import { account, call, get } from './calls.js';
import { numbers, readOf, refused, weighInsOf } from './findings.js';

/** A record of the old cloud, with these fields more. */
const old = (fields: object) =>
  readOf(
    get('api/v3/girths/list_girth.json', '&user_id=7', {
      status_code: '20000',
      girths: [{ girth_id: 3, user_id: 5301, time_stamp: 1_650_000_000, ...fields }],
      deleted_girth_ids: [4],
    }),
  );

describe('girths', () => {
  test('of the old cloud', () => {
    const findings = old({
      neck_value: 38.5,
      neck_unit: 0,
      left_calf_value: '36.0',
      left_calf_unit: '0',
      hip_value: 0,
      hip_unit: 0,
      whr_value: 0.92,
      custom: 'left wrist',
      custom_value: 17,
      custom_unit: 0,
      custom_value2: 18,
      custom_unit2: 0,
      custom3_value: 19,
      custom3_unit: 0,
    });
    expect(numbers(findings)).toEqual([
      'girth_neck 38.5 cm',
      'girth_left_calf 36 cm',
      'renpho_girth_custom_cm 17',
      'renpho_girth_custom2_cm 18',
      'renpho_girth_custom3_cm 19',
      'waist_hip_ratio 0.92',
    ]);
    expect(weighInsOf(findings)).toEqual(['2022-04-15T05:20:00.000Z 5301 - #-']);
    expect([findings.label, findings.device, findings.deleted]).toEqual(['girths', '7', []]);
  });

  test('of the new cloud', () => {
    const got = [{ id: '#5919278420902642177', timeStamp: 1_650_000_000, chestValue: 101.5, chestUnit: 0 }];
    const findings = readOf(
      call({ path: 'RenphoHealth/renpho/girth/queryAllGirthsDataList', token: 'x'.repeat(9), got }),
    );
    expect(numbers(findings)).toEqual(['girth_chest 101.5 cm']);
    expect(weighInsOf(findings)).toEqual([`2022-04-15T05:20:00.000Z ${account} - #5919278420902642177`]);
  });

  test.each([
    [{ waist_value: 35, waist_unit: 1 }, 'unknown-unit: waist_unit is 1'],
    [{ waist_value: 35 }, 'unknown-unit: waist_unit is undefined'],
    [{ waist_value: 35, waist_unit: 'inch' }, 'unknown-unit: waist_unit is "inch"'],
    [{ waist_value: 3500, waist_unit: 0 }, 'implausible: waist_value is 3500'],
    [{ waist_value: 'wide', waist_unit: 0 }, 'bad-value: waist_value is "wide"'],
    [{ time_stamp: 'today', waist_value: 90, waist_unit: 0 }, 'bad-time: time stamp is "today"'],
  ])('%j is refused', (fields, refusal) => {
    const findings = old(fields);
    expect([findings.readings, refused(findings)]).toEqual([[], [refusal]]);
  });

  test('a goal is none', () => {
    const goals = {
      girth_goals: [
        { girth_goal_id: 1, user_id: 7, girth_type: 2, setup_goal_at: 1_650_000_000, goal_value: 80 },
      ],
    };
    expect(readOf(get('api/v3/girth_goals/list_girth_goal.json', '', goals)).readings).toEqual([]);
  });
});
