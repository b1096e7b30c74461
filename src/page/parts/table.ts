import { h } from './dom.js';

/** What stands over a column of a table. */
export interface Column {
  readonly title: string;
  /** For numbers. */
  readonly right?: boolean;
}

/** A table whose rows are cards on phones, without its rows. The roles are lost otherwise when rows are shown as cards. */
export function cardTable(
  kind: string,
  columns: readonly Column[],
): { readonly element: HTMLElement; readonly caption: HTMLElement; readonly body: HTMLElement } {
  const caption = h('caption');
  const body = h('tbody', { role: 'rowgroup' });
  const heads = columns.map(({ title, right }) =>
    h('th', { role: 'columnheader', scope: 'col', class: right && 'right' }, title),
  );
  const head = h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...heads));
  const table = h('table', { class: `table stacks ${kind}`, role: 'table' }, caption, head, body);
  return { element: h('div', { class: 'card flush', hidden: true }, table), caption, body };
}
