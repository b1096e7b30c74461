import type { Answers } from '../../views/shapes.js';
import { Chart } from '../chart/chart.js';
import { answeredBadge } from '../live/exchange-row.js';
import { h, put } from '../parts/dom.js';
import { factList } from '../parts/facts.js';
import { agoElement } from '../parts/times.js';
import { routeTo } from '../router.js';
import { get } from '../server/api.js';
import { Loading } from '../server/loading.js';
import { formatNumber } from '../words/format.js';
import { massUnit } from '../words/mass-unit.js';
import { formatValue } from '../words/units.js';
import { vendorText } from '../words/words.js';

type Device = Answers['devices']['devices'][number];
type Value = Device['newest'][number];

/** Below it, a scale is soon of no use. */
const LOW_BATTERY = 15;
/** Devices tell of their battery every few days; more is a time in which nobody stood there. */
const BATTERY_GAP_MS = 60 * 86_400_000;

/** What is known of one device, and its battery over time. */
export class DeviceCard {
  readonly element: HTMLElement;
  readonly #key: string;
  readonly #whisper: (text: string) => void;
  readonly #heading = h('h2', { class: 'break' });
  readonly #facts = h('div');
  readonly #battery = h('div', { class: 'place' });
  readonly #loading = new Loading();
  #chart: Chart | null = null;
  #device: Device | null = null;
  /** When the newest value of the chart was. */
  #drawnMs = 0;

  constructor(key: string, whisper: (text: string) => void) {
    this.#key = key;
    this.#whisper = whisper;
    this.element = h(
      'section',
      { class: 'card stack' },
      this.#heading,
      this.#facts,
      h('p', {}, h('a', { href: routeTo('live', [], { device: key }) }, 'Its exchanges')),
      this.#loading.element,
      this.#battery,
    );
  }

  show(device: Device): void {
    this.#device = device;
    put(this.#heading, vendorText(device.vendor));
    put(
      this.#facts,
      factList([
        ['Address', device.device === '' ? null : mono(device.device)],
        ['Last seen', device.lastSeenMs === null ? 'not yet' : agoElement(device.lastSeenMs)],
        ['Answered', device.answered && answeredBadge(device.answered)],
        ['Called from', device.client && mono(device.client)],
        ...device.newest.map((value) => [value.label, valueElement(value)] as const),
        ['Known since', device.firstSeenMs === null ? null : agoElement(device.firstSeenMs)],
      ]),
    );
    const battery = device.newest.find(({ kind }) => kind === 'battery');
    if (battery !== undefined && battery.timeMs > this.#drawnMs) this.#draw(battery);
  }

  /** It has called just now. */
  seen(timeMs: number, answered: Device['answered']): void {
    if (this.#device !== null) this.show({ ...this.#device, lastSeenMs: timeMs, answered });
  }

  close(): void {
    this.#loading.close();
    this.#chart?.close();
  }

  #draw({ timeMs, label }: Value): void {
    this.#drawnMs = timeMs;
    this.#loading.run(
      (signal) => get('series', { device: this.#key, kinds: ['battery'] }, signal),
      ({ series: [series] }) => {
        // One point is no course.
        if (series === undefined || series.timesMs.length < 2) return;
        if (this.#chart === null) {
          this.#chart = new Chart({
            label: `${label} of ${this.#key}`,
            gapMs: BATTERY_GAP_MS,
            heightPx: 160,
            whisper: this.#whisper,
          });
          put(this.#battery, h('h3', {}, 'Battery over time'), this.#chart.element);
        }
        const text = (value: number) => `${formatNumber(value, 0)} %`;
        this.#chart.show(
          [
            {
              label,
              colour: 'var(--series-1)',
              look: 'line',
              measure: { scale: 'battery', tick: text, text, leastSpan: 100 },
              timesMs: series.timesMs,
              values: series.values,
            },
          ],
          null,
        );
      },
    );
  }
}

function mono(text: string): HTMLElement {
  return h('span', { class: 'mono' }, text);
}

function valueElement({ kind, value, unit, timeMs }: Value): HTMLElement {
  const text = kind === 'firmware' ? String(value) : formatValue(value, unit, massUnit());
  return h(
    'span',
    {},
    h('span', { class: 'num' }, text),
    ' ',
    kind === 'battery' && value < LOW_BATTERY ? h('span', { class: 'badge bad' }, 'low') : null,
    ' ',
    h('span', { class: 'muted small' }, agoElement(timeMs)),
  );
}
