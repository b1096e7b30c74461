import type { Answers } from '../../views/shapes.js';
import { openDialog } from '../parts/dialog.js';
import { h } from '../parts/dom.js';
import { factList } from '../parts/facts.js';
import { field, form, group } from '../parts/form.js';
import { change } from '../server/api.js';
import { vendorText } from '../words/words.js';
import { idRows } from './id-rows.js';
import { changedFacts, type PersonFacts, readPerson } from './person-fields.js';

type Person = Answers['person'];

/** Of scaletap.yaml, all but the colour is changed there. */
const ELSEWHERE =
  'This person is of scaletap.yaml. Only the colour can be changed here; change the rest there, and start scaletap again.';

/** The form of a person, or of a new one. `done` gets what to say. */
export function personDialog(
  person: Person | null,
  done: (text: string) => void,
  back: () => HTMLElement | null,
): void {
  openDialog(
    person === null ? 'Add somebody' : `Edit ${person.name}`,
    (close) =>
      person?.origin === 'settings'
        ? [fixedFacts(person), colourForm(person, close, done)]
        : [personForm(person, close, done)],
    back,
  );
}

function fixedFacts({ name, shortName, ids, heightM, birthDate, sex }: Person): HTMLElement {
  const list = factList([
    ['Name', name],
    ['Short name', shortName],
    ...ids.map(({ vendor, id }) => [`Id at ${vendorText(vendor)}`, id] as const),
    ['Height', heightM === null ? null : `${heightCm(heightM)} cm`],
    ['Birth date', birthDate],
    ['Sex', sex],
  ]);
  return h('div', { class: 'stack' }, h('p', { class: 'notice' }, ELSEWHERE), list);
}

function colourForm(person: Person, close: () => void, done: (text: string) => void): HTMLElement {
  const colour = h('input', { type: 'color', value: person.colour });
  const fields = { colour: field('Colour', colour) } as const;
  return form({
    fields,
    content: [fields.colour.element],
    submit: 'Save',
    cancel: close,
    async send() {
      if (colour.value !== person.colour) await change.editPerson(person.key, { colour: colour.value });
      close();
      done(`${person.name} was changed`);
    },
  });
}

function personForm(person: Person | null, close: () => void, done: (text: string) => void): HTMLElement {
  const text = (value: string, more: object = {}) =>
    h('input', { type: 'text', value, autocomplete: 'off', ...more });
  const name = text(person?.name ?? '', { required: true, maxlength: 64 });
  const shortName = text(person?.shortName ?? '', { maxlength: 3, spellcheck: 'false' });
  const ids = idRows(person?.ids ?? []);
  const height = text(person?.heightM ? heightCm(person.heightM) : '', { inputmode: 'decimal' });
  const birthDate = text(person?.birthDate ?? '', { type: 'date', min: '1880-01-01', max: today() });
  const sex = h(
    'select',
    { value: person?.sex ?? '' },
    h('option', { value: '' }, 'not given'),
    h('option', { value: 'female' }, 'female'),
    h('option', { value: 'male' }, 'male'),
  );
  const colour = h('input', { type: 'color', value: person?.colour ?? '#1f77b4' });
  // A new person's colour is chosen by scaletap until somebody chooses one.
  let isChosen = person !== null;
  colour.addEventListener('input', () => {
    isChosen = true;
  });

  const fields = {
    name: field('Name', name),
    shortName: field('Short name', shortName, 'What a scale shows: three letters or digits.'),
    colour: field(
      'Colour',
      colour,
      person === null ? 'Left alone, one is chosen that few others have.' : undefined,
    ),
    ids: group(
      'User ids at vendors',
      ids.element,
      'Digits. With several, weigh-ins of all these accounts are this person’s.',
    ),
    heightM: field('Height in cm', height, 'What a scale is told in mode offline, as is the rest below.'),
    birthDate: field('Birth date', birthDate),
    sex: field('Sex', sex, 'Scales estimate fat and muscle by it.'),
  } as const;

  const read = (): ReturnType<typeof readPerson> =>
    readPerson(
      {
        name: name.value,
        shortName: shortName.value,
        colour: isChosen ? colour.value : '',
        ids: ids.read(),
        heightCm: height.value,
        birthDate: birthDate.value,
        sex: sex.value,
      },
      today(),
    );

  return form({
    fields,
    content: Object.values(fields).map(({ element }) => element),
    submit: person === null ? 'Add' : 'Save',
    cancel: close,
    check: () => {
      const got = read();
      return 'wrong' in got ? got.wrong : {};
    },
    // What cannot be beside what is there already is quoted.
    about: ({ status, message }) => {
      if (status !== 409) return null;
      if (ids.read().some(({ id }) => id.trim() !== '' && message.includes(id.trim()))) return 'ids';
      return message.includes(name.value.trim()) ? 'name' : null;
    },
    async send() {
      const got = read();
      if ('wrong' in got) return;
      const saved = await save(person, got.facts);
      close();
      done(person === null ? `${saved} was added` : `${saved} was changed`);
    },
  });
}

async function save(person: Person | null, facts: PersonFacts): Promise<string> {
  if (person === null) return (await change.addPerson(facts)).name;
  const { name, shortName, colour, ids, heightM, birthDate, sex } = person;
  const body = changedFacts({ name, shortName, colour, ids, heightM, birthDate, sex }, facts);
  if (Object.keys(body).length === 0) return name;
  return (await change.editPerson(person.key, body)).name;
}

/** Centimetres as they are typed, to the millimetre. */
function heightCm(heightM: number): string {
  return String(Math.round(heightM * 1000) / 10);
}

/** `2026-11-20`, of this device's zone. */
function today(): string {
  const now = new Date();
  const two = (number: number) => String(number).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
