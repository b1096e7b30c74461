/** What a chart is drawn from. */

/** How the values of an axis are written. */
export interface Measure {
  /** Lines with the same scale have the same axis. The first is on the left, the second on the right. */
  readonly scale: string;
  /** At an axis: short. */
  tick(value: number): string;
  /** For those who read a value: with its unit. */
  text(value: number): string;
  /** Steps between ticks; such as suit decimal numbers where left out. */
  readonly steps?: readonly number[];
  /** The axis shows at least so much, or noise looks like news. A share of the values where left out. */
  readonly leastSpan?: number;
}

export interface Line {
  readonly label: string;
  /** As CSS has it: `var(--series-1)`, `#0b6472`. */
  readonly colour: string;
  /** `dots` and `faint` are what was measured, where a line says what it comes to. */
  readonly look: 'line' | 'dots' | 'line-dots' | 'faint';
  /** Lengths of strokes and gaps, so that lines differ by more than colour. */
  readonly dash?: readonly number[];
  readonly measure: Measure;
  /** Rising, milliseconds since the epoch. */
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
}

/** All lines over the same times: null where a line is interrupted, undefined where it has just nothing to say. */
export interface Aligned {
  readonly timesMs: number[];
  readonly columns: (number | null | undefined)[][];
}

/** The middles of a line's gaps: where nothing was measured for longer than `gapMs`, nothing is drawn either. */
function gaps(timesMs: readonly number[], gapMs: number): number[] {
  const middles: number[] = [];
  for (const [index, timeMs] of timesMs.entries()) {
    const nextMs = timesMs[index + 1];
    if (nextMs !== undefined && nextMs - timeMs > gapMs) middles.push((timeMs + nextMs) / 2);
  }
  return middles;
}

/** Brings lines to common times. Of two values of a line at one time, the last stands. */
export function align(lines: readonly Line[], gapMs: number): Aligned {
  const broken = lines.map((line) => gaps(line.timesMs, gapMs));
  const all = [...lines.map((line) => line.timesMs), ...broken].flat();
  const timesMs = [...new Set(all)].sort((one, other) => one - other);
  const at = new Map(timesMs.map((timeMs, index) => [timeMs, index]));
  const columns = lines.map((line, index) => {
    const column: (number | null | undefined)[] = new Array(timesMs.length).fill(undefined);
    for (const middle of broken[index] ?? []) column[at.get(middle) ?? 0] = null;
    for (const [each, timeMs] of line.timesMs.entries()) column[at.get(timeMs) ?? 0] = line.values[each];
    return column;
  });
  return { timesMs, columns };
}

/** The part of a line that lies within a window, ends included. */
export function within(line: Line, fromMs: number, toMs: number): Line {
  const inside = (timeMs: number) => timeMs >= fromMs && timeMs <= toMs;
  const start = line.timesMs.findIndex(inside);
  const end = line.timesMs.findLastIndex(inside);
  return start < 0
    ? { ...line, timesMs: [], values: [] }
    : { ...line, timesMs: line.timesMs.slice(start, end + 1), values: line.values.slice(start, end + 1) };
}

/** The index of the time that is nearest; -1 where there is none. The times rise. */
export function nearest(timesMs: readonly number[], timeMs: number): number {
  let low = 0;
  let high = timesMs.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] ?? 0) < timeMs) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [timesMs[low - 1], timesMs[low]];
  if (before === undefined || after === undefined) return high;
  return timeMs - before <= after - timeMs ? low - 1 : low;
}

/** The values of a line that have no neighbour to be joined with: only a point shows them. */
export function lone(column: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = [];
  let before: number | null = null;
  let candidate: number | null = null;
  for (let index = 0; index < column.length; index += 1) {
    const value = column[index];
    if (value === undefined) continue;
    if (value === null) {
      if (candidate !== null) found.push(candidate);
      candidate = null;
    } else {
      candidate = before === null ? index : null;
    }
    before = value;
  }
  if (candidate !== null) found.push(candidate);
  return found;
}
