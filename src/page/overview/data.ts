import type { Answers } from '../../views/shapes.js';
import type { Window } from '../chart/keys.js';
import { get } from '../server/api.js';
import { deviceKey } from '../words/words.js';
import { bodyKinds, chartedKinds, type Series } from './body-lines.js';
import { type Changes, everybody } from './people.js';
import { type RangeName, windowOf } from './ranges.js';
import { roomKinds, tellsOfRoom } from './room.js';
import { trendChange, trendLeadMs, trendOf } from './trend.js';

type Person = Answers['person'];
type Device = Answers['devices']['devices'][number];

/** What somebody wants to see. */
export interface Wish {
  /** A key or {@link everybody}; where there is no such person, the one who was weighed last. */
  readonly person: string | null;
  readonly range: RangeName;
  /** A kind to be shown besides; where there is none such, the first that there is. */
  readonly kind: string | null;
  /** Whether the air of the rooms is asked for: it is a lot, and far down. */
  readonly air: boolean;
}

/** All that the overview shows, of one moment. */
export interface Overview {
  readonly people: readonly Person[];
  readonly unassigned: number;
  readonly chosen: string;
  readonly changes: ReadonlyMap<string, Changes>;
  readonly window: Window | null;
  /** Of the one who is chosen. */
  readonly series: readonly Series[];
  /** What there is besides what always has a chart. */
  readonly others: Answers['kinds']['kinds'];
  /** Which of these is shown; null where there is none. */
  readonly kind: string | null;
  /** The weights of each, when all are chosen. */
  readonly weights: ReadonlyMap<string, Series>;
  readonly rooms: readonly Room[];
}

/** A scale with its air. */
interface Room {
  readonly device: Device;
  readonly window: Window | null;
  readonly air: readonly Series[];
}

const dayMs = 86_400_000;

/** So far back a change within 30 days can be told: those, and what the trend needs before. */
const recentMs = 31 * dayMs + trendLeadMs;

/** Asks the server for what an overview needs. It remembers what it has computed of weigh-ins that are still the last. */
export class OverviewData {
  readonly #changes = new Map<string, { readonly last: string; readonly changes: Changes }>();

  /** Throws a Problem, or the signal's reason. */
  async load(wish: Wish, signal: AbortSignal): Promise<Overview> {
    const [{ people, unassigned }, { devices }] = await Promise.all([
      get('people', {}, signal),
      get('devices', {}, signal),
    ]);
    const chosen = choose(people, wish.person);
    const one = people.find(({ key }) => key === chosen);
    const times = (one ? [one] : people).flatMap(({ last }) => last?.timeMs ?? []);
    const window = windowOf(wish.range, Date.now(), times.length === 0 ? null : Math.max(...times));
    const [changes, body, kinds, weights, rooms] = await Promise.all([
      this.#changesOf(people, signal),
      one ? seriesOf(chosen, bodyKinds, window, signal) : [],
      one ? get('kinds', { person: chosen }, signal).then((answer) => answer.kinds) : [],
      one ? new Map<string, Series>() : weightsOf(people, window, signal),
      roomsOf(devices, wish, signal),
    ]);
    const charted = chartedKinds(body);
    const others = kinds.filter((each) => !charted.has(each.kind));
    const kind = (others.find((each) => each.kind === wish.kind) ?? others[0])?.kind ?? null;
    const known = kind === null || body.some((each) => each.kind === kind);
    const series = known ? body : [...body, ...(await seriesOf(chosen, [kind], window, signal))];
    return { people, unassigned, chosen, changes, window, series, others, kind, weights, rooms };
  }

  async #changesOf(people: readonly Person[], signal: AbortSignal): Promise<Map<string, Changes>> {
    const rows = people.map(async ({ key, last }): Promise<[string, Changes][]> => {
      if (last === null) return [];
      // The person's other weigh-ins may have changed too: the last and their number tell most of that.
      const known = this.#changes.get(key);
      const mark = JSON.stringify([last, people.find((each) => each.key === key)?.weighIns]);
      if (known?.last === mark) return [[key, known.changes]];
      const query = { person: key, kinds: ['weight'], sinceMs: last.timeMs - recentMs };
      const [weight] = (await get('series', query, signal)).series;
      const changes = weight ? changesIn(weight) : { week: null, month: null };
      this.#changes.set(key, { last: mark, changes });
      return [[key, changes]];
    });
    return new Map((await Promise.all(rows)).flat());
  }
}

function changesIn({ timesMs, values }: Series): Changes {
  const trend = trendOf(timesMs, values);
  return { week: trendChange(timesMs, trend, 7), month: trendChange(timesMs, trend, 30) };
}

function choose(people: readonly Person[], wished: string | null): string {
  const weighed = people.filter(({ last }) => last !== null);
  if (wished === everybody && weighed.length > 1) return everybody;
  const known = people.find(({ key }) => key === wished);
  // A time to come is that of a wrong clock, and says nothing.
  const when = ({ last }: Person) => (last === null || last.timeMs > Date.now() + dayMs ? 0 : last.timeMs);
  const latest = weighed.toSorted((one, other) => when(other) - when(one))[0];
  return (known ?? latest ?? people[0])?.key ?? everybody;
}

/** The series of a person in a window, and of so much before it that its trend is right. */
export async function seriesOf(
  person: string,
  kinds: readonly string[],
  window: Window | null,
  signal: AbortSignal,
): Promise<Series[]> {
  const times = window && { sinceMs: Math.floor(window[0] - trendLeadMs), untilMs: Math.ceil(window[1]) };
  return (await get('series', { person, kinds: [...kinds], ...times }, signal)).series;
}

async function weightsOf(
  people: readonly Person[],
  window: Window | null,
  signal: AbortSignal,
): Promise<Map<string, Series>> {
  const rows = people
    .filter(({ last }) => last !== null)
    .map(async ({ key }) =>
      (await seriesOf(key, ['weight'], window, signal)).map((of) => [key, of] as const),
    );
  return new Map((await Promise.all(rows)).flat());
}

async function roomsOf(devices: readonly Device[], wish: Wish, signal: AbortSignal): Promise<Room[]> {
  const rooms = devices.filter(tellsOfRoom).map(async (device): Promise<Room> => {
    const times = device.newest.filter(({ kind }) => roomKinds.includes(kind)).map(({ timeMs }) => timeMs);
    const window = windowOf(wish.range, Date.now(), times.length === 0 ? null : Math.max(...times));
    if (!wish.air || times.length === 0) return { device, window, air: [] };
    const query = {
      device: deviceKey(device),
      kinds: [...roomKinds],
      ...(window && { sinceMs: Math.floor(window[0]) }),
    };
    return { device, window, air: (await get('series', query, signal)).series };
  });
  return Promise.all(rooms);
}
