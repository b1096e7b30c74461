import type { Answers } from '../../views/shapes.js';
import { h, put } from '../parts/dom.js';
import { Rows } from '../parts/rows.js';
import { cardTable } from '../parts/table.js';
import { routeTo } from '../router.js';
import type { Screen, ScreenContext } from '../screen.js';
import { get } from '../server/api.js';
import { Loading, soon } from '../server/loading.js';
import { deviceKey } from '../words/words.js';
import { deviceFilter } from './device-filter.js';
import { exchangeColumns, exchangeRow, timeForm } from './exchange-row.js';
import { openExchange } from './exchange-view.js';

type Exchange = Answers['exchange'];
type Page = Answers['exchanges'];

const PAGE = 50;
/** As many stay while new ones come in. */
const LIVE = 200;
/** As many are held when older ones are asked for; what is older yet takes their place. */
const MOST = 500;
/** So many empty pages are passed over at once. */
const MOST_EMPTY = 20;

/** `#/live`: exchanges as they cross, with `?device=` those of one. `#/live/123`: one exchange. */
export function openLive(context: ScreenContext): Screen {
  const [id] = context.route.parts;
  return id === undefined ? openFeed(context) : openExchange(id);
}

function openFeed({ route, news, whisper }: ScreenContext): Screen {
  const device = route.query.get('device') ?? '';
  let exchanges: readonly Exchange[] = [];
  let next: string | null = null;
  /** The list was cut at its end since it was asked for, so that `next` is not what follows. */
  let isCut = false;
  /** Those that came while the list was held. */
  let waiting = 0;
  let held = false;
  let isLoaded = false;

  const loading = new Loading();
  const headline = h('h1', { tabindex: '-1' }, 'Live');
  const hold = h('button', { type: 'button', class: 'button', onclick: () => (held ? resume() : pause()) });
  const filter = deviceFilter(device, (chosen) => {
    location.hash = routeTo('live', [], chosen === '' ? {} : { device: chosen });
  });
  const table = cardTable('exchanges', exchangeColumns);
  const empty = nothing(device);
  const older = h('button', { type: 'button', class: 'button', onclick: showOlder }, 'Show older ones');
  const element = h(
    'div',
    { class: 'stack' },
    h('div', { class: 'row apart' }, headline, h('div', { class: 'row' }, filter.element, hold)),
    loading.element,
    empty,
    table.element,
    h('div', {}, older),
  );

  const rows = new Rows<Exchange>(table.body, {
    key: ({ id }) => String(id),
    version: (exchange) => JSON.stringify([exchange, timeForm(exchange.timeMs)]),
    make: exchangeRow,
    lost: () => headline.focus({ preventScroll: true }),
  });

  function show(): void {
    rows.show(exchanges);
    table.element.hidden = exchanges.length === 0;
    empty.hidden = exchanges.length > 0 || !isLoaded;
    older.hidden = next === null && !isCut;
    put(table.caption, held ? 'Held. New ones wait.' : 'New ones come in on top');
    hold.setAttribute('aria-pressed', String(held));
    put(hold, held ? (waiting === 0 ? 'Go on' : `Go on (${waiting} new)`) : 'Hold');
  }

  /** The exchanges before one, or the newest. Far apart, those of one device come in pages that may be empty. */
  async function ask(limit: number, before: string | null, signal: AbortSignal): Promise<Page> {
    let from = before;
    for (let page = 0; ; page++) {
      const query = { limit, ...(device !== '' && { device }), ...(from !== null && { before: from }) };
      const answer = await get('exchanges', query, signal);
      if (answer.exchanges.length > 0 || answer.next === null || page === MOST_EMPTY) return answer;
      from = answer.next;
    }
  }

  function load(limit = PAGE, then: () => void = () => {}): void {
    loading.run(
      (signal) => ask(limit, null, signal),
      (page) => {
        exchanges = page.exchanges;
        next = page.next;
        isCut = false;
        isLoaded = true;
        waiting = 0;
        show();
        then();
      },
    );
  }

  function came(exchange: Exchange): void {
    if (device !== '' && deviceKey(exchange) !== device) return;
    if (held) {
      waiting += 1;
    } else {
      const others = exchanges.filter(({ id }) => id !== exchange.id);
      exchanges = [exchange, ...others].sort((a, b) => b.id - a.id);
      if (exchanges.length > LIVE) {
        exchanges = exchanges.slice(0, LIVE);
        isCut = true;
      }
    }
    drawn.call();
  }

  function pause(): void {
    held = true;
    show();
  }

  function resume(): void {
    held = false;
    // What came in between is asked for: only its number was kept.
    load();
  }

  function showOlder(): void {
    held = true;
    const last = exchanges.at(-1)?.id ?? 0;
    // The focus goes on where reading does.
    const goOn = () => focusOn(exchanges.find(({ id }) => id < last));
    if (isCut) {
      load(LIVE + PAGE, goOn);
      return;
    }
    const before = next;
    loading.run(
      (signal) => ask(PAGE, before, signal),
      (page) => {
        exchanges = exchanges.length >= MOST ? page.exchanges : [...exchanges, ...page.exchanges];
        next = page.next;
        show();
        goOn();
      },
    );
  }

  function focusOn(exchange: Exchange | undefined): void {
    if (exchange === undefined) whisper('There are no older ones');
    else rows.get(String(exchange.id))?.querySelector('a')?.focus();
  }

  const drawn = soon(show);
  const ends = [
    news.on('exchange', came),
    news.on('again', () => {
      if (!held) load();
    }),
    drawn.stop,
    filter.close,
    () => loading.close(),
  ];
  show();
  load();

  return { element, title: 'Live', ends };
}

function nothing(device: string): HTMLElement {
  const text =
    'What a scale or an app asks its cloud, and what it is answered, is here the moment it crosses.';
  return h(
    'div',
    { class: 'empty', hidden: true },
    h('h2', {}, device === '' ? 'Nothing has crossed yet' : 'Nothing of this device'),
    h('p', {}, text),
    device === ''
      ? h('p', {}, h('a', { href: routeTo('system') }, 'Where scales have to connect'))
      : h('p', {}, h('a', { href: routeTo('live') }, 'Show all devices')),
  );
}
