import type { Answers, Bodies } from '../../views/shapes.js';
import { openDialog } from '../parts/dialog.js';
import { h } from '../parts/dom.js';
import { factList } from '../parts/facts.js';
import { field, form, group } from '../parts/form.js';
import { timeElement } from '../parts/times.js';
import { routeTo } from '../router.js';
import { change } from '../server/api.js';
import { massUnit } from '../words/mass-unit.js';
import { formatValue } from '../words/units.js';
import { deviceText, ownerWords, qualityWords, vendorText } from '../words/words.js';
import { nameElement, type Who } from './who.js';

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
  const link = exchange && h('a', { href: routeTo('live', [String(exchange)]) }, `exchange ${exchange}`);
  return factList([
    ['Time', timeElement(timeMs, 'full')],
    ...values.map(({ label, value, unit }) => [label, formatValue(value, unit, massUnit())] as const),
    ['Device', deviceText(vendor, device)],
    [`User id at ${vendorText(vendor)}`, vendorPerson],
    ...quality.map((each) => ['Note', qualityWords(each).long] as const),
    ['Came in', link || null],
  ]);
}

const NOBODY = '';
/** No key has such a character. */
const AS_FOUND = '*';

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
  if (isByHand(weighIn)) {
    const input = h('input', { type: 'radio', name: 'owner', value: AS_FOUND, checked: false });
    const hint = h('span', { class: 'muted small' }, 'takes back what was said by hand');
    radios.push({ input, element: h('label', { class: 'check' }, input, 'As it was found', hint) });
  }
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
      if (key === AS_FOUND) body.reset = true;
      else if (key !== undefined && (undecided || key !== weighIn.person)) body.person = key;
      if (counts.checked !== weighIn.counts) body.counts = counts.checked;
      if (Object.keys(body).length === 0) return close();
      const after = await change.editWeighIn(weighIn.id, body);
      close();
      changed(after);
    },
  });
  return [element];
}

/** Whether somebody has said whose it is, or that it counts or does not. */
function isByHand({ ownedBy, counts, quality }: WeighIn): boolean {
  return ownedBy === 'hand' || counts === quality.includes('deleted');
}
