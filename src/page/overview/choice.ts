import { h } from '../parts/dom.js';

/** A few choices side by side, one of them taken. */
interface Choice<Value extends string> {
  /** What is chosen: for those who hear the page. */
  readonly legend: string;
  /** Unlike that of any other choice on the page. */
  readonly name: string;
  readonly options: readonly { readonly value: Value; readonly short: string; readonly long?: string }[];
  readonly value: Value;
  chosen(value: Value): void;
}

export function choice<Value extends string>(of: Choice<Value>): HTMLFieldSetElement {
  return h(
    'fieldset',
    { class: 'segments' },
    h('legend', { class: 'visually-hidden' }, of.legend),
    ...of.options.map(({ value, short, long }) =>
      h(
        'label',
        { title: long },
        h('input', {
          type: 'radio',
          name: of.name,
          value,
          checked: value === of.value,
          'aria-label': long,
          onchange: () => of.chosen(value),
        }),
        short,
      ),
    ),
  );
}
