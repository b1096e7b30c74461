import UPlot from 'uplot';
import { h, put } from '../parts/dom.js';
import { onTheme } from '../theme.js';
import { formatTime } from '../words/format.js';
import { type Aligned, align, type Line, nearest, within } from './data.js';
import { closestMs, isMove, movedTo, scaledTo, type Window } from './keys.js';
import { Legend } from './legend.js';
import { type Palette, paletteOf, plotData, plotOptions, widened } from './plot.js';
import { chartTable } from './table.js';
import { inShort, summary } from './words.js';

interface ChartOptions {
  /** What it is of: `Weight of Ana`. */
  readonly label: string;
  /** Nothing is drawn across a longer time without a value. */
  readonly gapMs: number;
  readonly heightPx?: number;
  /** Tells those who hear the page, as {@link import('../screen.js').ScreenContext} does. */
  whisper(text: string): void;
  /** Somebody has zoomed in, or, with null, back out. */
  zoomed?(window: Window | null): void;
}

/**
 * Lines over time, with what is under the cursor above them, their summary below, and all of it as a table. The mouse
 * zooms by dragging, a double click goes back; the arrow keys move through the values, + and - zoom, 0 goes back.
 */
export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #stage: HTMLElement;
  readonly #legend = new Legend();
  /** All of it for those who hear it, in short for those who see it. */
  readonly #words = h('figcaption', { class: 'visually-hidden' });
  readonly #short = h('p', { class: 'muted small num', 'aria-hidden': 'true' });
  readonly #back: HTMLButtonElement;
  readonly #asTable: HTMLButtonElement;
  readonly #table: HTMLElement;
  readonly #nothing = h('p', { class: 'chart-nothing', hidden: true }, 'Nothing was measured in this time.');
  readonly #watchSize: ResizeObserver;
  readonly #offTheme: () => void;
  #plot: UPlot | null = null;
  #palette: Palette | null = null;
  #lines: readonly Line[] = [];
  #aligned: Aligned = { timesMs: [], columns: [] };
  #window: Window | null = null;
  #zoom: Window | null = null;

  constructor(options: ChartOptions) {
    this.#options = options;
    this.#stage = h('div', {
      class: 'chart-stage',
      tabindex: 0,
      role: 'application',
      'aria-roledescription': 'chart',
      'aria-label': `${options.label}. Arrow keys move through the values, plus and minus zoom, 0 goes back.`,
      onkeydown: (event) => this.#key(event),
      ondblclick: () => this.#zoomTo(null),
      onpointermove: (event) => this.#touch(event),
      onblur: () => this.#point(null),
    });
    this.#stage.style.height = `${options.heightPx ?? 280}px`;
    this.#table = h('div', {
      class: 'table-wrap chart-table',
      role: 'region',
      'aria-label': `${options.label} as a table`,
      tabindex: 0,
      hidden: true,
    });
    this.#back = h(
      'button',
      { class: 'button quiet', type: 'button', hidden: true, onclick: () => this.#zoomTo(null) },
      'Back to the whole range',
    );
    this.#asTable = h(
      'button',
      { class: 'button quiet', type: 'button', 'aria-expanded': 'false', onclick: () => this.#toggle() },
      'Show as table',
    );
    const foot = h(
      'div',
      { class: 'chart-foot' },
      this.#words,
      this.#short,
      h('div', { class: 'row' }, this.#back, this.#asTable),
    );
    this.element = h(
      'figure',
      { class: 'chart' },
      this.#legend.element,
      this.#stage,
      this.#nothing,
      foot,
      this.#table,
    );
    this.#watchSize = new ResizeObserver(() => this.#size());
    this.#watchSize.observe(this.#stage);
    this.#offTheme = onTheme(() => this.#dress());
  }

  /** Draws lines in a window, or all of them without one. What somebody has zoomed to stays, unless told otherwise. */
  show(lines: readonly Line[], window: Window | null, keepZoom = true): void {
    if (!keepZoom) this.#zoom = null;
    const same = this.#plot !== null && shape(lines) === shape(this.#lines);
    this.#lines = lines;
    this.#window = window;
    this.#aligned = align(lines, this.#options.gapMs);
    if (same) {
      this.#dress();
      this.#plot?.setData(plotData(this.#aligned), false);
    } else {
      this.#build();
    }
    this.#apply();
  }

  close(): void {
    this.#watchSize.disconnect();
    this.#offTheme();
    this.#plot?.destroy();
    this.#plot = null;
  }

  #build(): void {
    this.#plot?.destroy();
    this.#plot = null;
    const width = this.#stage.clientWidth;
    // Not in the page yet: the observer of its size comes back to this.
    if (width === 0 || this.#lines.length === 0) return;
    const palette = paletteOf(this.#stage, this.#lines);
    this.#palette = palette;
    const size = { width, height: this.#stage.clientHeight };
    const options = plotOptions(this.#lines, size, () => this.#palette ?? palette);
    this.#plot = new UPlot(
      {
        ...options,
        hooks: {
          ...options.hooks,
          setCursor: [() => this.#read()],
          setSelect: [(plot) => this.#selected(plot)],
        },
      },
      plotData(this.#aligned),
      this.#stage,
    );
  }

  #dress(): void {
    this.#palette = paletteOf(this.#stage, this.#lines);
    this.#plot?.redraw(false);
    this.#read();
  }

  #size(): void {
    const { clientWidth: width, clientHeight: height } = this.#stage;
    if (width === 0) return;
    if (this.#plot === null) {
      this.#build();
      this.#apply();
    } else {
      this.#plot.setSize({ width, height });
    }
  }

  /** What is seen just now. */
  #seen(): Window {
    const [first = 0, last = first] = [this.#aligned.timesMs[0], this.#aligned.timesMs.at(-1)];
    return this.#zoom ?? this.#window ?? widened(first, last);
  }

  #apply(): void {
    const [min, max] = this.#seen();
    this.#plot?.setScale('x', { min, max });
    const empty = this.#lines.every((line) => within(line, min, max).values.length === 0);
    this.#nothing.hidden = !empty;
    this.#stage.hidden = empty;
    this.#legend.element.hidden = empty;
    this.#asTable.hidden = empty;
    put(this.#words, summary(this.#lines, min, max));
    put(this.#short, inShort(this.#lines, min, max));
    this.#back.hidden = this.#zoom === null;
    if (!this.#table.hidden) put(this.#table, chartTable(this.#options.label, this.#lines, min, max));
    this.#read();
  }

  #zoomTo(window: Window | null): void {
    if (this.#zoom === null && window === null) return;
    this.#zoom = window;
    this.#apply();
    const [from, to] = this.#seen();
    this.#options.whisper(`${formatTime(from, 'date')} to ${formatTime(to, 'date')}`);
    this.#options.zoomed?.(window);
  }

  #selected(plot: UPlot): void {
    const { left, width } = plot.select;
    if (width < 8) return;
    const [from, to] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (to - from >= closestMs) this.#zoomTo([from, to]);
  }

  #toggle(): void {
    const open = this.#table.hidden;
    this.#table.hidden = !open;
    this.#asTable.setAttribute('aria-expanded', String(open));
    put(this.#asTable, open ? 'Hide the table' : 'Show as table');
    if (open) put(this.#table, chartTable(this.#options.label, this.#lines, ...this.#seen()));
    else put(this.#table);
  }

  /** The values at the cursor, else the last that are seen. */
  #read(): void {
    const [from, to] = this.#seen();
    const seen = this.#lines.map((line) => within(line, from, to));
    const colours = this.#palette?.lines ?? [];
    this.#legend.show(seen, colours, this.#cursorMs() ?? null, this.#options.gapMs);
  }

  /** Puts the cursor to a time, or away. */
  #point(timeMs: number | null): void {
    const plot = this.#plot;
    const line = this.#lines[0];
    if (plot === null || line === undefined) return;
    if (timeMs === null) {
      plot.setCursor({ left: -10, top: -10 });
      return;
    }
    const value = line.values[nearest(line.timesMs, timeMs)] ?? 0;
    plot.setCursor({
      left: plot.valToPos(timeMs, 'x'),
      top: plot.valToPos(value, line.measure.scale),
    });
    this.#options.whisper(this.#legend.words());
  }

  #touch(event: Event): void {
    if (!(event instanceof PointerEvent) || event.pointerType === 'mouse' || this.#plot === null) return;
    const { left, top } = this.#plot.over.getBoundingClientRect();
    this.#plot.setCursor({ left: event.clientX - left, top: event.clientY - top });
  }

  #key(event: Event): void {
    if (!(event instanceof KeyboardEvent) || event.ctrlKey || event.metaKey || event.altKey) return;
    const [from, to] = this.#seen();
    if (isMove(event.key)) {
      const [line] = this.#lines;
      const nextMs = line && movedTo(event.key, within(line, from, to).timesMs, this.#cursorMs());
      if (nextMs !== undefined) this.#point(nextMs);
    } else if (event.key === '0') {
      this.#zoomTo(null);
    } else if (event.key === '+' || event.key === '=' || event.key === '-') {
      this.#scale(event.key === '-' ? '-' : '+');
    } else {
      return;
    }
    event.preventDefault();
  }

  #scale(key: '+' | '-'): void {
    const seen = this.#seen();
    const { timesMs } = this.#aligned;
    const whole = this.#window ?? [timesMs[0] ?? seen[0], timesMs.at(-1) ?? seen[1]];
    const window = scaledTo(key, seen, whole, this.#cursorMs() ?? (seen[0] + seen[1]) / 2);
    if (window !== seen) this.#zoomTo(window);
  }

  /** The time that the cursor is at; undefined while it is nowhere. */
  #cursorMs(): number | undefined {
    const { left = -1, idx } = this.#plot?.cursor ?? {};
    return left >= 0 ? this.#aligned.timesMs[idx ?? -1] : undefined;
  }
}

/** Whether a plot can stay: what it was built for besides the values themselves. */
function shape(lines: readonly Line[]): string {
  return JSON.stringify(
    lines.map(({ label, look, dash, measure }) => [
      label,
      look,
      dash,
      measure.scale,
      measure.steps,
      measure.text(1),
    ]),
  );
}
