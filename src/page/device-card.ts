import type { Answers } from '../views/shapes.js';
import { get } from './api.js';
import { Chart } from './chart.js';
import { add, h, put } from './dom.js';
import { answeredBadge } from './exchange-row.js';
import { formatNumber } from './format.js';
import { Loading } from './loading.js';
import { massUnit } from './mass-unit.js';
import { routeTo } from './router.js';
import { agoElement } from './times.js';
import { formatValue } from './units.js';
import { vendorText } from './words.js';

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
  readonly #facts = h('dl', { class: 'facts pairs' });
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
    put(this.#facts);
    this.#fact('Address', device.device === '' ? null : h('span', { class: 'mono' }, device.device));
    this.#fact('Last seen', device.lastSeenMs === null ? 'not yet' : agoElement(device.lastSeenMs));
    this.#fact('Answered', device.answered === null ? null : answeredBadge(device.answered));
    this.#fact('Called from', device.client === null ? null : h('span', { class: 'mono' }, device.client));
    for (const value of device.newest) this.#fact(value.label, valueElement(value));
    this.#fact('Known since', device.firstSeenMs === null ? null : agoElement(device.firstSeenMs));
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

  #fact(name: string, value: HTMLElement | string | null): void {
    if (value !== null) add(this.#facts, h('dt', {}, name), h('dd', {}, value));
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
