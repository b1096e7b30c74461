/** What the keys of a chart mean. */
import { nearest } from './data.js';

/** From and to, in milliseconds since the epoch. */
export type Window = readonly [fromMs: number, toMs: number];

/** No closer than this: scales count minutes. */
export const closestMs = 600_000;

const steps: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -10,
  PageDown: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** Whether a key moves through the values. */
export function isMove(key: string): boolean {
  return Object.hasOwn(steps, key);
}

/** The time that such a key leads to, from one or from behind the last; undefined where there is none. */
export function movedTo(
  key: string,
  timesMs: readonly number[],
  fromMs: number | undefined,
): number | undefined {
  const now = fromMs === undefined ? timesMs.length : nearest(timesMs, fromMs);
  return timesMs[Math.max(0, Math.min(timesMs.length - 1, now + (steps[key] ?? 0)))];
}

/** Half of what is seen, or twice as much, around a time: null for the whole range, `seen` where it is the closest. */
export function scaledTo(key: '+' | '-', seen: Window, whole: Window, middleMs: number): Window | null {
  const half = ((seen[1] - seen[0]) / 2) * (key === '-' ? 2 : 0.5);
  const window: Window = [Math.max(whole[0], middleMs - half), Math.min(whole[1], middleMs + half)];
  if (window[0] <= whole[0] && window[1] >= whole[1]) return null;
  return window[1] - window[0] >= closestMs ? window : seen;
}
