import type { Answers } from '../../views/shapes.js';
import { openDialog } from '../parts/dialog.js';
import { h } from '../parts/dom.js';
import { field, form } from '../parts/form.js';
import { change } from '../server/api.js';
import { counted } from '../words/words.js';

type Person = Answers['person'];

/** Asks into whom somebody is to be merged. `done` gets what to say. */
export function mergeDialog(
  person: Person,
  people: readonly Person[],
  done: (text: string) => void,
  back: () => HTMLElement | null,
): void {
  const others = people.filter(({ key }) => key !== person.key);
  const select = h(
    'select',
    { required: true },
    h('option', { value: '' }, 'Choose somebody'),
    ...others.map(({ key, name }) => h('option', { value: key }, name)),
  );
  const into = field('Into', select);
  openDialog(
    `Merge ${person.name}`,
    (close) => [
      form({
        fields: { into },
        content: [
          h(
            'p',
            {},
            `All weigh-ins and user ids of ${person.name} (${counted(person.weighIns, 'weigh-in')}) go to the other person, and ${person.name} is gone. This cannot be undone.`,
          ),
          into.element,
        ],
        submit: 'Merge',
        danger: true,
        cancel: close,
        check: () => (select.value === '' ? { into: 'Choose somebody.' } : {}),
        async send() {
          await change.mergePerson(person.key, { into: select.value });
          const name = others.find(({ key }) => key === select.value)?.name ?? select.value;
          close();
          done(`${person.name} was merged into ${name}`);
        },
      }),
    ],
    back,
  );
}

/** Asks whether somebody is to go. */
export function removeDialog(
  person: Person,
  done: (text: string) => void,
  back: () => HTMLElement | null,
): void {
  openDialog(
    `Remove ${person.name}`,
    (close) => [
      form({
        fields: {},
        content: [
          h(
            'p',
            {},
            'Only somebody without weigh-ins and user ids can be removed. Whoever has some can be merged into somebody else.',
          ),
        ],
        submit: 'Remove',
        danger: true,
        cancel: close,
        async send() {
          await change.removePerson(person.key);
          close();
          done(`${person.name} was removed`);
        },
      }),
    ],
    back,
  );
}
