/**
 * The trend of weights: an exponentially weighted mean, as in John Walker's "The Hacker's Diet", which moves a tenth of
 * the way to each day's weight. Here the tenth is by the time between two weigh-ins and not by their number: after
 * `d` days the old trend counts for 0.9 to the power of `d`. So a second weigh-in a minute later moves it by next to
 * nothing, and after months away it begins anew by itself.
 */
const keptPerDay = 0.9;
const dayMs = 86_400_000;

/** So long before a range the trend must begin to be right within it: what was before counts for 0.2 % then. */
export const trendLeadMs = 60 * dayMs;

/** The trend at each of the times, which rise. */
export function trendOf(timesMs: readonly number[], values: readonly number[]): number[] {
  const trend: number[] = [];
  let now = values[0] ?? 0;
  let beforeMs = timesMs[0] ?? 0;
  for (const [index, value] of values.entries()) {
    const timeMs = timesMs[index] ?? beforeMs;
    const kept = keptPerDay ** ((timeMs - beforeMs) / dayMs);
    now = value + kept * (now - value);
    beforeMs = timeMs;
    trend.push(now);
  }
  return trend;
}

/**
 * How much the trend has changed at its end since `days` before; null where nothing tells: it begins later, or nothing
 * was weighed around that time, `days` to either side.
 */
export function trendChange(
  timesMs: readonly number[],
  trend: readonly number[],
  days: number,
): number | null {
  const lastMs = timesMs.at(-1);
  const last = trend.at(-1);
  if (lastMs === undefined || last === undefined) return null;
  const thenMs = lastMs - days * dayMs;
  const after = timesMs.findIndex((timeMs) => timeMs >= thenMs);
  const [beforeMs, afterMs] = [timesMs[after - 1], timesMs[after]];
  const [before, later] = [trend[after - 1], trend[after]];
  if (afterMs === undefined || later === undefined) return null;
  if (afterMs === thenMs) return last - later;
  if (beforeMs === undefined || before === undefined) return null;
  // The last is always so many days after it, and tells nothing of then.
  const untilNext = afterMs === lastMs ? Number.POSITIVE_INFINITY : afterMs - thenMs;
  if (Math.min(thenMs - beforeMs, untilNext) > days * dayMs) return null;
  const share = (thenMs - beforeMs) / (afterMs - beforeMs);
  return last - (before + share * (later - before));
}
