/** Where the page begins: the frame around the screens, and the way between them. */

import { h, put } from './parts/dom.js';
import { type IconName, icon } from './parts/icons.js';
import { say, whisper } from './parts/spoken.js';
import { refreshAgo } from './parts/times.js';
import { parseRoute, type ScreenName, screenNames } from './router.js';
import type { Screen } from './screen.js';
import { screens } from './screens.js';
import { onSignedOut } from './server/api.js';
import { type Connection, News } from './server/events.js';
import { wall } from './sign-in.js';
import { setTheme, type Theme, theme } from './theme.js';

const labels: Readonly<Record<ScreenName, string>> = {
  overview: 'Overview',
  'weigh-ins': 'Weigh-ins',
  people: 'People',
  devices: 'Devices',
  live: 'Live',
  system: 'System',
};

const agoMs = 20_000;

const news = new News();
const main = byId('main');
const nav = byId('nav');

let screen: Screen | null = null;
let shown: ScreenName | null = null;
/** Counts the ways that were gone, so that a screen that comes late does not take another's place. */
let way = 0;

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

async function go(byLink: boolean): Promise<void> {
  const route = parseRoute(location.hash);
  way += 1;
  const mine = way;
  mark(route.screen);
  if (screen?.update !== undefined && shown === route.screen) {
    screen.update(route);
    return entitle(screen.title);
  }
  let next: Screen;
  try {
    const open = await screens[route.screen]();
    if (mine !== way) return;
    end();
    next = open({ route, news, say, whisper });
  } catch (error) {
    if (mine === way) lost(error);
    return;
  }
  screen = next;
  shown = route.screen;
  put(main, next.element);
  entitle(next.title);
  if (!byLink) return;
  window.scrollTo(0, 0);
  headline()?.focus({ preventScroll: true });
}

function headline(): HTMLElement | null {
  const found = main.querySelector('h1');
  found?.setAttribute('tabindex', '-1');
  return found;
}

function entitle(title: string): void {
  document.title = `${title} · scaletap`;
}

function mark(name: ScreenName): void {
  for (const link of nav.querySelectorAll('a')) {
    if (link.dataset.screen === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** A part of the page did not come: most likely scaletap was brought up to date since this page was opened. */
function lost(error: unknown): void {
  console.error(error);
  leave();
  put(
    main,
    h('h1', { tabindex: '-1' }, 'This part of the page could not be loaded'),
    h('p', {}, 'scaletap may have been brought up to date since the page was opened, or it does not answer.'),
    h(
      'p',
      {},
      h('button', { class: 'button primary', onclick: () => location.reload() }, 'Load the page again'),
    ),
  );
}

function end(): void {
  for (const each of screen?.ends ?? []) each();
}

function leave(): void {
  end();
  screen = null;
  shown = null;
}

/** Shows the page, or what stands before it. */
async function enter(byHand = false): Promise<void> {
  way += 1;
  const mine = way;
  let before: HTMLElement | null;
  try {
    before = await wall(() => void enter(true));
  } catch (error) {
    if (mine === way) unreachable(error);
    return;
  }
  if (mine !== way) return;
  nav.hidden = before !== null;
  if (before === null) {
    news.start();
    return go(byHand);
  }
  leave();
  news.stop();
  put(main, before);
  entitle('Sign in');
  before.querySelector('input')?.focus();
}

function unreachable(error: unknown): void {
  leave();
  put(
    main,
    h(
      'div',
      { class: 'empty' },
      h('h1', { tabindex: '-1' }, 'No answer'),
      h('p', {}, error instanceof Error ? error.message : String(error)),
      h('button', { class: 'button primary', onclick: () => void enter(true) }, 'Try again'),
    ),
  );
}

function buildNav(): void {
  put(
    nav,
    ...screenNames.map((name) =>
      h(
        'a',
        { href: name === 'overview' ? '#/' : `#/${name}`, 'data-screen': name },
        icon(name),
        h('span', {}, labels[name]),
      ),
    ),
  );
}

const themes: Readonly<Record<Theme, { label: string; icon: IconName; next: Theme }>> = {
  auto: { label: 'as the device', icon: 'auto', next: 'light' },
  light: { label: 'light', icon: 'sun', next: 'dark' },
  dark: { label: 'dark', icon: 'moon', next: 'auto' },
};

function buildTools(): void {
  const button = h('button', {
    class: 'button icon-only',
    type: 'button',
    onclick: () => {
      setTheme(themes[theme()].next);
      dress();
      say(`Colours: ${themes[theme()].label}`);
    },
  });
  const dress = () => {
    const now = themes[theme()];
    button.title = `Colours: ${now.label}`;
    button.setAttribute('aria-label', `Colours: ${now.label}. Change to ${themes[now.next].label}`);
    put(button, icon(now.icon));
  };
  dress();
  put(byId('tools'), renewal(), connection(), button);
}

/** The way to the page of a newer scaletap, once one runs: this one may not understand it. */
function renewal(): HTMLElement {
  const button = h(
    'button',
    { class: 'button primary', type: 'button', hidden: true, onclick: () => location.reload() },
    'Load the new page',
  );
  let version: string | null = null;
  news.on('status', (status) => {
    version ??= status.version;
    if (version === status.version || !button.hidden) return;
    button.hidden = false;
    say(`scaletap is now version ${status.version}. Load the page again.`);
  });
  return button;
}

const connections: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting',
  open: 'Live',
  lost: 'No connection, trying again',
};

function connection(): HTMLElement {
  const text = h('span');
  const element = h('div', { class: 'connection', title: 'Whether news from scaletap come in' }, text);
  news.watch((state) => {
    element.dataset.state = state;
    put(text, connections[state]);
  });
  return element;
}

buildNav();
buildTools();
onSignedOut(() => {
  if (!nav.hidden) void enter();
});
window.addEventListener('hashchange', () => {
  if (!nav.hidden) void go(true);
});
byId('skip').addEventListener('click', (event) => {
  // The part behind # is the page's way; a link within it would lead to the overview.
  event.preventDefault();
  (headline() ?? main).focus();
});
setInterval(() => refreshAgo(main), agoMs);
void enter();
