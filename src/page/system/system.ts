import type { Answers } from '../../views/shapes.js';
import { h, put } from '../parts/dom.js';
import type { Screen, ScreenContext } from '../screen.js';
import { get } from '../server/api.js';
import { Loading } from '../server/loading.js';
import { modeCard } from './mode-card.js';
import { passwordCard } from './password-card.js';
import { aboutCard, problemsCard, sinksCard, wiresCard } from './status-cards.js';

/** `#/system`: how scaletap does, the mode, the sinks, and the password of this page. */
export function openSystem({ news, say }: ScreenContext): Screen {
  const loading = new Loading();
  const parts = { problems: h('div'), sinks: h('div'), wires: h('div'), about: h('div') };
  const shown = new Map<HTMLElement, string>();
  const mode = modeCard(say);
  const password = passwordCard(say);
  const element = h(
    'div',
    { class: 'stack' },
    h('h1', { tabindex: '-1' }, 'System'),
    loading.element,
    parts.problems,
    mode.element,
    parts.sinks,
    h('div', { class: 'grid halves' }, parts.wires, parts.about),
    password.element,
  );

  /** What says the same as before is left alone, so that what is marked or focused in it stays. */
  function part(place: HTMLElement, depends: unknown, make: () => HTMLElement): void {
    const version = JSON.stringify(depends);
    if (shown.get(place) === version) return;
    shown.set(place, version);
    put(place, make());
  }

  function show(status: Answers['status']): void {
    const { problems, sinks, listening, breakers, version, startedMs } = status;
    part(parts.problems, [problems, sinks?.map(({ cause }) => cause)], () => problemsCard(status));
    part(parts.sinks, sinks, () => sinksCard(sinks));
    part(parts.wires, [listening, breakers], () => wiresCard(status));
    part(parts.about, [version, startedMs], () => aboutCard(status));
    mode.show(status.mode);
  }

  const load = () => loading.run((signal) => get('status', {}, signal), show);
  const ends = [
    news.on('status', show),
    news.on('again', load),
    () => loading.close(),
    () => password.close(),
  ];
  load();

  return { element, title: 'System', ends };
}
