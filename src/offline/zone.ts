import type { Zone } from '../vendors/vendor.js';

const DAY_S = 86_400;
/** A zone that changes at all does so within a year. */
const AHEAD_DAYS = 400;

/**
 * What a time zone, by its IANA name, has at a time: the offset from UTC, the second of its next change within 400
 * days, 0 when there is none, and the offset after that one (without a change, the same). Out of the time zone data
 * that Node carries; throws a RangeError for a name that is not in it.
 */
export function zoneAt(timeZone: string, nowMs: number): Zone {
  const format = clockOf(timeZone);
  const nowS = Math.floor(nowMs / 1000);
  const offsetS = offsetAt(format, nowS);
  for (let dayS = nowS; dayS < nowS + AHEAD_DAYS * DAY_S; dayS += DAY_S) {
    if (offsetAt(format, dayS + DAY_S) === offsetS) continue;
    let before = dayS;
    let after = dayS + DAY_S;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(format, middle) === offsetS) before = middle;
      else after = middle;
    }
    return { offsetS, changeS: after, nextOffsetS: offsetAt(format, after) };
  }
  return { offsetS, changeS: 0, nextOffsetS: offsetS };
}

/** The date and time in a zone, as numbers that {@link offsetAt} can read. */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}

/** In seconds, east of Greenwich positive: how far the wall clock is ahead of UTC. */
function offsetAt(format: Intl.DateTimeFormat, atS: number): number {
  const parts = new Map(format.formatToParts(atS * 1000).map(({ type, value }) => [type, Number(value)]));
  const [year, month, day, hour, minute, second] = (
    ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
  ).map((type) => parts.get(type) ?? 0) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - atS;
}
