import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { zoneAt } from '../../src/offline/zone.js';

const HOUR = 3600;

/** Unix time in seconds of a UTC date and time. */
function s(text: string): number {
  return Date.parse(`${text}Z`) / 1000;
}

describe('the offset, the next change and the offset after it', () => {
  test.each([
    ['Europe/Berlin', '2026-01-31T06:30:00', 1 * HOUR, '2026-03-29T01:00:00', 2 * HOUR],
    ['Europe/Berlin', '2026-07-01T00:00:00', 2 * HOUR, '2026-10-25T01:00:00', 1 * HOUR],
    ['America/New_York', '2010-10-20T12:00:00', -4 * HOUR, '2010-11-07T06:00:00', -5 * HOUR],
    ['America/New_York', '2013-03-20T02:00:00', -4 * HOUR, '2013-11-03T06:00:00', -5 * HOUR],
    // Half an hour of summer time.
    ['Australia/Lord_Howe', '2025-01-01T00:00:00', 11 * HOUR, '2025-04-05T15:00:00', 10.5 * HOUR],
    // An hour less in the month of fasting.
    ['Africa/Casablanca', '2025-01-01T00:00:00', 1 * HOUR, '2025-02-23T02:00:00', 0],
    ['Africa/Casablanca', '2025-03-01T00:00:00', 0, '2025-04-06T02:00:00', 1 * HOUR],
    // Samoa crossed the date line: after the 29th of December came the 31st.
    ['Pacific/Apia', '2011-12-01T00:00:00', -10 * HOUR, '2011-12-30T10:00:00', 14 * HOUR],
  ])('%s at %s', (zone, at, offsetS, change, nextOffsetS) => {
    expect(zoneAt(zone, s(at) * 1000)).toEqual({ offsetS, changeS: s(change), nextOffsetS });
  });

  test.each([
    ['UTC', 0],
    ['Asia/Kathmandu', 5.75 * HOUR],
    ['America/Phoenix', -7 * HOUR],
    ['Pacific/Kiritimati', 14 * HOUR],
    // Samoa gave summer time up in 2021.
    ['Pacific/Apia', 13 * HOUR],
  ])('%s does not change', (zone, offsetS) => {
    expect(zoneAt(zone, s('2025-01-31T06:30:00') * 1000)).toEqual({
      offsetS,
      changeS: 0,
      nextOffsetS: offsetS,
    });
  });
});

test('a change is over with its first millisecond', () => {
  const change = s('2026-03-29T01:00:00');
  expect(zoneAt('Europe/Berlin', change * 1000 - 1)).toMatchObject({ offsetS: HOUR, changeS: change });
  expect(zoneAt('Europe/Berlin', change * 1000)).toMatchObject({
    offsetS: 2 * HOUR,
    changeS: s('2026-10-25T01:00:00'),
  });
});

test('an offset may have seconds, and a time a fraction', () => {
  const { offsetS } = zoneAt('Africa/Monrovia', Date.UTC(1971, 5, 1) + 0.5);
  expect(offsetS).toBe(-2670);
});

test('a name that nobody knows is an error', () => {
  expect(() => zoneAt('Europe/Berlln', 0)).toThrow(RangeError);
});

/** The reader of the system's time zone data, where there is one. */
const zdump = 'zdump';
const haveZdump = spawnSync(zdump, ['-V', 'UTC']).status === 0;

/** What the system's own time zone data say of the years 2015 to 2024, which no later release of it will change. */
function changesByZdump(zone: string): { changeS: number; nextOffsetS: number }[] {
  const { stdout } = spawnSync(zdump, ['-V', '-c', '2015,2025', zone], { encoding: 'utf8' });
  const lines = [...stdout.matchAll(/(\w{3} +\d+ [\d:]{8} \d{4}) UT = .* gmtoff=(-?\d+)$/gm)].map(
    ([, at = '', offset]) => ({ changeS: Date.parse(`${at} UTC`) / 1000, nextOffsetS: Number(offset) }),
  );
  return lines.filter(({ nextOffsetS }, i) => i > 0 && nextOffsetS !== lines[i - 1]?.nextOffsetS);
}

describe.skipIf(!haveZdump)("the changes of ten years are those of the system's data", () => {
  test.each([
    'Europe/Berlin',
    'Europe/Dublin',
    'Europe/Istanbul',
    'America/New_York',
    'America/Sao_Paulo',
    'America/St_Johns',
    'Africa/Casablanca',
    'Asia/Tehran',
    'Asia/Pyongyang',
    'Asia/Gaza',
    'Australia/Lord_Howe',
    'Antarctica/Troll',
    'Pacific/Apia',
    'Pacific/Chatham',
  ])('%s', (zone) => {
    const expected = changesByZdump(zone);
    const found: typeof expected = [];
    let at = s('2015-01-01T00:00:00');
    while (at < s('2025-01-01T00:00:00')) {
      const { changeS, nextOffsetS } = zoneAt(zone, at * 1000);
      const change = changeS !== 0 && changeS < s('2025-01-01T00:00:00');
      if (change) found.push({ changeS, nextOffsetS });
      // Without a change within the year, the next look is from a year on.
      at = changeS === 0 ? at + 399 * 86_400 : changeS;
    }
    expect(expected.length).toBeGreaterThan(0);
    expect(found).toEqual(expected);
  });
});
