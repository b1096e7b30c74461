import type { Window } from '../chart/keys.js';
import { keep, recall } from '../kept.js';
import { Cards } from '../parts/cards.js';
import { h, put } from '../parts/dom.js';
import type { Screen, ScreenContext } from '../screen.js';
import { Loading, soon } from '../server/loading.js';
import { massUnit, onMassUnit, setMassUnit } from '../words/mass-unit.js';
import { massUnits } from '../words/units.js';
import { deviceKey } from '../words/words.js';
import { BodyCharts } from './body.js';
import { choice } from './choice.js';
import { type Overview, OverviewData, seriesOf } from './data.js';
import { emptyOverview, unassignedNotice } from './empty.js';
import { lastWeighIn } from './last.js';
import { everybody, PeopleCards } from './people.js';
import { type RangeName, rangeNames, ranges } from './ranges.js';
import { RoomCard } from './room.js';

/** The first screen: who weighs how much, over time, and what the scales say of their rooms. */
export function openOverview({ route, news, whisper }: ScreenContext): Screen {
  let person = route.query.get('person') ?? recall('person');
  let range: RangeName = rangeNames.find((name) => name === recall('range')) ?? '3m';
  let kind = recall('kind');
  let air = false;
  let shown: Overview | null = null;
  let turned = true;
  let zoomed: Window | null = null;

  const data = new OverviewData();
  const loading = new Loading();
  const loadingCloser = new Loading();
  const again = soon(load);
  const people = new PeopleCards((key) => {
    person = key;
    keep('person', key);
    turn();
  });
  const body = new BodyCharts({
    ranges: choice({
      legend: 'Time shown in all charts',
      name: 'range',
      options: rangeNames.map((value) => ({ value, ...ranges[value] })),
      value: range,
      chosen: (name) => {
        range = name;
        keep('range', name);
        turn();
      },
    }),
    whisper,
    pickKind: (name) => {
      kind = name;
      keep('kind', name);
      load();
    },
    zoomed: closer,
  });
  const notices = h('div', { class: 'place' });
  const last = h('div', { hidden: true });
  const roomGrid = h('div', { class: 'grid halves start' });
  const rooms = new Cards<RoomCard>(roomGrid);
  const roomPart = h(
    'section',
    { class: 'stack', 'aria-labelledby': 'rooms', hidden: true },
    h('h2', { id: 'rooms' }, 'Rooms and scales'),
    roomGrid,
  );
  const weights = h('div', { class: 'wide-left' }, body.weight, last);
  const content = h('div', { class: 'stack', hidden: true }, people.element, weights, body.others, roomPart);
  const empty = h('div', { hidden: true }, emptyOverview());
  const element = h(
    'div',
    { class: 'stack', 'aria-busy': 'true' },
    h('div', { class: 'row apart' }, h('h1', {}, 'Overview'), unitChoice()),
    loading.element,
    loadingCloser.element,
    notices,
    empty,
    content,
  );

  function unitChoice(): HTMLElement {
    return choice({
      legend: 'Unit of weights',
      name: 'unit',
      options: massUnits.map((value) => ({ value, short: value, long: unitNames[value] })),
      value: massUnit(),
      chosen: setMassUnit,
    });
  }

  function load(): void {
    loading.run((signal) => data.load({ person, range, kind, air }, signal), show);
  }

  /** Something else is to be seen, so that what was zoomed to before means nothing. */
  function turn(): void {
    turned = true;
    load();
  }

  function show(overview: Overview): void {
    const keepZoom = !turned;
    turned = false;
    shown = overview;
    draw(overview, keepZoom);
    if (!keepZoom) zoomed = null;
    if (zoomed !== null) closer(zoomed);
  }

  function draw(overview: Overview, keepZoom: boolean): void {
    const { people: all, chosen, changes, unassigned } = overview;
    const unit = massUnit();
    const weighed = all.some((each) => each.last !== null);
    const nothing = unassigned === 0 && !weighed;
    element.setAttribute('aria-busy', 'false');
    put(notices, unassigned > 0 && unassignedNotice(unassigned));
    empty.hidden = !nothing;
    content.hidden = !weighed && overview.rooms.length === 0;
    people.element.hidden = !weighed;
    weights.hidden = !weighed;
    body.others.hidden = !weighed || chosen === everybody;
    people.show({ people: all, chosen, changes, unit });
    const one = all.find(({ key }) => key === chosen);
    const lastCard = one ? lastWeighIn(one, unit) : null;
    put(last, lastCard);
    last.hidden = lastCard === null;
    // One value beside a chart would leave a hole.
    weights.classList.toggle('one', (one?.last?.values.length ?? 0) < 2);
    body.show(overview, unit, keepZoom);
    showRooms(overview, keepZoom);
  }

  function showRooms({ rooms: all }: Overview, keepZoom: boolean): void {
    roomPart.hidden = all.length === 0;
    rooms.show(
      all,
      ({ device }) => deviceKey(device),
      ({ device }) => new RoomCard(device, whisper),
      (room, { device, air, window }) => room.show(device, air, window, keepZoom),
    );
  }

  /** Where the server has thinned the weights, a part of the time is asked for anew, with all that there is. */
  function closer(window: Window | null): void {
    zoomed = window;
    const before = shown;
    const weight = before?.series.find((each) => each.kind === 'weight');
    if (before === null || !weight?.thinned) return;
    loadingCloser.run(
      async (signal) => (window ? (await seriesOf(before.chosen, ['weight'], window, signal))[0] : undefined),
      (part) => {
        if (shown === before) body.showCloser(before, part ?? null, massUnit());
      },
    );
  }

  const nearRooms = new IntersectionObserver(
    (seen) => {
      if (air || !seen.some(({ isIntersecting }) => isIntersecting)) return;
      air = true;
      nearRooms.disconnect();
      load();
    },
    { rootMargin: '300px' },
  );
  nearRooms.observe(roomPart);
  load();

  const ends = [
    news.on('readings', again.call),
    news.on('people', again.call),
    news.on('again', again.call),
    onMassUnit(() => shown && draw(shown, true)),
    () => nearRooms.disconnect(),
    again.stop,
    () => loading.close(),
    () => loadingCloser.close(),
    () => body.close(),
    () => rooms.close(),
  ];
  return { element, title: 'Overview', ends };
}

const unitNames = { kg: 'kilograms', lb: 'pounds', st: 'stones and pounds' } as const;
