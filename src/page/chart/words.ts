/** A chart in words: for those who do not see it, and for those who want it short. */

import { formatNumber, formatTime } from '../words/format.js';
import { type Line, within } from './data.js';

function extremes(line: Line): { low: number; high: number } {
  let low = 0;
  let high = 0;
  for (const [index, value] of line.values.entries()) {
    if (value < (line.values[low] ?? value)) low = index;
    if (value > (line.values[high] ?? value)) high = index;
  }
  return { low, high };
}

function sentence(line: Line): string {
  const { label, measure, timesMs, values } = line;
  const at = (index: number) => ({
    text: measure.text(values.at(index) ?? 0),
    day: formatTime(timesMs.at(index) ?? 0, 'date'),
  });
  const first = at(0);
  const last = at(-1);
  if (values.length === 1) return `${label}: ${first.text} on ${first.day}.`;
  const { low, high } = extremes(line);
  return (
    `${label}: ${values.length} values, from ${first.text} on ${first.day} to ${last.text} on ${last.day}, ` +
    `lowest ${at(low).text} on ${at(low).day}, highest ${at(high).text} on ${at(high).day}.`
  );
}

/**
 * In short, how many values there are and between what: of the first line, where any others only say what that comes to.
 */
export function inShort(lines: readonly Line[], fromMs: number, toMs: number): string {
  const [first] = lines;
  const alone = lines.length === 1 || first?.look === 'dots' || first?.look === 'faint';
  const seen = first && alone ? within(first, fromMs, toMs) : undefined;
  if (seen === undefined || seen.values.length < 2) return '';
  const { low, high } = extremes(seen);
  const text = (index: number) => seen.measure.text(seen.values[index] ?? 0);
  return `${formatNumber(seen.values.length, 0)} values, ${text(low)} to ${text(high)}`;
}

/** A sentence a line about what is seen of it in the window. */
export function summary(lines: readonly Line[], fromMs: number, toMs: number): string {
  const seen = lines.map((line) => within(line, fromMs, toMs)).filter((line) => line.values.length > 0);
  return seen.length === 0 ? 'Nothing was measured in this time.' : seen.map(sentence).join(' ');
}

const dayMs = 86_400_000;

/**
 * The words at the ticks of a time axis, whose steps are `stepMs` long: years, months, days or hours. The year stands
 * with the first month of it that is seen, the day with the first hour.
 */
export function timeTicks(ticksMs: readonly number[], stepMs: number, locale?: string): string[] {
  const words = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options);
  const year = words({ year: 'numeric' });
  if (stepMs >= 360 * dayMs) return ticksMs.map((tickMs) => year.format(tickMs));
  const byYear = (form: Intl.DateTimeFormat) => (tickMs: number, index: number) => {
    const beforeMs = ticksMs[index - 1];
    const same = beforeMs !== undefined && year.format(beforeMs) === year.format(tickMs);
    return same ? form.format(tickMs) : `${form.format(tickMs)}\n${year.format(tickMs)}`;
  };
  if (stepMs >= 27 * dayMs) return ticksMs.map(byYear(words({ month: 'short' })));
  const day = words({ day: 'numeric', month: 'short' });
  if (stepMs >= dayMs) return ticksMs.map(byYear(day));
  const hour = words({ hour: '2-digit', minute: '2-digit' });
  return ticksMs.map((tickMs, index) => {
    const beforeMs = ticksMs[index - 1];
    const same = beforeMs !== undefined && day.format(beforeMs) === day.format(tickMs);
    return same ? hour.format(tickMs) : `${hour.format(tickMs)}\n${day.format(tickMs)}`;
  });
}
