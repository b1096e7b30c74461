import { h, put, svg } from '../parts/dom.js';
import { formatTime } from '../words/format.js';
import { type Line, nearest } from './data.js';

/** The names of the lines, each with its value at the cursor. */
export class Legend {
  // Those who hear the page are told by the live region and the summary.
  readonly element = h('div', { class: 'chart-legend num', 'aria-hidden': 'true' });
  #words = '';

  /** `cursorMs` null: the last values. A value further from the cursor than a gap is none. */
  show(lines: readonly Line[], colours: readonly string[], cursorMs: number | null, gapMs: number): void {
    const found = lines.map((line) => {
      const index = cursorMs === null ? line.timesMs.length - 1 : nearest(line.timesMs, cursorMs);
      const timeMs = line.timesMs[index];
      const value = line.values[index];
      const near = timeMs !== undefined && (cursorMs === null || Math.abs(timeMs - cursorMs) <= gapMs);
      return near && value !== undefined ? { timeMs, text: line.measure.text(value) } : null;
    });
    const shownMs = nearestOf(
      found.flatMap((each) => each?.timeMs ?? []),
      cursorMs,
    );
    const time = shownMs === null ? '' : formatTime(shownMs);
    this.#words = [time, ...lines.map(({ label }, index) => `${label} ${found[index]?.text ?? 'none'}`)].join(
      ', ',
    );
    put(
      this.element,
      ...lines.map((line, index) =>
        h(
          'span',
          { class: 'chart-key', colour: colours[index] ?? line.colour },
          swatch(line),
          h('span', { class: 'muted' }, line.label),
          h('strong', {}, found[index]?.text ?? '–'),
        ),
      ),
      h('span', { class: 'muted chart-time' }, time),
    );
  }

  /** What is shown, in words. */
  words(): string {
    return this.#words;
  }
}

function nearestOf(timesMs: readonly number[], cursorMs: number | null): number | null {
  if (timesMs.length === 0) return null;
  if (cursorMs === null) return Math.max(...timesMs);
  return timesMs.reduce((best, timeMs) =>
    Math.abs(timeMs - cursorMs) < Math.abs(best - cursorMs) ? timeMs : best,
  );
}

/** A line's look in small. */
function swatch({ look, dash }: Line): SVGSVGElement {
  const line =
    look === 'dots'
      ? null
      : svg('path', {
          d: 'M1 5h18',
          'stroke-dasharray': dash?.join(' '),
          opacity: look === 'faint' ? 0.5 : null,
        });
  const dot = look === 'line' || look === 'faint' ? null : svg('circle', { cx: 10, cy: 5, r: 3 });
  return svg('svg', { class: 'swatch', viewBox: '0 0 20 10' }, line, dot);
}
