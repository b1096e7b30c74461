import type { Answers } from '../../views/shapes.js';
import { Chart } from '../chart/chart.js';
import type { Line } from '../chart/data.js';
import type { Window } from '../chart/keys.js';
import { h, put } from '../parts/dom.js';
import { agoElement } from '../parts/times.js';
import { formatValue } from '../words/units.js';
import { deviceText, vendorText } from '../words/words.js';
import { lineOf, type Series } from './body-lines.js';
import { dailyMeans } from './daily.js';

type Device = Answers['devices']['devices'][number];

/** What is told of the air, with its colour. */
const colours: ReadonlyMap<string, string> = new Map([
  ['co2', 'var(--series-3)'],
  ['room_temperature', 'var(--series-2)'],
  ['room_humidity', 'var(--series-1)'],
]);

export const roomKinds: readonly string[] = [...colours.keys()];

const tileKinds = new Set([...roomKinds, 'battery']);

/** Nothing is drawn over more than three days without a value. */
const gapMs = 3 * 86_400_000;

/** Whether there is something to tell of a device here. */
export function tellsOfRoom(device: Device): boolean {
  return device.newest.some(({ kind }) => tileKinds.has(kind));
}

/** A scale's room: what it said last of air and battery, and the air over time. */
export class RoomCard {
  readonly element: HTMLElement;
  readonly #name: string;
  readonly #whisper: (text: string) => void;
  readonly #tiles = h('dl', { class: 'tiles' });
  readonly #charts = new Map<string, Chart>();

  constructor(device: Device, whisper: (text: string) => void) {
    const vendor = vendorText(device.vendor);
    this.#name = deviceText(device.vendor, device.device);
    this.#whisper = whisper;
    const heading = h(
      'div',
      { class: 'row' },
      h('h3', {}, vendor),
      h('span', { class: 'muted mono' }, device.device),
    );
    this.element = h('section', { class: 'card stack' }, heading, this.#tiles);
  }

  show(device: Device, air: readonly Series[], window: Window | null, keepZoom: boolean): void {
    put(
      this.#tiles,
      ...device.newest
        .filter(({ kind }) => tileKinds.has(kind))
        .map(({ label, unit, value, timeMs }) =>
          h(
            'div',
            {},
            h('dt', {}, label),
            h('dd', {}, formatValue(value, unit, 'kg')),
            h('dd', { class: 'tile-ago' }, agoElement(timeMs)),
          ),
        ),
    );
    for (const kind of roomKinds) {
      const series = air.find((each) => each.kind === kind);
      // One value stands above already.
      const some = series !== undefined && series.values.length > 1;
      const chart = this.#charts.get(kind) ?? (some ? this.#chart(kind, series.label) : null);
      if (chart === null) continue;
      chart.element.hidden = !some;
      if (some) chart.show(airLines(series), window, keepZoom);
    }
  }

  #chart(kind: string, label: string): Chart {
    const chart = new Chart({
      label: `${label}, ${this.#name}`,
      gapMs,
      heightPx: 160,
      whisper: this.#whisper,
    });
    this.#charts.set(kind, chart);
    this.element.append(chart.element);
    return chart;
  }

  close(): void {
    for (const chart of this.#charts.values()) chart.close();
  }
}

/** The values, and where they are many, the mean of each day. */
function airLines(series: Series): Line[] {
  const line = {
    ...lineOf(series, colours.get(series.kind) ?? 'var(--series-6)', 'kg'),
    look: 'line' as const,
  };
  const means = dailyMeans(series);
  return means
    ? [
        { ...line, look: 'faint' },
        { ...line, ...means, label: 'Mean of the day' },
      ]
    : [line];
}
