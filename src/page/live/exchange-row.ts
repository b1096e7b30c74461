import type { Answers } from '../../views/shapes.js';
import { h } from '../parts/dom.js';
import type { Column } from '../parts/table.js';
import { timeElement } from '../parts/times.js';
import { routeTo } from '../router.js';
import { formatBytes } from '../words/format.js';
import { answeredText, deviceText, lengthText, reasonText } from '../words/words.js';

type Exchange = Answers['exchange'];

/** What a row has beside each other. */
export const exchangeColumns: readonly Column[] = [
  { title: 'Time' },
  { title: 'What' },
  { title: 'Device' },
  { title: 'Answered' },
  { title: 'Status', right: true },
  { title: 'Bytes', right: true },
  { title: 'After', right: true },
];

/** Of today the time alone; of other days the day too. */
export function timeForm(timeMs: number): 'clock' | 'short' {
  return new Date(timeMs).toDateString() === new Date().toDateString() ? 'clock' : 'short';
}

/** The row of an exchange in the list, a card on phones. */
export function exchangeRow(exchange: Exchange): HTMLElement {
  const { id, timeMs, vendor, device, label, answered, reason, status, bytes, responseAfterMs, notes } =
    exchange;
  const time = timeElement(timeMs, timeForm(timeMs));
  return h(
    'tr',
    { role: 'row' },
    h(
      'th',
      { role: 'rowheader', scope: 'row', class: 'nowrap num' },
      h(
        'a',
        { href: routeTo('live', [String(id)]), 'aria-label': `Exchange ${id}, ${time.textContent}` },
        time,
      ),
    ),
    h(
      'td',
      { role: 'cell', class: 'cell-label' },
      label,
      notes.length === 0 ? null : h('p', { class: 'small muted' }, notes.join(' · ')),
    ),
    h(
      'td',
      { role: 'cell', class: 'wide small muted' },
      vendor === null ? 'unknown' : deviceText(vendor, device ?? ''),
    ),
    h(
      'td',
      { role: 'cell', class: 'wide' },
      answeredBadge(answered),
      reason === null ? null : h('p', { class: 'small muted' }, reasonText(reason)),
    ),
    h('td', { role: 'cell', class: 'right', 'data-label': 'Status' }, status ?? 'none'),
    h('td', { role: 'cell', class: 'right nowrap', 'data-label': 'Bytes' }, formatBytes(bytes)),
    h(
      'td',
      { role: 'cell', class: 'right nowrap', 'data-label': 'After' },
      responseAfterMs === null ? '–' : lengthText(responseAfterMs),
    ),
  );
}

const badges = { upstream: 'badge', replayed: 'badge info', refused: 'badge bad' } as const;

/** Who answered, as a badge. */
export function answeredBadge(answered: Exchange['answered']): HTMLElement {
  return h('span', { class: badges[answered] }, answeredText(answered));
}
