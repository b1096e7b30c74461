import type { Answers } from '../../views/shapes.js';
import { h } from '../parts/dom.js';
import type { Column } from '../parts/table.js';
import { timeElement } from '../parts/times.js';
import { routeTo } from '../router.js';
import { massUnit } from '../words/mass-unit.js';
import { formatValue } from '../words/units.js';
import { deviceText, isOpen, ownerWords, qualityWords } from '../words/words.js';
import { nameElement, type Who } from './who.js';

type WeighIn = Answers['weighIn'];

/** What a row has beside each other. */
export const weighInColumns: readonly Column[] = [
  { title: 'Time' },
  { title: 'Whose' },
  { title: 'Weight', right: true },
  { title: 'Other values and notes' },
  { title: 'Device' },
  { title: 'Change' },
];

/** So many of the other values are in the row; its dialog has all. */
const FEW = 3;

/** The row of a weigh-in in the table, a card on phones. */
export function weighInRow(weighIn: WeighIn, who: Who, change: () => void): HTMLElement {
  const { timeMs, vendor, device, person, counts, exchange } = weighIn;
  const weight = weighIn.values.find(({ kind }) => kind === 'weight');
  const words = ownerWords(weighIn);
  const time = timeElement(timeMs);
  const label = isOpen(weighIn) ? 'Whose is it?' : 'Change';
  return h(
    'tr',
    { role: 'row', class: counts ? null : 'not-counted' },
    h(
      'th',
      { role: 'rowheader', scope: 'row', class: 'nowrap num' },
      exchange === null
        ? time
        : h('a', { href: routeTo('live', [String(exchange)]), title: 'The exchange that it came in' }, time),
    ),
    h(
      'td',
      { role: 'cell', class: 'cell-who' },
      h(
        'span',
        { class: 'row tight' },
        nameElement(who, person),
        // The vendor's word is how it mostly is.
        weighIn.ownedBy !== 'vendor' &&
          h('span', { class: isOpen(weighIn) ? 'badge warn' : 'badge', title: words.long }, words.short),
      ),
    ),
    h(
      'td',
      { role: 'cell', class: 'right nowrap cell-weight' },
      weight === undefined ? '–' : h('strong', {}, formatValue(weight.value, weight.unit, massUnit())),
    ),
    h('td', { role: 'cell', class: 'wide small cell-notes' }, othersText(weighIn), ...noteBadges(weighIn)),
    h('td', { role: 'cell', class: 'wide small muted' }, deviceText(vendor, device)),
    h(
      'td',
      { role: 'cell', class: 'cell-change' },
      h(
        'button',
        {
          type: 'button',
          class: isOpen(weighIn) ? 'button nowrap' : 'button quiet',
          'aria-label': `${label}, weigh-in of ${time.textContent}`,
          onclick: change,
        },
        label,
      ),
    ),
  );
}

function othersText({ values }: WeighIn): string {
  const others = values.filter(({ kind }) => kind !== 'weight');
  const texts = others
    .slice(0, FEW)
    // A number stays on the line of its unit.
    .map(
      ({ label, value, unit }) =>
        `${label} ${formatValue(value, unit, massUnit()).replaceAll(' ', '\u00a0')}`,
    );
  if (others.length > FEW) texts.push(`${others.length - FEW} more`);
  return texts.join(' · ');
}

function noteBadges({ quality, counts }: WeighIn): HTMLElement[] {
  const notes = quality.map((each) => {
    const { short, long } = qualityWords(each);
    return h('span', { class: 'badge', title: long }, short);
  });
  // Where the cloud says deleted, that says it.
  if (!counts && !quality.includes('deleted')) {
    notes.unshift(h('span', { class: 'badge', title: 'Somebody has said so.' }, 'does not count'));
  }
  return notes;
}
