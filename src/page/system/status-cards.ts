import type { Answers } from '../../views/shapes.js';
import { h } from '../parts/dom.js';
import { factList } from '../parts/facts.js';
import { agoElement, timeElement } from '../parts/times.js';
import { formatTime } from '../words/format.js';
import { sentence } from '../words/problem-text.js';
import { counted, sinkText } from '../words/words.js';

type Status = Answers['status'];
type Sink = NonNullable<Status['sinks']>[number];

/** What is wrong, or that nothing is. */
export function problemsCard({ problems, sinks }: Status): HTMLElement {
  const troubled = (sinks ?? []).filter(({ cause }) => cause !== null);
  const lines = [
    ...problems,
    ...(sinks === null ? ['the sinks do not answer'] : []),
    ...troubled.map(({ name }) => `readings do not reach ${name}, see below`),
  ];
  if (lines.length === 0) {
    return h('div', { class: 'notice ok', role: 'status' }, h('p', {}, h('strong', {}, 'All is well.')));
  }
  return h(
    'div',
    { class: problems.length === 0 ? 'notice warn' : 'notice bad', role: 'alert' },
    h(
      'div',
      {},
      h('h2', {}, counted(lines.length, 'problem')),
      h('ul', {}, ...lines.map((line) => h('li', {}, sentence(line)))),
    ),
  );
}

/** Where readings are delivered to. */
export function sinksCard(sinks: Status['sinks']): HTMLElement {
  if (sinks === null) return card('Sinks', h('p', { class: 'muted' }, 'The store does not answer just now.'));
  if (sinks.length === 0) {
    return card(
      'Sinks',
      h(
        'p',
        {},
        'No sink is set. Readings are kept here, and can be delivered to databases and to your smart home too.',
      ),
      h('p', { class: 'muted' }, '`scaletap serve --help` tells how.'),
    );
  }
  return card('Sinks', h('ul', { class: 'plain stack' }, ...sinks.map(sinkItem)));
}

function sinkItem(sink: Sink): HTMLElement {
  const { name, state, cause, message, backlog, delivered, nextTryMs } = sink;
  return h(
    'li',
    { class: 'sink stack tight' },
    h(
      'div',
      { class: 'row' },
      h('h3', {}, name),
      h(
        'span',
        { class: cause === null ? 'badge ok' : 'badge bad' },
        cause === null ? sinkText(state) : cause,
      ),
    ),
    h(
      'p',
      { class: 'num' },
      waitingText(backlog),
      h('span', { class: 'muted' }, `, ${counted(delivered, 'reading')} delivered since the start`),
    ),
    message === null ? null : h('p', { class: 'error' }, sentence(message)),
    nextTryMs === null
      ? null
      : h('p', { class: 'small muted' }, 'The next try is at ', timeElement(nextTryMs, 'clock')),
  );
}

function waitingText(backlog: number | null): string {
  if (backlog === null) return 'It cannot be told how many readings wait';
  return backlog === 0 ? 'Nothing waits' : counted(backlog, 'reading waits', 'readings wait');
}

/** Where scaletap listens, and what it calls. */
export function wiresCard({ listening, breakers }: Status): HTMLElement {
  const places = (all: readonly string[]) =>
    all.length === 0
      ? h('span', { class: 'muted' }, 'nowhere')
      : h('span', { class: 'mono' }, all.join(', '));
  return card(
    'Connections',
    factList([
      ['Scales connect to', places(listening.scales)],
      ['Phones connect to', places(listening.phones)],
    ]),
    h('p', {}, h('a', { href: 'setup/' }, 'Set up a phone')),
    h('h3', {}, 'Clouds'),
    breakers.length === 0
      ? h('p', { class: 'muted' }, 'None has failed.')
      : h('ul', { class: 'plain stack tight' }, ...breakers.map(breakerItem)),
  );
}

function breakerItem({ host, open }: Status['breakers'][number]): HTMLElement {
  return h(
    'li',
    { class: 'row' },
    h('span', { class: 'mono' }, host),
    h('span', { class: open ? 'badge bad' : 'badge warn' }, open ? 'away' : 'has failed'),
    h(
      'span',
      { class: 'small muted' },
      open ? 'It is asked now and then whether it is back.' : 'It is tried again with the next request.',
    ),
  );
}

/** What runs here, and where else it can be asked. */
export function aboutCard({ version, startedMs }: Status): HTMLElement {
  return card(
    'About',
    factList([
      ['Version', h('span', { class: 'num' }, version)],
      [
        'Started',
        h('span', {}, agoElement(startedMs), h('span', { class: 'muted' }, `, ${formatTime(startedMs)}`)),
      ],
    ]),
    h(
      'ul',
      { class: 'plain' },
      h('li', {}, h('a', { href: 'healthz' }, 'Health, for probes')),
      h('li', {}, h('a', { href: 'metrics' }, 'Metrics, for Prometheus')),
      h('li', {}, h('a', { href: 'api/openapi.json' }, 'The API behind this page, as OpenAPI')),
    ),
  );
}

function card(title: string, ...children: (HTMLElement | string)[]): HTMLElement {
  return h('section', { class: 'card stack' }, h('h2', {}, title), ...children);
}
