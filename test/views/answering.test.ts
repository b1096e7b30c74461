import Libsql from 'libsql';
import { expect, onTestFinished, test, vi } from 'vitest';
import { weighInId } from '../../src/model/weigh-in.js';
import { Store } from '../../src/store/store.js';
import { Answering } from '../../src/views/answering.js';
import { Household } from '../../src/views/household.js';
import type { ViewRequest } from '../../src/views/messages.js';
import { Watch } from '../../src/views/watch.js';
import { openRaw, weight } from '../store/stores.js';
import { storeOf } from './houses.js';

const person = 'withings-1744475';
const device = 'withings 00:24:e4:00:00:01';

/** Every view, in every way in which it looks at the database. */
const requests: ViewRequest[] = [
  { view: 'people' },
  { view: 'person', key: person },
  { view: 'kinds', query: { person } },
  { view: 'kinds', query: { device } },
  { view: 'series', query: { person, kinds: ['weight'] } },
  { view: 'series', query: { device, kinds: ['co2'] } },
  { view: 'weigh-ins', query: { limit: 50 } },
  { view: 'weigh-ins', query: { limit: 1, person } },
  { view: 'weigh-in', id: weighInId(weight(1)) },
  { view: 'devices' },
  { view: 'exchanges', query: { limit: 50 } },
  { view: 'exchanges', query: { limit: 50, device: '00:24:e4:00:00:01' } },
  { view: 'exchange', id: 1 },
];

function answering(dataDir: string) {
  const store = new Store(dataDir, () => undefined);
  onTestFinished(() => store.close());
  const house = new Household(store.page);
  return { house, answering: new Answering(store, house) };
}

test('each view finds what it shows by an index, and looks through nothing but people and devices', () => {
  const co2 = (index: number) => weight(index, { kind: 'co2', value: index, person: null });
  const { store, dataDir, add } = storeOf(
    weight(1),
    ...Array.from({ length: 4_001 }, (_, index) => co2(index)),
  );
  const prepared = vi.spyOn(Libsql.prototype, 'prepare');
  onTestFinished(() => prepared.mockRestore());
  const { house, answering: views } = answering(dataDir);
  const watch = new Watch(house);
  prepared.mockClear();
  for (const request of requests) expect(views.reply(request)).toMatchObject({ status: 200 });
  add(weight(2), co2(1));
  for (const request of requests) views.reply(request);
  watch.look();
  const raw = openRaw(store.file);
  const plans = prepared.mock.calls
    .filter(([sql]) => /^\s*select/i.test(sql))
    .flatMap(([sql]) => {
      const parameters = Array(sql.split('?').length - 1).fill(1);
      return raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(parameters) as { detail: string }[];
    })
    .map(({ detail }) => detail)
    .filter((detail) => /^(SEARCH|SCAN) (reading|old|exchange|retraction)\b/.test(detail));
  expect([...new Set(plans)].sort()).toEqual([
    'SEARCH exchange USING INTEGER PRIMARY KEY (rowid=?)',
    'SEARCH exchange USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)',
    'SEARCH exchange USING INTEGER PRIMARY KEY (rowid>?)',
    'SEARCH old USING INDEX reading_by_time (time_ms=? AND rowid<?)',
    'SEARCH reading USING COVERING INDEX reading_by_owner (owner=? AND kind=? AND time_ms<?)',
    'SEARCH reading USING COVERING INDEX reading_by_owner (owner=? AND kind=? AND time_ms>? AND time_ms<?)',
    'SEARCH reading USING COVERING INDEX reading_by_owner (owner=? AND kind>?)',
    'SEARCH reading USING INDEX reading_by_device ((kind,vendor,device,time_ms)>(?,?,?,?))',
    'SEARCH reading USING INDEX reading_by_device (kind=? AND vendor=? AND device=?)',
    'SEARCH reading USING INDEX reading_by_owner (owner=? AND kind=? AND time_ms>? AND time_ms<?)',
    'SEARCH reading USING INDEX reading_by_owner (owner=? AND kind=?)',
    'SEARCH reading USING INDEX reading_by_time (time_ms=?)',
    // How many weigh-ins everybody has, once.
    'SEARCH reading USING INTEGER PRIMARY KEY (rowid<?)',
    'SEARCH reading USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)',
    'SEARCH reading USING INTEGER PRIMARY KEY (rowid>?)',
  ]);
});

test('what has not changed is not made anew', () => {
  const { dataDir, add } = storeOf(weight(1), weight(1, { kind: 'co2', value: 500, person: null }));
  const { answering: views } = answering(dataDir);
  for (const request of requests) {
    const first = views.reply(request);
    expect(views.reply(request)).toBe(first);
  }
  const before = requests.map((request) => views.reply(request));
  // One more exchange and nothing else: points are the same.
  add(weight(1));
  for (const [at, request] of requests.entries()) {
    expect({ request, same: views.reply(request) === before[at] }).toEqual({
      request,
      same: request.view === 'series',
    });
  }
});

test('what is kept for the next is bounded', () => {
  const { dataDir } = storeOf(...Array.from({ length: 3_000 }, (_, index) => weight(index)));
  const { answering: views } = answering(dataDir);
  const series = (sinceMs: number) =>
    views.reply({ view: 'series', query: { person, kinds: ['weight'], sinceMs } });
  const first = series(0);
  expect(series(0)).toBe(first);
  for (let sinceMs = 1; sinceMs < 160; sinceMs++) series(sinceMs);
  expect(series(0)).not.toBe(first);
  expect(series(159)).toBe(series(159));
});
