import type { Answers } from '../../views/shapes.js';
import { h, put } from '../parts/dom.js';
import { agoElement } from '../parts/times.js';
import { formatTime } from '../words/format.js';
import { formatMass, formatMassChange, type MassUnit } from '../words/units.js';

type Person = Answers['person'];

/** How a person's trend has changed, in kilograms; null where nothing tells. */
export interface Changes {
  readonly week: number | null;
  readonly month: number | null;
}

/** In the place of a key: all people in one chart. No key of a person has it. */
export const everybody = '*';

interface Shown {
  readonly people: readonly Person[];
  readonly chosen: string;
  readonly changes: ReadonlyMap<string, Changes>;
  readonly unit: MassUnit;
}

/** The people who have been weighed with their last weights, one of whom is chosen. */
export class PeopleCards {
  readonly element = h('fieldset', {}, h('legend', { class: 'visually-hidden' }, 'Whose weights'));
  readonly #cards = h('div', { class: 'people' });
  readonly #choose: (key: string) => void;
  #shown = '';

  constructor(choose: (key: string) => void) {
    this.#choose = choose;
    this.element.append(this.#cards);
  }

  show(shown: Shown): void {
    const { people, chosen, unit } = shown;
    const now = JSON.stringify([people, chosen, unit, [...shown.changes]]);
    // What has not changed stays as it is, so that nothing flashes and nobody loses their place.
    if (now === this.#shown) return;
    this.#shown = now;
    const focused = this.#cards.contains(document.activeElement);
    const weighed = people.filter(({ last }) => last !== null);
    put(
      this.#cards,
      ...weighed.map((person) => this.#card(person, shown)),
      weighed.length > 1 && this.#everybody(chosen),
    );
    if (focused) this.#cards.querySelector<HTMLInputElement>('input:checked')?.focus();
  }

  #card(person: Person, { chosen, changes, unit }: Shown): HTMLElement {
    const weight = person.last?.values.find(({ kind }) => kind === 'weight')?.value;
    const of = changes.get(person.key);
    return h(
      'label',
      { class: 'card person' },
      this.#radio(person.key, chosen),
      h(
        'span',
        { class: 'person-name' },
        h('span', { class: 'dot', colour: person.colour }),
        h('span', {}, person.name),
      ),
      weight === undefined
        ? null
        : h('span', { class: 'person-weight num' }, ...large(formatMass(weight, unit))),
      person.last &&
        h(
          'span',
          { class: 'person-ago' },
          agoElement(person.last.timeMs),
          h('span', { class: 'person-date' }, formatTime(person.last.timeMs, 'date')),
        ),
      of &&
        h(
          'span',
          { class: 'person-more num' },
          change(of.week, '7 days', unit),
          change(of.month, '30 days', unit),
        ),
    );
  }

  #everybody(chosen: string): HTMLElement {
    return h(
      'label',
      { class: 'card person' },
      this.#radio(everybody, chosen),
      h('span', { class: 'person-name' }, h('span', {}, 'Everybody')),
      h('span', { class: 'person-more' }, 'The trends of all in one chart'),
    );
  }

  #radio(key: string, chosen: string): HTMLInputElement {
    return h('input', {
      type: 'radio',
      name: 'person',
      value: key,
      checked: key === chosen,
      onchange: () => this.#choose(key),
    });
  }
}

/** `10 st 7.4 lb` with its units smaller than its numbers. */
function large(text: string): (string | HTMLElement)[] {
  return text
    .split(/ (?=\p{L})|(?<=\p{L}) /u)
    .map((part) => (/^\p{L}+$/u.test(part) ? h('small', {}, ` ${part} `) : part));
}

function change(kg: number | null, time: string, unit: MassUnit): HTMLElement | null {
  return kg === null ? null : h('span', {}, `${formatMassChange(kg, unit)} in ${time}`);
}
