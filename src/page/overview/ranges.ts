/** How far back charts go. */
export const rangeNames = ['1m', '3m', '1y', 'all'] as const;

export type RangeName = (typeof rangeNames)[number];

const dayMs = 86_400_000;

interface Range {
  /** On a button. */
  readonly short: string;
  /** For those who hear it. */
  readonly long: string;
  readonly days: number | null;
}

export const ranges: Readonly<Record<RangeName, Range>> = {
  '1m': { short: '1 m', long: '1 month', days: 30 },
  '3m': { short: '3 m', long: '3 months', days: 91 },
  '1y': { short: '1 y', long: '1 year', days: 365 },
  all: { short: 'All', long: 'All of it', days: null },
};

/** A point of just now is seen whole, and so is one of a scale whose clock is a little ahead. */
const ahead = 0.01;

/**
 * From when to when a range goes; null for all. It ends now, or with the newest value where that is older than the whole
 * range: somebody who was away for a year sees what was last.
 */
export function windowOf(
  range: RangeName,
  nowMs: number,
  newestMs: number | null,
): readonly [number, number] | null {
  const { days } = ranges[range];
  if (days === null) return null;
  const span = days * dayMs;
  const endMs = newestMs !== null && newestMs < nowMs - span ? newestMs : nowMs;
  return [endMs - span, endMs + ahead * span];
}
