import { afterEach, expect, test, vi } from 'vitest';
import { placeOf } from '../../src/offline/place.js';

const untold = { timeZone: null, latitude: null, altitude: 229, language: null };
const summer = Date.UTC(2026, 6, 1);

afterEach(() => vi.unstubAllEnvs());

test('what the settings tell is what a scale is told', () => {
  const place = placeOf({ timeZone: 'Europe/Berlin', latitude: 35.2, altitude: 229, language: 'en_GB' });
  expect(place.zone(summer).offsetS).toBe(7200);
  expect(place.gravityMs2).toBeCloseTo(9.7968, 4);
  expect(place.language).toBe('en_GB');
});

test('the zone is that of the machine, if none is told; gravity and language are not known then', () => {
  vi.stubEnv('TZ', 'Asia/Kathmandu');
  const place = placeOf(untold);
  expect(place.zone(summer).offsetS).toBe(20_700);
  expect(place).toMatchObject({ gravityMs2: null, language: null });
});

test('a machine that is in no known zone goes by UTC', () => {
  vi.stubEnv('TZ', 'Nowhere/At_All');
  expect(placeOf(untold).zone(summer)).toEqual({ offsetS: 0, changeS: 0, nextOffsetS: 0 });
});
