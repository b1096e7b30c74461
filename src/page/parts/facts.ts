import { h } from './dom.js';

/** Names with what is known of them; null for nothing, which is left out. */
type Facts = readonly (readonly [name: string, value: Node | string | null])[];

/** Facts as a list. */
export function factList(facts: Facts): HTMLElement {
  const known = facts.filter(([, value]) => value !== null);
  return h(
    'dl',
    { class: 'facts pairs' },
    ...known.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
  );
}
