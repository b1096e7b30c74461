import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import { exchange, post } from '../transfer/exchanges.js';
import { folder, openRaw, openStore, scripted } from './stores.js';

const knock = exchange({ request: post('/cgi-bin/once', 'action=get'), source: 'scale' });

/** An exchange at a second. */
const at = (second: number, given: Partial<Exchange> = {}): Exchange => ({
  ...knock,
  startedAtUs: second * 1_000_000,
  client: `10.0.0.${second}`,
  answered: 'upstream',
  ...given,
});

/** A store whose exchanges come from the device that the client is, and what it knows of devices. */
function storeOf() {
  const dataDir = folder();
  const store = openStore(
    dataDir,
    scripted(({ connection }) => ({ device: connection === '' ? null : connection })),
  );
  const raw = openRaw(join(dataDir, 'scaletap.db'));
  const devices = () =>
    raw.prepare('SELECT * FROM device ORDER BY device').all() as Record<string, unknown>[];
  return { store, devices };
}

test('a device is known by its first and last exchange, in whichever order they come', () => {
  const { store, devices } = storeOf();
  const one = { connection: 'a' };
  store.journal.commit([at(5, one), at(9, { ...one, answered: 'replayed' }), at(7, one)]);
  store.journal.commit([at(2, one)]);
  store.journal.commit([at(4, { connection: 'b' }), at(4, { connection: '' })]);
  const times = { first_seen_us: 2_000_000, last_seen_us: 9_000_000 };
  expect(devices()).toEqual([
    { vendor: 'withings', device: 'a', ...times, client: '10.0.0.9', answered: 'replayed' },
    expect.objectContaining({ device: 'b', client: '10.0.0.4' }),
  ]);
});

test('what we ask a cloud for ourselves is no call of a device', () => {
  const { store, devices } = storeOf();
  store.journal.commit(['pull', 'catch-up'].map((source) => at(1, { connection: 'a', source })));
  expect(devices()).toEqual([]);
});

test('nothing is known of an exchange that was not kept', () => {
  const { store, devices } = storeOf();
  expect(() => store.journal.commit([at(1, { connection: 'a' })], { wanted: () => false })).toThrow();
  expect(devices()).toEqual([]);
  store.journal.commit([at(1, { connection: 'a' })]);
  expect(devices()).toHaveLength(1);
});
