import type { Answers } from '../../views/shapes.js';
import { h } from '../parts/dom.js';
import { timeElement } from '../parts/times.js';
import { routeTo } from '../router.js';
import { formatNumber } from '../words/format.js';
import { formatValue, type MassUnit } from '../words/units.js';
import { qualityWords } from '../words/words.js';

/** All that the last weigh-in of a person has told. */
export function lastWeighIn(person: Answers['person'], unit: MassUnit): HTMLElement | null {
  const { last } = person;
  if (last === null) return null;
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'last-weigh-in' },
    h(
      'div',
      { class: 'card-head' },
      h('h2', { id: 'last-weigh-in' }, 'Last weigh-in'),
      h('span', { class: 'muted small' }, timeElement(last.timeMs, 'full')),
    ),
    last.quality.length > 0 &&
      h(
        'p',
        { class: 'row qualities' },
        ...last.quality
          .map(qualityWords)
          .map(({ short, long }) => h('span', { class: 'badge warn', title: long }, short)),
      ),
    h(
      'dl',
      { class: 'tiles' },
      ...last.values.map(({ label, value, unit: of }) =>
        h('div', {}, h('dt', {}, label), h('dd', {}, formatValue(value, of, unit))),
      ),
    ),
    h(
      'p',
      { class: 'small more' },
      h(
        'a',
        { href: routeTo('weigh-ins', [], { person: person.key }) },
        `All weigh-ins (${formatNumber(person.weighIns)})`,
      ),
    ),
  );
}
