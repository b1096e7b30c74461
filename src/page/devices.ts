import type { Answers } from '../views/shapes.js';
import { get } from './api.js';
import { DeviceCard } from './device-card.js';
import { h, put } from './dom.js';
import { Loading, soon } from './loading.js';
import { routeTo } from './router.js';
import type { Screen, ScreenContext } from './screen.js';

type Device = Answers['devices']['devices'][number];

/** `#/devices`: the scales and accounts that have been seen. */
export function openDevices({ news, whisper }: ScreenContext): Screen {
  const loading = new Loading();
  const cards = new Map<string, DeviceCard>();
  const list = h('div', { class: 'grid halves' });
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
    const keys = new Set(devices.map(keyOf));
    for (const [key, card] of cards) {
      if (keys.has(key)) continue;
      card.close();
      card.element.remove();
      cards.delete(key);
    }
    for (const device of devices) {
      const key = keyOf(device);
      let card = cards.get(key);
      if (card === undefined) {
        card = new DeviceCard(key, whisper);
        cards.set(key, card);
        list.append(card.element);
      }
      card.show(device);
    }
    put(empty, devices.length > 0 ? null : nothing());
  }

  const later = soon(load);
  const ends = [
    news.on('readings', later.call),
    news.on('exchange', ({ vendor, device, timeMs, answered }) => {
      if (vendor === null || device === null) return;
      const card = cards.get(keyOf({ vendor, device }));
      if (card === undefined) later.call();
      else card.seen(timeMs, answered);
    }),
    news.on('again', later.call),
    later.stop,
    () => loading.close(),
  ];
  load();

  return {
    element,
    title: 'Devices',
    close: () => {
      for (const end of ends) end();
      for (const card of cards.values()) card.close();
    },
  };
}

/** As the API names it. */
function keyOf({ vendor, device }: Pick<Device, 'vendor' | 'device'>): string {
  return `${vendor} ${device}`;
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
