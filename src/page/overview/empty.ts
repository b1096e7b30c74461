import { h } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { routeTo } from '../router.js';

/** What somebody sees before the first weigh-in, and what to do about it. */
export function emptyOverview(): HTMLElement {
  return h(
    'section',
    { class: 'card' },
    h(
      'div',
      { class: 'empty' },
      icon('devices'),
      h('h2', {}, 'No weigh-ins yet'),
      h('p', { class: 'muted' }, 'They show up here by themselves as soon as a scale or an app sends one.'),
      h(
        'ol',
        { class: 'steps' },
        h(
          'li',
          {},
          'Lead the scale here: let your DNS server answer the names of its cloud with the address of this machine. ',
          h('a', { href: routeTo('system') }, 'System'),
          ' shows where scaletap listens.',
        ),
        h(
          'li',
          {},
          'For an app on a phone, follow the ',
          h('a', { href: 'setup/' }, 'set-up page for phones'),
          '.',
        ),
        h(
          'li',
          {},
          'Step on the scale, and look at ',
          h('a', { href: routeTo('live') }, 'what crosses'),
          ' as it happens.',
        ),
      ),
    ),
  );
}

/** That some weigh-ins are nobody's, and the way to give them to somebody. */
export function unassignedNotice(count: number): HTMLElement {
  return h(
    'p',
    { class: 'notice warn' },
    h(
      'span',
      {},
      count === 1 ? 'One weigh-in belongs to nobody yet.' : `${count} weigh-ins belong to nobody yet.`,
    ),
    h('a', { class: 'button', href: routeTo('weigh-ins', [], { person: 'nobody' }) }, 'Say whose'),
  );
}
