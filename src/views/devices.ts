import type { DeviceTable } from '../store/schema.js';
import { answeredOf } from './exchanges.js';
import type { Household } from './household.js';
import { deviceKey, isVendor } from './household.js';
import { byKind, shownKind } from './kinds.js';
import type { Answers } from './shapes.js';

type Device = Answers['devices']['devices'][number];

/** The devices that exchanges have come from, and those that are known from readings alone; those seen last first. */
export function devices(house: Household): Answers['devices'] {
  const newest = new Map<string, Device['newest']>();
  const found = new Map<string, Device>();
  for (const row of house.newestOfScales()) {
    const of = deviceKey(row);
    const { vendor, device, kind, value, time_ms: timeMs } = row;
    if (!isVendor(vendor)) continue;
    newest.set(of, [...(newest.get(of) ?? []), { ...shownKind(kind), value, timeMs }]);
    found.set(of, { ...{ vendor, device }, ...unseen, newest: [] });
  }
  for (const row of house.db.devices()) {
    const { vendor, device } = row;
    if (isVendor(vendor)) found.set(deviceKey(row), { ...{ vendor, device }, ...seen(row), newest: [] });
  }
  const all = [...found].map(([of, device]) => ({ ...device, newest: byKind(newest.get(of) ?? []) }));
  return { devices: all.sort((a, b) => (b.lastSeenMs ?? 0) - (a.lastSeenMs ?? 0)) };
}

const unseen = { client: null, firstSeenMs: null, lastSeenMs: null, answered: null };

function seen(row: DeviceTable) {
  return {
    // Of an imported exchange nobody knows it.
    client: row.client === '' ? null : row.client,
    firstSeenMs: row.first_seen_us / 1000,
    lastSeenMs: row.last_seen_us / 1000,
    answered: answeredOf(row.answered),
  };
}
