import type { Answers } from '../../views/shapes.js';
import { h, put } from '../parts/dom.js';
import { Rows } from '../parts/rows.js';
import { offer } from '../parts/select.js';
import { cardTable } from '../parts/table.js';
import { type Route, routeTo } from '../router.js';
import type { Screen, ScreenContext } from '../screen.js';
import { get } from '../server/api.js';
import { Loading, soon } from '../server/loading.js';
import { massUnit, onMassUnit } from '../words/mass-unit.js';
import { counted } from '../words/words.js';
import { undoBar } from './undo-bar.js';
import { openWeighIn } from './weigh-in-dialog.js';
import { weighInColumns, weighInRow } from './weigh-in-row.js';
import { type Who, whoIs } from './who.js';

type WeighIn = Answers['weighIn'];

/** How many come at a time. */
const PAGE = 50;
/** As many as the server gives at once, and as the page holds: what is older then takes their place. */
const MOST = 500;

/**
 * `#/weigh-ins`, with `?person=` a key or `nobody`: the weigh-ins, newest first. What is shown is one window into them,
 * asked for as a whole whenever something has changed, so that it is always as the server has it.
 */
export function openWeighIns({ route, news, say, whisper }: ScreenContext): Screen {
  let person = route.query.get('person') ?? '';
  /** Where the window begins; null for the newest. */
  let start: string | null = null;
  let wanted = PAGE;
  let next: string | null = null;
  let who: Who = new Map();
  let shown: readonly WeighIn[] = [];

  const loading = new Loading();
  const filter = h('select', { id: 'weigh-ins-person', onchange: choose });
  const table = cardTable('weigh-ins', weighInColumns);
  const empty = h('div', { class: 'empty', hidden: true });
  const older = h('button', { type: 'button', class: 'button', onclick: showOlder }, 'Show older ones');
  const newest = h('button', { type: 'button', class: 'button', onclick: showNewest }, 'Back to the newest');
  const foot = h('div', { class: 'row' }, older, newest);
  const headline = h('h1', { tabindex: '-1' }, 'Weigh-ins');
  const undo = undoBar({ say, whisper }, headline);
  const element = h(
    'div',
    { class: 'stack' },
    h(
      'div',
      { class: 'row apart' },
      headline,
      h('div', { class: 'row' }, h('label', { for: filter.id, class: 'label' }, 'Whose'), filter),
    ),
    loading.element,
    empty,
    table.element,
    foot,
    undo.element,
  );

  const rows = new Rows<WeighIn>(table.body, {
    key: ({ id }) => id,
    version: (weighIn) => JSON.stringify([weighIn, whoVersion(weighIn, who), massUnit()]),
    make: (weighIn) => weighInRow(weighIn, who, () => open(weighIn)),
    lost: () => headline.focus({ preventScroll: true }),
  });

  function open(weighIn: WeighIn): void {
    openWeighIn({
      weighIn,
      who,
      changed(after) {
        undo.offer(weighIn, after, who, load);
        load();
      },
      back: () => rows.get(weighIn.id)?.querySelector('button') ?? headline,
    });
  }

  function load(then: () => void = () => {}): void {
    const query = {
      limit: wanted,
      ...(person !== '' && { person }),
      ...(start !== null && { before: start }),
    };
    loading.run(
      async (signal) => {
        // The choice is there even when those who were chosen are not there any more.
        const people = get('people', {}, signal).then((answer) => {
          who = whoIs(answer);
          showFilter(answer);
        });
        const [page] = await Promise.all([get('weigh-ins', query, signal), people]);
        return page;
      },
      (page) => {
        next = page.next;
        shown = page.weighIns;
        show();
        then();
      },
    );
  }

  function show(): void {
    rows.show(shown);
    put(table.caption, captionText());
    table.element.hidden = shown.length === 0;
    older.hidden = next === null;
    newest.hidden = start === null;
    foot.hidden = older.hidden && newest.hidden;
    empty.hidden = shown.length > 0;
    put(empty, ...emptyText());
  }

  function captionText(): string {
    const many = counted(shown.length, 'weigh-in');
    if (start !== null) return `${many}, older ones, newest first`;
    return next === null ? `${many}, newest first` : `The newest ${many}`;
  }

  function showFilter({ people, unassigned }: Answers['people']): void {
    const options = [
      { value: '', text: 'Everybody’s' },
      { value: 'nobody', text: unassigned === 0 ? 'Nobody’s' : `Nobody’s (${unassigned} to assign)` },
      ...people.map(({ key, name }) => ({ value: key, text: name })),
    ];
    offer(filter, options, person);
  }

  function emptyText(): (HTMLElement | string)[] {
    if (person === '') {
      return [
        h('h2', {}, 'No weigh-ins yet'),
        h('p', {}, 'As soon as somebody has stood on a scale that scaletap relays, it is here.'),
        h('p', {}, h('a', { href: routeTo('system') }, 'Where scales have to connect')),
      ];
    }
    return [
      h('h2', {}, person === 'nobody' ? 'Every weigh-in is somebody’s' : 'No weigh-ins of this person'),
      h('p', {}, h('a', { href: routeTo('weigh-ins') }, 'Show everybody’s')),
    ];
  }

  function choose(): void {
    const query: Record<string, string> = filter.value === '' ? {} : { person: filter.value };
    location.hash = routeTo('weigh-ins', [], query);
  }

  function showOlder(): void {
    const seen = shown.length;
    if (seen < MOST) {
      wanted = Math.min(MOST, seen + PAGE);
      // The focus goes on where reading does.
      load(() => rowAt(seen)?.focus());
    } else {
      start = next;
      wanted = PAGE;
      load(() => rowAt(0)?.focus());
    }
  }

  function showNewest(): void {
    start = null;
    wanted = PAGE;
    load(() => headline.focus());
  }

  function rowAt(index: number): HTMLElement | null {
    const id = shown[index]?.id;
    return id === undefined ? null : (rows.get(id)?.querySelector('button') ?? null);
  }

  const later = soon(load);
  const ends = [
    news.on('readings', later.call),
    news.on('people', later.call),
    onMassUnit(() => rows.show(shown)),
    later.stop,
    () => loading.close(),
  ];
  load();

  return {
    element,
    title: 'Weigh-ins',
    update(to: Route) {
      person = to.query.get('person') ?? '';
      start = null;
      wanted = PAGE;
      load();
    },
    ends,
  };
}

/** What a row shows of people. */
function whoVersion({ person, candidates }: WeighIn, who: Who): unknown[] {
  return [person, ...candidates].map((key) => {
    const found = key === null ? undefined : who.get(key);
    return [found?.name, found?.colour];
  });
}
