import { Chart } from '../chart/chart.js';
import type { Line } from '../chart/data.js';
import type { Window } from '../chart/keys.js';
import { h, put } from '../parts/dom.js';
import type { MassUnit } from '../words/units.js';
import { compositionLines, lineOf, type Series, trendLine, weightLines } from './body-lines.js';
import type { Overview } from './data.js';
import { everybody } from './people.js';

/** Weigh-ins may be rare: a line goes on over six weeks without one. */
const gapMs = 42 * 86_400_000;

/** Lines of several people differ by more than their colours. */
const dashes: readonly (readonly number[] | undefined)[] = [undefined, [9, 4], [3, 3], [10, 4, 2, 4]];

interface BodyOptions {
  readonly ranges: HTMLElement;
  whisper(text: string): void;
  pickKind(kind: string): void;
  /** Somebody has zoomed into the weights, or, with null, back out. */
  zoomed(window: Window | null): void;
}

/** The charts of a person, or of all: weight, composition, heart rate, and a kind of one's choice. */
export class BodyCharts {
  readonly weight: HTMLElement;
  readonly others = h('div', { class: 'grid halves' });
  readonly #options: BodyOptions;
  readonly #weight: Chart;
  readonly #cards = new Map<string, { readonly element: HTMLElement; readonly chart: Chart }>();
  readonly #picker = h('select', { id: 'kind', onchange: () => this.#pick() });
  readonly #pickerCard: HTMLElement;
  readonly #picked: Chart;
  #zoomedIn: Series | null = null;
  #names = '';

  constructor(options: BodyOptions) {
    const { whisper, zoomed } = options;
    this.#options = options;
    this.#weight = new Chart({ label: 'Weight', gapMs, heightPx: 320, whisper, zoomed });
    this.weight = card('Weight', 'weight-title', this.#weight.element, options.ranges);
    this.#picked = new Chart({ label: 'Another value', gapMs, heightPx: 220, whisper });
    this.#pickerCard = h(
      'section',
      { class: 'card', 'aria-label': 'Another value' },
      h(
        'div',
        { class: 'card-head' },
        h('h2', {}, h('label', { for: 'kind' }, 'Another value')),
        this.#picker,
      ),
      this.#picked.element,
    );
  }

  /** Zooms stay where `keepZoom` is true. */
  show(overview: Overview, unit: MassUnit, keepZoom: boolean): void {
    if (!keepZoom) this.#zoomedIn = null;
    const { window } = overview;
    this.#weight.show(this.#weightOf(overview, unit), window, keepZoom);
    this.#card('composition', 'Composition', compositionLines(overview.series, unit), window, keepZoom);
    const heart = overview.series.find((each) => each.kind === 'heart_rate');
    const beats = heart ? [lineOf(heart, 'var(--series-5)', unit)] : [];
    this.#card('heart', 'Heart rate', beats, window, keepZoom);
    this.#showPicked(overview, unit, keepZoom);
  }

  /** Weights of a part of the time, closer together than those of all of it. */
  showCloser(overview: Overview, weight: Series | null, unit: MassUnit): void {
    this.#zoomedIn = weight;
    this.#weight.show(this.#weightOf(overview, unit), overview.window);
  }

  close(): void {
    for (const { chart } of this.#cards.values()) chart.close();
    this.#weight.close();
    this.#picked.close();
  }

  #weightOf(overview: Overview, unit: MassUnit): Line[] {
    const { people, chosen, series, weights } = overview;
    if (chosen === everybody) {
      const known = people.filter(({ key }) => weights.has(key));
      return known.flatMap(({ key, name, colour }, index) => {
        const weight = weights.get(key);
        return weight ? [trendLine(name, weight, colour, unit, dashes[index % dashes.length])] : [];
      });
    }
    const weight = this.#zoomedIn ?? series.find(({ kind }) => kind === 'weight');
    const colour = people.find(({ key }) => key === chosen)?.colour ?? 'var(--accent)';
    return weight ? weightLines(weight, colour, unit) : [];
  }

  #card(name: string, title: string, lines: readonly Line[], window: Window | null, keepZoom: boolean): void {
    // One value stands among those of the last weigh-in.
    const some = lines.some(({ values }) => values.length > 1);
    let made = this.#cards.get(name);
    if (made === undefined) {
      if (!some) return;
      const chart = new Chart({ label: title, gapMs, heightPx: 220, whisper: this.#options.whisper });
      made = { chart, element: card(title, `${name}-title`, chart.element) };
      this.#cards.set(name, made);
      this.others.append(made.element);
    }
    made.element.hidden = !some;
    if (some) made.chart.show(lines, window, keepZoom);
  }

  #showPicked({ others, kind, series, window }: Overview, unit: MassUnit, keepZoom: boolean): void {
    const found = series.find((each) => each.kind === kind);
    if (found === undefined) {
      this.#pickerCard.remove();
      return;
    }
    // Put there once: a card that moves loses the focus within.
    if (!this.#pickerCard.isConnected) this.others.append(this.#pickerCard);
    const names = JSON.stringify(others);
    // A list that somebody has just opened stays as it is.
    if (names !== this.#names) {
      put(this.#picker, ...others.map((each) => h('option', { value: each.kind }, each.label)));
      this.#names = names;
    }
    this.#picker.value = found.kind;
    this.#picked.show([lineOf(found, 'var(--series-4)', unit)], window, keepZoom);
  }

  #pick(): void {
    this.#options.pickKind(this.#picker.value);
  }
}

function card(title: string, id: string, content: HTMLElement, tools?: HTMLElement): HTMLElement {
  return h(
    'section',
    { class: 'card', 'aria-labelledby': id },
    h('div', { class: 'card-head' }, h('h2', { id }, title), tools),
    content,
  );
}
