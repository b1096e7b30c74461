import type { Answers } from '../../views/shapes.js';
import { Cards } from '../parts/cards.js';
import { h, put } from '../parts/dom.js';
import { routeTo } from '../router.js';
import type { Screen, ScreenContext } from '../screen.js';
import { get } from '../server/api.js';
import { Loading, soon } from '../server/loading.js';
import { deviceKey } from '../words/words.js';
import { DeviceCard } from './device-card.js';

/** `#/devices`: the scales and accounts that have been seen. */
export function openDevices({ news, whisper }: ScreenContext): Screen {
  const loading = new Loading();
  const list = h('div', { class: 'grid halves' });
  const cards = new Cards<DeviceCard>(list);
  const empty = h('div', { class: 'place' });
  const element = h(
    'div',
    { class: 'stack' },
    h('h1', { tabindex: '-1' }, 'Devices'),
    loading.element,
    empty,
    list,
  );

  const load = () => loading.run((signal) => get('devices', {}, signal), show);

  function show({ devices }: Answers['devices']): void {
    cards.show(
      devices,
      deviceKey,
      (device) => new DeviceCard(deviceKey(device), whisper),
      (card, device) => card.show(device),
    );
    put(empty, devices.length > 0 ? null : nothing());
  }

  const later = soon(load);
  const ends = [
    news.on('readings', later.call),
    news.on('exchange', ({ vendor, device, timeMs, answered }) => {
      if (vendor === null || device === null) return;
      const card = cards.get(deviceKey({ vendor, device }));
      if (card === undefined) later.call();
      else card.seen(timeMs, answered);
    }),
    news.on('again', later.call),
    later.stop,
    () => loading.close(),
    () => cards.close(),
  ];
  load();

  return { element, title: 'Devices', ends };
}

function nothing(): HTMLElement {
  return h(
    'div',
    { class: 'empty' },
    h('h2', {}, 'No device yet'),
    h(
      'p',
      {},
      'A scale is here once it has called. Point the names of its cloud at this machine, or let a phone come through the proxy.',
    ),
    h('p', {}, h('a', { href: routeTo('system') }, 'Where scales and phones have to connect')),
  );
}
