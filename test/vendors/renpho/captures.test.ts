import { describe, expect, test } from 'vitest';
import { wrap } from '../../../src/vendors/renpho/envelope.js';
import { open } from '../../../src/vendors/renpho/open.js';
import { account, bytes, call, capture, get, message, plain } from './calls.js';
import { numbers, readOf, refused, weighInsOf } from './findings.js';

/** An answer of the new cloud with the very bytes of a capture in its envelope. */
function answerWith(path: string, inside: string) {
  const body = `{"code":101,"msg":"success","data":"${wrap(Buffer.from(inside))}"}`;
  return {
    ...call({ path, sent: {}, token: 'token-of-the-test' }),
    response: message('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n', body),
  };
}

const query = 'RenphoHealth/scale/queryAllMeasureDataList';

describe('the new cloud', () => {
  test('a whole record', () => {
    const findings = readOf(answerWith(query, capture('new_measurement_record_full_fixture.json')));
    expect(numbers(findings)).toEqual([
      'weight 88.15 kg',
      'fat_ratio 21.3 pct',
      'water 55.2 pct',
      'bmr 1890 kcal',
      'metabolic_age 31 years',
      'skeletal_muscle 65.8 pct',
      'bone_mass 3.4 kg',
      'subcutaneous_fat 18.9 pct',
      'visceral_fat 9',
      'bmi 27.2 kgm2',
      'muscle_mass 49.1 kg',
      'protein 17.6 pct',
      'body_shape 5',
      'fat_free_mass 69.4 kg',
      'impedance_first 512 ohm',
      'impedance_second 460 ohm',
      'impedance_first_actual 512 ohm',
      'impedance_second_actual 460 ohm',
    ]);
    expect(weighInsOf(findings)).toEqual([
      `2026-06-11T06:41:12.000Z ${account} aa:bb:cc:dd:ee:ff #5919278420902642176`,
    ]);
    expect(findings).toMatchObject({
      label: 'measurements',
      device: 'aa:bb:cc:dd:ee:ff',
      verdict: null,
      deleted: [],
    });
    expect(refused(findings)).toEqual([]);
  });

  test('a page with the least of a row', () => {
    const findings = readOf(answerWith(query, capture('new_measurement_page_minimal.json')));
    expect(numbers(findings)).toEqual(['weight 88.15 kg']);
    expect(weighInsOf(findings)).toEqual([`2026-02-14T08:58:45.000Z ${account} - #5919278420902642176`]);
    expect(findings.device).toBe(account);
  });

  test('a page of the body composition, with an id that no double holds', () => {
    const findings = readOf(
      answerWith(
        'RenphoHealth/scale/queryBodyCompositionMeasureData',
        capture('new_body_composition_page_minimal.json'),
      ),
    );
    expect(numbers(findings)).toEqual([
      'weight 73.25 kg',
      'skeletal_muscle_mass 35 kg',
      'impedance_20khz_left_arm 123 ohm',
    ]);
    expect(weighInsOf(findings)).toEqual([
      '1970-01-01T00:03:20.000Z 9223372036854775806 - #9223372036854775806',
    ]);
    expect(findings.label).toBe('measurements (body composition)');
  });

  test('two people, names in both spellings', () => {
    const findings = readOf(answerWith(query, capture('new_measurements_discountdarcy_fixture.json')));
    expect(weighInsOf(findings)).toEqual([
      '2024-05-12T21:40:00.000Z 12345 - #-',
      '2024-05-12T21:41:40.000Z 67890 - #-',
    ]);
    expect(numbers(findings).slice(0, 16)).toEqual([
      'weight 82.5 kg',
      'bmi 24.8 kgm2',
      'fat_ratio 22.3 pct',
      'water 55.2 pct',
      'skeletal_muscle 42.1 pct',
      'bone_mass 4.2 kg',
      'bmr 1780 kcal',
      'visceral_fat 8',
      'subcutaneous_fat 18.5 pct',
      'protein 16.8 pct',
      'metabolic_age 35 years',
      'muscle_mass 64.1 kg',
      'fat_free_mass 64.1 kg',
      'heart_rate 72 bpm',
      'cardiac_index 3.2 lminm2',
      'body_shape 3',
    ]);
    expect(findings.readings).toHaveLength(32);
  });

  test('an upload of girths', () => {
    const inside = capture('new_girth_upload_record_SHAPE.json').replace('{USER_ID}', account);
    const findings = readOf({
      ...plain,
      request: message(
        `POST /RenphoHealth/renpho/girth/uploadGirthsDataV2 HTTP/1.1\r\nHost: cloud.renpho.com\r\nuserId: ${account}\r\ntoken: t\r\n`,
        `{"encryptData":"${wrap(Buffer.from(inside))}"}`,
      ),
      response: answerWith('x', '[{"id":5919278420902642177,"timeStamp":1719500400}]').response,
    });
    expect(numbers(findings)).toEqual([
      'girth_waist 90 cm',
      'girth_left_arm 33 cm',
      'girth_right_arm 33.5 cm',
    ]);
    expect(weighInsOf(findings)).toEqual([`2024-06-27T15:00:00.000Z ${account} - #5919278420902642177`]);
    expect([findings.label, findings.device, refused(findings)]).toEqual(['girth upload', account, []]);
  });

  test.each(['new_login_object_fixture.json', 'new_device_count_fixture.json'])(
    '%s has no readings',
    (name) => {
      const findings = readOf(answerWith('renpho-aggregation/user/login', capture(name)));
      expect([findings.readings, findings.refusals]).toEqual([[], []]);
    },
  );

  test('a request for a page has none either', () => {
    const inside = capture('new_body_composition_request.json');
    const request = message(
      `POST /${query} HTTP/1.1\r\nHost: cloud.renpho.com\r\n`,
      `{"encryptData":"${wrap(Buffer.from(inside))}"}`,
    );
    expect(readOf({ ...plain, request, response: null })).toMatchObject({ readings: [], refusals: [] });
  });
});

describe('the old cloud', () => {
  /** The shape with a number in each place of one, all different: 1, 2, 3 ... */
  function filled(name: string): unknown {
    let next = 0;
    return JSON.parse(capture(name), (key, value: unknown) => {
      if (key === 'status_code') return '20000';
      if (key === 'b_user_id') return 5301;
      if (key === 'time_stamp') return 1_650_000_000;
      if (key === 'weight') return 80.5;
      if (key === 'mac') return 'D0:49:00:00:00:01';
      return typeof value === 'string' && /^(int|float)/.test(value) ? ++next % 9 || 1 : value;
    });
  }

  test('a list of weigh-ins', () => {
    const findings = readOf(
      get('api/v2/measurements/list.json', '&user_id=5301', filled('old_measurements_list_SHAPE.json')),
    );
    expect(weighInsOf(findings)).toEqual(['2022-04-15T05:20:00.000Z 5301 d0:49:00:00:00:01 #4']);
    expect(numbers(findings).map((line) => line.replace(/ [\d.]+( |$)/, ' ').trim())).toEqual([
      ...[
        'weight kg',
        'fat_ratio pct',
        'water pct',
        'bmr kcal',
        'metabolic_age years',
        'skeletal_muscle pct',
      ],
      ...[
        'bone_mass kg',
        'subcutaneous_fat pct',
        'visceral_fat',
        'bmi kgm2',
        'muscle_mass kg',
        'protein pct',
      ],
      ...['body_shape', 'fat_free_mass kg', 'impedance_first ohm', 'impedance_second ohm'],
      ...[
        'impedance_first_actual ohm',
        'impedance_second_actual ohm',
        'heart_rate bpm',
        'cardiac_index lminm2',
      ],
      ...['weight_left_foot kg', 'weight_right_foot kg'],
      ...['left_arm', 'left_leg', 'right_leg', 'right_arm', 'trunk'].map((site) => `fat_ratio_${site} pct`),
      ...['left_arm', 'left_leg', 'right_arm', 'right_leg', 'trunk'].map((site) => `muscle_mass_${site} kg`),
      ...['left_arm', 'left_leg', 'right_leg', 'right_arm', 'trunk'].map(
        (site) => `impedance_20khz_${site} ohm`,
      ),
      ...['left_arm', 'left_leg', 'right_arm', 'right_leg', 'trunk'].map(
        (site) => `impedance_100khz_${site} ohm`,
      ),
      'health_score',
    ]);
    expect(findings).toMatchObject({ label: 'measurements', device: 'd0:49:00:00:00:01', refusals: [] });
  });

  test.each([
    'old_measurements_list_SHAPE.json',
    'old_sign_in_response_SHAPE.json',
    'old_list_scale_user_empty.json',
  ])('%s has no numbers in it, and gives none', (name) => {
    const findings = readOf(get('api/v2/measurements/list.json', '', JSON.parse(capture(name))));
    expect([findings.readings, findings.refusals]).toEqual([[], []]);
  });

  test('a sign-in with a profile is no weigh-in', () => {
    const findings = readOf(get('api/v3/users/sign_in.json', '', filled('old_sign_in_response_SHAPE.json')));
    expect([findings.label, findings.readings]).toEqual(['sign-in', []]);
  });

  test.each([
    ['old_app_request_measurements_list.http', 'measurements'],
    ['old_app_request_sign_in.http', 'sign-in'],
  ])('%s is %s', (name, label) => {
    const [head = '', body = ''] = capture(name)
      .replaceAll('\r\n', '\n')
      .replaceAll('\n', '\r\n')
      .split('\r\n\r\n');
    const request = { ...message('', body), head: bytes(`${head}\r\n\r\n`) };
    const findings = readOf({ ...plain, request, response: null });
    expect([findings.label, findings.readings, findings.refusals]).toEqual([label, [], []]);
  });
});

test('every capture with readings gives the same ones opened', () => {
  for (const name of [
    'new_measurement_record_full_fixture.json',
    'new_measurements_discountdarcy_fixture.json',
  ]) {
    const crossed = answerWith(query, capture(name));
    expect(readOf(open(crossed))).toEqual(readOf(crossed));
  }
});
