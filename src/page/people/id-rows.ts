import { vendorNames } from '../../model/vendor.js';
import { h } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { vendorText } from '../words/words.js';

interface Row {
  readonly vendor: string;
  readonly id: string;
}

/** Rows of a vendor and a user id, that can be added and taken out. */
export function idRows(given: readonly Row[]): { readonly element: HTMLElement; read(): Row[] } {
  const rows: { element: HTMLElement; read: () => Row }[] = [];
  const list = h('div', { class: 'stack tight' });
  const more = h(
    'button',
    {
      type: 'button',
      class: 'button',
      onclick: () => append({ vendor: vendorNames[0], id: '' }).focus(),
    },
    'Add an id',
  );

  function append({ vendor, id }: Row): HTMLElement {
    const number = `${rows.length + 1}`;
    const select = h(
      'select',
      { 'aria-label': `Vendor ${number}`, value: vendor },
      ...vendorNames.map((each) => h('option', { value: each }, vendorText(each))),
    );
    const input = h('input', {
      type: 'text',
      inputmode: 'numeric',
      autocomplete: 'off',
      maxlength: 20,
      'aria-label': `User id ${number}`,
      value: id,
    });
    const remove = () => {
      const at = rows.indexOf(row);
      rows.splice(at, 1);
      row.element.remove();
      (rows[Math.min(at, rows.length - 1)]?.element.querySelector('input') ?? more).focus();
    };
    const row = {
      element: h(
        'div',
        { class: 'id-row' },
        select,
        input,
        h(
          'button',
          {
            type: 'button',
            class: 'button icon-only',
            'aria-label': `Take out user id ${number}`,
            onclick: remove,
          },
          icon('close'),
        ),
      ),
      read: () => ({ vendor: select.value, id: input.value }),
    };
    rows.push(row);
    list.append(row.element);
    return input;
  }

  for (const row of given) append(row);
  return {
    element: h('div', { class: 'stack tight' }, list, h('div', {}, more)),
    read: () => rows.map((row) => row.read()),
  };
}
