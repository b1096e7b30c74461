import type { Answers } from '../../views/shapes.js';
import { h, put } from '../parts/dom.js';
import { Rows } from '../parts/rows.js';
import { agoElement } from '../parts/times.js';
import { routeTo } from '../router.js';
import type { Screen, ScreenContext } from '../screen.js';
import { get } from '../server/api.js';
import { Loading, soon } from '../server/loading.js';
import { massUnit, onMassUnit } from '../words/mass-unit.js';
import { formatMass } from '../words/units.js';
import { counted, originText, vendorText } from '../words/words.js';
import { mergeDialog, removeDialog } from './people-dialogs.js';
import { personDialog } from './person-dialog.js';

type Person = Answers['person'];

/** `#/people`: who there is, and what is known of them. */
export function openPeople({ news, say }: ScreenContext): Screen {
  let people: readonly Person[] = [];
  const loading = new Loading();
  const headline = h('h1', { tabindex: '-1' }, 'People');
  const list = h('ul', { class: 'grid plain', 'aria-label': 'People' });
  const above = h('div', { class: 'place' });
  const add = h(
    'button',
    { type: 'button', class: 'button primary', onclick: () => edit(null) },
    'Add somebody',
  );
  const element = h(
    'div',
    { class: 'stack' },
    h('div', { class: 'row apart' }, headline, add),
    h(
      'p',
      { class: 'muted' },
      'A weigh-in is of whoever has its user id at the vendor. One without is of the one person who weighed about that lately; where two are near, you are asked.',
    ),
    loading.element,
    above,
    list,
  );

  const rows = new Rows<Person>(list, {
    key: ({ key }) => key,
    version: (person) => JSON.stringify([person, people.length > 1, massUnit()]),
    make: (person) => card(person),
    lost: () => headline.focus({ preventScroll: true }),
  });

  function card(person: Person): HTMLElement {
    const { key, name, shortName, colour, ids, weighIns, last, origin } = person;
    const weight = last?.values.find(({ kind }) => kind === 'weight');
    const act = (label: string, onclick: () => void, kind = 'quiet') =>
      h(
        'button',
        { type: 'button', class: `button ${kind}`, 'aria-label': `${label} ${name}`, onclick },
        label,
      );
    return h(
      'li',
      { class: 'card person-card' },
      h(
        'div',
        { class: 'row' },
        h('span', { class: 'dot large', colour }),
        h('h2', { class: 'grow' }, h('bdi', {}, name)),
        shortName === null
          ? null
          : h('span', { class: 'badge mono', title: 'What a scale shows' }, shortName),
      ),
      weight === undefined || last === null
        ? h('p', { class: 'muted' }, 'No weight yet')
        : h(
            'p',
            {},
            h('strong', { class: 'num' }, formatMass(weight.value, massUnit())),
            ' ',
            h('span', { class: 'muted' }, agoElement(last.timeMs)),
          ),
      h('p', {}, h('a', { href: routeTo('weigh-ins', [], { person: key }) }, counted(weighIns, 'weigh-in'))),
      h('p', { class: 'small muted' }, [originText(origin), ...ids.map(idText)].join(' · ')),
      h(
        'div',
        { class: 'row tight card-actions' },
        act('Edit', () => edit(person)),
        origin !== 'settings' && people.length > 1
          ? act('Merge …', () => mergeDialog(person, people, done, () => headline))
          : null,
        origin === 'settings' ? null : act('Remove …', () => removeDialog(person, done, () => headline)),
      ),
    );
  }

  function edit(person: Person | null): void {
    personDialog(person, done, () =>
      person === null ? add : (rows.get(person.key)?.querySelector('button') ?? headline),
    );
  }

  function done(text: string): void {
    say(text);
    load();
  }

  function load(): void {
    loading.run((signal) => get('people', {}, signal), show);
  }

  function show(answer: Answers['people']): void {
    people = answer.people;
    rows.show(people);
    put(above, noticeOf(answer));
  }

  const later = soon(load);
  const ends = [
    news.on('people', later.call),
    news.on('readings', later.call),
    onMassUnit(() => rows.show(people)),
    later.stop,
    () => loading.close(),
  ];
  load();

  return { element, title: 'People', ends };
}

function idText({ vendor, id }: Person['ids'][number]): string {
  return `${vendorText(vendor)} ${id}`;
}

function noticeOf({ people, unassigned }: Answers['people']): HTMLElement | null {
  if (people.length === 0) {
    return h(
      'div',
      { class: 'empty' },
      h('h2', {}, 'Nobody yet'),
      h(
        'p',
        {},
        'Whoever a scale or an app tells of is here by themselves. You can also add somebody, with a weigh-in to follow.',
      ),
    );
  }
  if (unassigned === 0) return null;
  return h(
    'div',
    { class: 'notice warn' },
    h('p', {}, `${counted(unassigned, 'weigh-in is', 'weigh-ins are')} not assigned to anybody.`),
    h('a', { class: 'button', href: routeTo('weigh-ins', [], { person: 'nobody' }) }, 'Assign'),
  );
}
