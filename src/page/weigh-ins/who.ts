import type { Answers } from '../../views/shapes.js';
import { h } from '../parts/dom.js';

type Person = Answers['person'];

/** Who is who: people by their keys. */
export type Who = ReadonlyMap<string, Person>;

/** Of the answer of the server. */
export function whoIs({ people }: Answers['people']): Who {
  return new Map(people.map((person) => [person.key, person]));
}

/** A name with the person's colour; `Nobody` for null. Somebody who is not known yet is named by key. */
export function nameElement(who: Who, key: string | null): HTMLElement {
  if (key === null) return h('span', { class: 'who' }, h('span', { class: 'dot nobody' }), 'Nobody');
  const person = who.get(key);
  return h(
    'span',
    { class: 'who' },
    h('span', { class: 'dot', colour: person?.colour }),
    h('bdi', {}, person?.name ?? key),
  );
}
