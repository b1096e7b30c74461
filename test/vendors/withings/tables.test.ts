import { describe, expect, test } from 'vitest';
import { isKnownKind, quantities } from '../../../src/model/quantity.js';
import { measureType, measureTypes, roomType } from '../../../src/vendors/withings/measure-types.js';
import { statuses, statusText } from '../../../src/vendors/withings/status.js';
import { inUnitOf, unitTypeName } from '../../../src/vendors/withings/unit-types.js';

describe('measure types', () => {
  test('all of the app', () => {
    expect(measureTypes.size).toBe(226);
    expect([measureTypes.get(1)?.name, measureTypes.get(229)?.name, measureTypes.get(1001)?.name]).toEqual([
      'WEIGHT',
      'GALVANIC_SKIN_RESPONSE',
      'SLEEP_DEBUG',
    ]);
    expect([...measureTypes.values()].every(({ name }) => /^[A-Z][A-Z0-9_]*$/.test(name))).toBe(true);
  });

  test.each([
    [1, 'weight'],
    [2, 'resistance_extra'],
    [3, 'resistance_intra'],
    [16, 'impedance'],
    [76, 'muscle_mass'],
    [86, 'impedance_40khz'],
    [170, 'visceral_fat'],
    [7, 'withings_battlvl'],
    [12, 'withings_temperature'],
    [82, 'withings_hrv'],
    [176, 'withings_r5khz_segment'],
    [999, 'withings_type_999'],
    [0, 'withings_type_0'],
  ])('type %d is %s', (code, kind) => {
    expect(measureType(code).kind).toBe(kind);
  });

  test('in the room, temperature and humidity are those of the room', () => {
    expect([12, 13, 35, 82, 999].map((code) => roomType(code).kind)).toEqual([
      'room_temperature',
      'room_humidity',
      'co2',
      'withings_hrv',
      'withings_type_999',
    ]);
  });

  test('no two types are one kind', () => {
    const kinds = [...measureTypes.values()].map(({ kind }) => kind);
    expect(new Set(kinds).size).toBe(kinds.length);
    expect(kinds.filter(isKnownKind).length).toBeLessThan(Object.keys(quantities).length);
  });
});

describe('unit types', () => {
  test.each([
    ['weight', 84.216, 1, 84.216],
    ['weight', 150.2, 2, 68.1296],
    ['weight', 10, 14, 63.5029],
    ['weight', 16, 10, 0.4536],
    ['height', 6, 20, 1.8288],
    ['height', 70, 7, 1.778],
    ['room_temperature', 20.2, 11, 20.2],
    ['room_temperature', 68.5, 13, 20.2778],
    ['room_temperature', 32, 13, 0],
    ['room_temperature', -40, 13, -40],
    ['co2', 655, 12, 655],
    ['heart_rate', 93, 9, 93],
    ['withings_luminosity', 12.5, 16, 12.5],
    ['withings_type_999', 50, 13, 10],
    ['weight', 655, 12, undefined],
    ['co2', 20, 11, undefined],
    ['impedance', 500, 1, undefined],
    ['weight', 80, 8, undefined],
    ['weight', 80, 0, undefined],
    ['weight', 80, 99, undefined],
    ['withings_type_999', 1, 99, undefined],
    ['weight', 80, 1.5, undefined],
  ] as const)('%s %d of unit type %d is %s', (kind, value, unitType, result) => {
    expect(inUnitOf(kind, value, unitType)).toBe(result);
  });

  test('names for people', () => {
    expect([11, 12, 8].map(unitTypeName)).toEqual(['°C', 'ppm', 'unit 8']);
  });
});

test('statuses', () => {
  expect(statuses.size).toBe(312);
  expect([0, 205, 256, 318, 507, 2554, 10000, 4711].map(statusText)).toEqual([
    '0 OK',
    '205 NOTYETASSOCIATED',
    '256 TOOMANYUSERS',
    '318 PROASSOCIATIONMISMATCH',
    '507 EXPIRED_NONCE',
    '2554 NOTIMPLEMENTED',
    '10000 NOOP',
    '4711',
  ]);
});
