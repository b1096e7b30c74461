import type { Answers } from '../../views/shapes.js';
import { h, put } from '../parts/dom.js';
import { factList } from '../parts/facts.js';
import { timeElement } from '../parts/times.js';
import { routeTo } from '../router.js';
import type { Screen } from '../screen.js';
import { get } from '../server/api.js';
import { Loading } from '../server/loading.js';
import { formatBytes } from '../words/format.js';
import { counted, deviceText, lengthText, reasonText } from '../words/words.js';
import { answeredBadge } from './exchange-row.js';
import { hexDump } from './hex.js';

type Detail = Answers['exchangeDetail'];
type Message = Detail['request'];

/** `#/live/123`: both messages, and what was read in them. All of it is text, whatever it looks like. */
export function openExchange(id: string): Screen {
  const loading = new Loading();
  const content = h('div', { class: 'stack' });
  const element = h(
    'div',
    { class: 'stack' },
    h('p', {}, h('a', { href: routeTo('live') }, '← All exchanges')),
    h('h1', { tabindex: '-1' }, `Exchange ${id}`),
    loading.element,
    content,
  );
  loading.run(
    (signal) => get(`exchanges/${encodeURIComponent(id)}`, {}, signal),
    (detail) => put(content, ...sections(detail)),
  );
  return { element, title: `Exchange ${id}`, ends: [() => loading.close()] };
}

function sections(detail: Detail): (HTMLElement | null)[] {
  return [
    h('section', { class: 'card' }, facts(detail)),
    detail.refusals.length === 0 ? null : refusalsCard(detail),
    detail.decoded.length === 0 ? null : decodedCard(detail),
    h(
      'div',
      { class: 'grid halves' },
      messageCard('Request', detail.request),
      detail.response === null
        ? h('section', { class: 'card' }, h('h2', {}, 'Answer'), h('p', { class: 'muted' }, 'None.'))
        : messageCard('Answer', detail.response),
    ),
    h('p', { class: 'small muted' }, 'Passwords, keys and session ids are covered by ***. '),
  ];
}

function facts(detail: Detail): HTMLElement {
  const { timeMs, vendor, device, label, answered, reason, status, responseAfterMs, endedAfterMs } = detail;
  const first =
    responseAfterMs === null ? '' : `first byte of the answer after ${lengthText(responseAfterMs)}, `;
  return factList([
    ['What', label || null],
    ['Time', timeElement(timeMs, 'full')],
    ['Device', vendor === null ? 'unknown' : deviceText(vendor, device ?? '')],
    ['Client', detail.client || null],
    ['Upstream', detail.upstream || null],
    ['Answered', answeredBadge(answered)],
    ['Why', reason === null ? null : `${reasonText(reason)} (${reason})`],
    ['Status', status === null ? 'none' : String(status)],
    ['Took', `${first}over after ${lengthText(endedAfterMs)}`],
    ['Session hash', verdictText(detail.verdict)],
    ['Source', detail.source || null],
    ...detail.notes.map((note) => ['Note', note] as const),
  ]);
}

function verdictText(verdict: string | null): string | null {
  if (verdict === 'failed') return 'failed: this session was not opened by who knows the scale’s secret';
  return verdict;
}

function refusalsCard({ refusals }: Detail): HTMLElement {
  return h(
    'section',
    { class: 'notice warn' },
    h(
      'div',
      {},
      h('h2', {}, 'Could not be read'),
      h(
        'ul',
        { class: 'plain' },
        ...refusals.map(({ reason, detail }) => h('li', {}, h('code', {}, reason), ` ${detail}`)),
      ),
    ),
  );
}

function decodedCard({ decoded }: Detail): HTMLElement {
  return h(
    'section',
    { class: 'card flush' },
    h(
      'div',
      { class: 'table-wrap', tabindex: '0', role: 'region', 'aria-label': 'What was read' },
      h(
        'table',
        { class: 'table' },
        h('caption', {}, 'What was read'),
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Field'), h('th', { scope: 'col' }, 'Value'))),
        h(
          'tbody',
          {},
          ...decoded.map(({ name, text }) =>
            h(
              'tr',
              {},
              h('th', { scope: 'row', class: 'mono' }, name),
              h('td', { class: 'mono break' }, text),
            ),
          ),
        ),
      ),
    ),
  );
}

function messageCard(title: string, message: Message): HTMLElement {
  const { head, body, bodyHex, bodyBytes, complete, opened, covered } = message;
  const notes = [opened, complete ? '' : 'not whole'].filter((note) => note !== '');
  return h(
    'section',
    { class: 'card stack tight' },
    h('h2', {}, title),
    notes.length === 0 ? null : h('p', { class: 'small muted' }, notes.join(', ')),
    raw(`Head of the ${title.toLowerCase()}`, head.trimEnd()),
    h('h3', {}, `Body, ${formatBytes(bodyBytes)}`),
    covered
      ? h('p', { class: 'muted' }, 'Not shown: it could not be read, so all of it may be secret.')
      : bodyElement(title, body, bodyHex, bodyBytes),
  );
}

function bodyElement(title: string, body: string | null, hex: string | null, bytes: number): HTMLElement {
  const label = `Body of the ${title.toLowerCase()}`;
  if (body !== null && body !== '') return raw(label, body);
  if (hex === null || hex === '') return h('p', { class: 'muted' }, 'Empty.');
  const shown = hex.length / 2;
  return h(
    'div',
    { class: 'stack tight' },
    raw(label, hexDump(hex), 'hex'),
    shown < bytes ? h('p', { class: 'small muted' }, `The first ${counted(shown, 'byte')} are shown.`) : null,
  );
}

/** A text as it is. It scrolls by itself, so the keyboard must come to it. */
function raw(label: string, text: string, kind = ''): HTMLElement {
  return h('pre', { class: `raw ${kind}`.trim(), tabindex: '0', role: 'region', 'aria-label': label }, text);
}
