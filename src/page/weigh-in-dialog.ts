import type { Answers, Bodies } from '../views/shapes.js';
import { change } from './api.js';
import { openDialog } from './dialog.js';
import { add, h } from './dom.js';
import { field, form, group } from './form.js';
import { massUnit } from './mass-unit.js';
import { routeTo } from './router.js';
import { timeElement } from './times.js';
import { formatValue } from './units.js';
import { nameElement, type Who } from './who.js';
import { deviceText, ownerWords, qualityWords, vendorText } from './words.js';

type WeighIn = Answers['weighIn'];

interface Opening {
  readonly weighIn: WeighIn;
  readonly who: Who;
  /** It has been changed, to this. */
  changed(after: WeighIn): void;
  /** Where the focus goes when the button that opened it is gone. */
  back(): HTMLElement | null;
}

/** All of a weigh-in, and the form by which it is given to somebody else, or made not to count. */
export function openWeighIn({ weighIn, who, changed, back }: Opening): void {
  openDialog('Weigh-in', (close) => [facts(weighIn), ...changeForm(weighIn, who, close, changed)], back);
}

function facts(weighIn: WeighIn): HTMLElement {
  const { timeMs, vendor, device, vendorPerson, quality, exchange, values } = weighIn;
  const list = h('dl', { class: 'facts pairs' });
  const fact = (name: string, value: HTMLElement | string) =>
    add(list, h('dt', {}, name), h('dd', {}, value));
  fact('Time', timeElement(timeMs, 'full'));
  for (const { label, value, unit } of values) fact(label, formatValue(value, unit, massUnit()));
  fact('Device', deviceText(vendor, device));
  if (vendorPerson !== null) fact(`User id at ${vendorText(vendor)}`, vendorPerson);
  for (const each of quality) fact('Note', qualityWords(each).long);
  if (exchange !== null) {
    const link = h('a', { href: routeTo('live', [String(exchange)]) }, `exchange ${exchange}`);
    fact('Came in', link);
  }
  return list;
}

const NOBODY = '';

function changeForm(
  weighIn: WeighIn,
  who: Who,
  close: () => void,
  changed: (after: WeighIn) => void,
): readonly HTMLElement[] {
  const undecided = weighIn.person === null && weighIn.ownedBy === null;
  // Whom the scale thought of comes first.
  const keys = [...new Set([...weighIn.candidates.filter((key) => who.has(key)), ...who.keys()])];
  const choices = [...keys.map((key) => ({ key, value: key })), { key: null, value: NOBODY }];
  const radios = choices.map(({ key, value }) => {
    const input = h('input', {
      type: 'radio',
      name: 'owner',
      value,
      checked: !undecided && key === weighIn.person,
    });
    const thoughtOf = key !== null && weighIn.candidates.includes(key);
    return {
      input,
      element: h(
        'label',
        { class: 'check' },
        input,
        nameElement(who, key),
        thoughtOf && h('span', { class: 'muted small' }, 'the scale thought of'),
      ),
    };
  });
  const counts = h('input', { type: 'checkbox', checked: weighIn.counts });
  const owner = group(
    'Whose is it?',
    h('div', { class: 'choices' }, ...radios.map(({ element }) => element)),
    ownerWords(weighIn).long,
  );
  const counting = field(
    'It counts',
    counts,
    'One that does not count is in no chart, and is taken back from everywhere that readings are delivered to.',
  );
  counting.element.classList.add('field-check');
  const element = form({
    fields: { person: owner, counts: counting },
    content: [owner.element, counting.element],
    submit: 'Save',
    cancel: close,
    async send() {
      const body: { -readonly [Name in keyof Bodies['weighIn']]: Bodies['weighIn'][Name] } = {};
      const chosen = radios.find(({ input }) => input.checked)?.input.value;
      const key = chosen === NOBODY ? null : chosen;
      if (key !== undefined && (undecided || key !== weighIn.person)) body.person = key;
      if (counts.checked !== weighIn.counts) body.counts = counts.checked;
      if (Object.keys(body).length === 0) return close();
      const after = await change.editWeighIn(weighIn.id, body);
      close();
      changed(after);
    },
  });
  return [element];
}
