import { h } from '../parts/dom.js';
import { timeElement } from '../parts/times.js';
import { align, type Line, within } from './data.js';

/** A table for reading, not for keeping: more rows than this make a phone slow. */
const mostRows = 500;

/** What a chart shows in a window as a table, newest first. */
export function chartTable(label: string, lines: readonly Line[], fromMs: number, toMs: number): HTMLElement {
  const seen = lines.map((line) => within(line, fromMs, toMs));
  const { timesMs, columns } = align(seen, Number.POSITIVE_INFINITY);
  const newest = [...timesMs.entries()].reverse().slice(0, mostRows);
  const cut = timesMs.length > mostRows ? `; the newest ${mostRows} of ${timesMs.length}` : '';
  return h(
    'table',
    { class: 'table' },
    h('caption', {}, `${label}, newest first${cut}`),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, 'Time'),
        ...seen.map((line) => h('th', { scope: 'col', class: 'right' }, line.label)),
      ),
    ),
    h(
      'tbody',
      {},
      ...newest.map(([index, timeMs]) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, timeElement(timeMs)),
          ...seen.map((line, column) => {
            const value = columns[column]?.[index];
            return h('td', { class: 'right' }, typeof value === 'number' ? line.measure.text(value) : '');
          }),
        ),
      ),
    ),
  );
}
