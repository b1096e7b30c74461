/** How uPlot is told to draw the lines of a chart: scales, axes and series, with the colours of the page. */

import type uPlot from 'uplot';
import { parseColour, type Rgb, visible } from './contrast.js';
import { type Aligned, type Line, lone, type Measure } from './data.js';
import { timeTicks } from './words.js';

/** What the page's colours are just now: a canvas knows no custom properties. */
export interface Palette {
  readonly text: string;
  readonly grid: string;
  readonly surface: string;
  readonly font: string;
  /** One a line. */
  readonly lines: readonly string[];
}

/** Asks the browser what colours are computed to, in the place of the chart. */
export function paletteOf(place: HTMLElement, lines: readonly Line[]): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  place.append(probe);
  const computed = (colour: string) => {
    probe.style.color = colour;
    return getComputedStyle(probe).color;
  };
  const surface = computed('var(--surface)');
  const text = computed('var(--text)');
  const palette = {
    text: computed('var(--muted)'),
    grid: computed('var(--grid)'),
    surface,
    font: `12px ${getComputedStyle(place).fontFamily}`,
    lines: lines.map((line) => seen(computed(line.colour), surface, text)),
  };
  probe.remove();
  return palette;
}

function seen(colour: string, surface: string, text: string): string {
  const [own, behind, ink] = [colour, surface, text].map(parseColour);
  return own && behind && ink ? css(visible(own, behind, ink)) : colour;
}

function css([red, green, blue]: Rgb): string {
  return `rgb(${red}, ${green}, ${blue})`;
}

/** `rgb(1, 2, 3)` at a share of its strength. */
function faint(colour: string, share: number): string {
  const parts = parseColour(colour);
  return parts === null ? colour : `rgba(${parts.join(', ')}, ${share})`;
}

/** The scales of the lines, in the order of their axes. */
function measuresOf(lines: readonly Line[]): Measure[] {
  return [...new Map(lines.map(({ measure }) => [measure.scale, measure])).values()];
}

/** Room above and below the values, and never so little that the noise of a scale fills the chart. */
function spanned(measure: Measure): uPlot.Range.Function {
  return (_plot, low, high) => {
    // Without values uPlot has nothing to give, whatever its types say.
    if (low === null || high === null) return [0, 1];
    const middle = (low + high) / 2;
    const least = measure.leastSpan ?? (Math.abs(middle) * 0.05 || 1);
    const span = Math.max((high - low) * 1.16, least);
    return [middle - span / 2, middle + span / 2];
  };
}

const monthMs = 31 * 86_400_000;

/** A point is smaller where there are many. */
function pointSize(plot: uPlot): number {
  const [first, last] = plot.series[0]?.idxs ?? [0, 0];
  const room = plot.width / Math.max(1, last - first);
  return Math.max(3, Math.min(7, room * 1.2));
}

function series(line: Line, index: number, palette: () => Palette): uPlot.Series {
  const stroke = () => palette().lines[index] ?? palette().text;
  const dots = line.look === 'dots' || line.look === 'line-dots';
  const quiet = line.look === 'dots';
  const faded = line.look === 'faint';
  return {
    label: line.label,
    scale: line.measure.scale,
    stroke: () => (faded ? faint(stroke(), 0.3) : stroke()),
    width: faded ? 1 : line.look === 'line-dots' ? 1.5 : 2.25,
    ...(line.dash && { dash: [...line.dash] }),
    ...(quiet && { paths: () => null }),
    points: {
      show: dots,
      size: 5,
      width: 0,
      stroke,
      fill: () => (quiet ? faint(stroke(), 0.75) : stroke()),
      filter: (plot, at, show) => (show ? null : lone(plot.data[at] ?? [])),
    },
  };
}

/** Everything that uPlot needs for these lines. `palette` is asked at every drawing, so that a theme can change. */
export function plotOptions(
  lines: readonly Line[],
  size: { readonly width: number; readonly height: number },
  palette: () => Palette,
): uPlot.Options {
  const measures = measuresOf(lines);
  const stroke = () => palette().text;
  const grid = { stroke: () => palette().grid, width: 1 };
  const { font } = palette();
  return {
    ...size,
    ms: 1,
    padding: [12, measures.length > 1 ? 4 : 24, 0, 4],
    legend: { show: false },
    scales: {
      x: { time: true },
      ...Object.fromEntries(measures.map((measure) => [measure.scale, { range: spanned(measure) }])),
    },
    axes: [
      {
        stroke,
        grid,
        font,
        ticks: { show: false },
        size: 40,
        gap: 6,
        space: 72,
        values: (_plot, splits, _axis, _space, step) => timeTicks(splits, step),
      },
      ...measures.map(
        (measure, index): uPlot.Axis => ({
          scale: measure.scale,
          side: index === 0 ? 3 : 1,
          stroke,
          font,
          grid: index === 0 ? grid : { show: false },
          ticks: { show: false },
          gap: 8,
          space: 30,
          size: (plot, values) => labelWidth(plot, values, font),
          values: (_plot, splits) => splits.map((value) => measure.tick(value)),
          ...(measure.steps && { incrs: [...measure.steps] }),
        }),
      ),
    ],
    series: [{}, ...lines.map((line, index) => series(line, index, palette))],
    cursor: {
      y: false,
      drag: { x: true, y: false, dist: 8, setScale: false },
      hover: { skip: [undefined, null] },
      points: {
        size: 9,
        width: 2,
        stroke: (_plot: uPlot, index: number) => palette().lines[index - 1] ?? palette().text,
        fill: () => palette().surface,
      },
      // A second click is for the chart itself, which goes back to where it was before.
      bind: { dblclick: () => null },
    },
    hooks: {
      // Before a drawing, whose points then have that size.
      setScale: [
        (plot, key) => {
          if (key !== 'x') return;
          for (const each of plot.series.slice(1)) if (each.points) each.points.size = pointSize(plot);
        },
      ],
    },
  };
}

function labelWidth(plot: uPlot, values: readonly string[] | null, font: string): number {
  plot.ctx.save();
  plot.ctx.font = font;
  const widest = Math.max(20, ...(values ?? []).map((value) => plot.ctx.measureText(value).width));
  plot.ctx.restore();
  return Math.ceil(widest) + 14;
}

/** A lone value, or one day, is not stretched over the whole width. */
export function widened(fromMs: number, toMs: number): [number, number] {
  if (toMs > fromMs) return [fromMs, toMs];
  return [fromMs - monthMs / 2, fromMs + monthMs / 2];
}

/** uPlot's own form. */
export function plotData({ timesMs, columns }: Aligned): uPlot.AlignedData {
  return [timesMs, ...columns];
}
