/** Means of days, for what is measured many times a day: a season of it is a thick band otherwise. */
const dayMs = 86_400_000;

/** More values than this in a day, on average, are worth their mean. */
const manyADay = 3;
/** Over a shorter time each value can be seen. */
const leastDays = 14;

interface Values {
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
}

/** The mean of each day (UTC) at the mean of its times; null where the values themselves can be seen. Times rise. */
export function dailyMeans({ timesMs, values }: Values): Values | null {
  const [firstMs, lastMs] = [timesMs[0], timesMs.at(-1)];
  if (firstMs === undefined || lastMs === undefined) return null;
  const days = (lastMs - firstMs) / dayMs;
  if (days < leastDays || timesMs.length < days * manyADay) return null;
  const found = new Map<number, { count: number; value: number; timeMs: number }>();
  for (const [index, timeMs] of timesMs.entries()) {
    const day = Math.floor(timeMs / dayMs);
    const sum = found.get(day) ?? { count: 0, value: 0, timeMs: 0 };
    found.set(day, sum);
    sum.count += 1;
    sum.value += values[index] ?? 0;
    sum.timeMs += timeMs - day * dayMs;
  }
  const rows = [...found];
  return {
    timesMs: rows.map(([day, sum]) => Math.round(day * dayMs + sum.timeMs / sum.count)),
    values: rows.map(([, sum]) => sum.value / sum.count),
  };
}
