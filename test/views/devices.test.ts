import { expect, test } from 'vitest';
import { openRaw, weight } from '../store/stores.js';
import { exchange, post } from '../transfer/exchanges.js';
import { asker, capturedStore, storeOf } from './houses.js';

const view = { view: 'devices' } as const;

test('the scales of the captures, those seen last first, with the newest of what they say of themselves', async () => {
  const { devices } = asker(await capturedStore())(view);
  expect(
    devices.map(({ device, lastSeenMs, newest }) => [
      device,
      new Date(lastSeenMs ?? 0).toISOString(),
      newest.map(({ kind, value }) => `${kind} ${value}`),
    ]),
  ).toEqual([
    [
      '00:24:e4:00:00:50',
      '2013-12-14T20:30:21.000Z',
      ['co2 655', 'room_temperature 20.2', 'battery 64', 'firmware 1521'],
    ],
    ['00:24:e4:00:00:01', '2013-03-20T03:47:22.000Z', ['battery 95', 'battery_voltage 5915', 'firmware 211']],
    ['00:24:e4:ff:fc:01', '2010-09-04T00:02:27.000Z', ['battery 88', 'firmware 100']],
  ]);
  // Nobody knows where an imported exchange came from.
  expect(devices[0]).toMatchObject({ vendor: 'withings', client: null, answered: 'upstream' });
});

test('where it called from last, and how it was answered', async () => {
  const store = await capturedStore();
  const ask = asker(store);
  const before = ask(view).devices[1];
  const session = 'action=new&auth=00:24:e4:00:00:01&duration=30&hash=00000000000000000000000000000000';
  const request = post('/cgi-bin/session', session);
  store.journal.commit([exchange({ request, client: '192.0.2.9:4711', answered: 'replayed' })]);
  expect(before).toMatchObject({ client: null, answered: 'upstream' });
  expect(ask(view).devices[0]).toMatchObject({
    device: '00:24:e4:00:00:01',
    answered: 'replayed',
    client: '192.0.2.9:4711',
    firstSeenMs: before?.firstSeenMs,
    lastSeenMs: 1_767_225_600_000.123,
  });
});

test('the newest is that by time, also of what comes later', () => {
  const battery = (index: number, value: number) => weight(index, { kind: 'battery', value, person: null });
  const { store, add } = storeOf(battery(5, 50));
  const ask = asker(store);
  const values = () => ask(view).devices.map(({ newest }) => newest.map(({ value }) => value));
  expect(values()).toEqual([[50]]);
  add(battery(3, 30));
  expect(values()).toEqual([[50]]);
  add(battery(7, 70));
  expect(values()).toEqual([[70]]);
});

test('one that is known from readings alone was not seen, and one of a vendor that nobody knows is not shown', () => {
  const { store } = storeOf(weight(1, { kind: 'co2', value: 500, person: null }));
  const raw = openRaw(store.file);
  raw.exec("DELETE FROM device; INSERT INTO device VALUES ('other', 'x', 1, 2, '', 'upstream')");
  expect(asker(store)(view).devices).toEqual([
    {
      vendor: 'withings',
      device: '00:24:e4:00:00:01',
      client: null,
      firstSeenMs: null,
      lastSeenMs: null,
      answered: null,
      newest: [{ kind: 'co2', label: 'CO2', unit: 'ppm', value: 500, timeMs: weight(1).timeMs }],
    },
  ]);
});
