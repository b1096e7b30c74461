import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrations } from '../../src/store/migrations.js';
import { folder, openRaw, openStore } from './stores.js';

/** A folder with a database of form 3, as the version before people left it. */
function ofForm3(): string {
  const dataDir = folder();
  const db = openRaw(join(dataDir, 'scaletap.db'));
  for (const step of migrations.slice(0, 3)) db.exec(step);
  db.pragma('user_version = 3');
  const add = db.prepare(
    `INSERT INTO reading (id, kind, value, unit, time_ms, device, vendor, person, quality, exchange)
    VALUES (?, ?, ?, 'kg', ?, 'a', ?, ?, ?, 1)`,
  );
  add.run(['1', 'weight', 70, 1, 'withings', '1', null]);
  add.run(['2', 'weight', 71, 2, 'withings', '1', 'replayed,deleted']);
  add.run(['3', 'co2', 600, 2, 'withings', '1', null]);
  add.run(['4', 'weight', 80, 3, 'renpho', '1', null]);
  add.run(['5', 'weight', 90, 4, 'renpho', null, null]);
  add.run(['6', 'weight', 60, 5, 'renpho', `O'Neil ${'x'.repeat(100)}`, null]);
  db.prepare("INSERT INTO delivery (sink, seq) VALUES ('influx', 5)").run([]);
  const seen = db.prepare(
    `INSERT INTO exchange (started_at_us, ended_after_us, source, connection, client, upstream, answered, label,
      vendor, device, request_head, request_body, request_body_bytes, request_complete)
    VALUES (?, 1, ?, '', ?, '', ?, '', 'withings', 'a', x'', x'', 0, 1)`,
  );
  seen.run([5, 'live', '10.0.0.5', 'replayed']);
  seen.run([9, 'pull', '10.0.0.9', 'upstream']);
  seen.run([2, 'live', '10.0.0.2', 'upstream']);
  db.close();
  return dataDir;
}

test('a database of the form before is brought to the newest: with people, whose readings are, and devices', () => {
  const dataDir = ofForm3();
  const store = openStore(dataDir);
  const owners = store.readings.list().map(({ owner, ownedBy, counts }) => [owner?.key, ownedBy, counts]);
  expect(owners).toEqual([
    ['withings-1', 'vendor', true],
    ['withings-1', 'vendor', false],
    [undefined, null, true],
    ['renpho-1', 'vendor', true],
    [undefined, null, true],
    ['renpho-x6', 'vendor', true],
  ]);
  store.seed([]);
  const people = store.people.list();
  expect(people.map(({ name, origin }) => `${name} ${origin}`)).toEqual([
    'renpho 1 learnt',
    'renpho x6 learnt',
    'withings 1 learnt',
  ]);
  expect(new Set(people.map(({ colour }) => colour)).size).toBe(3);
  expect(openRaw(join(dataDir, 'scaletap.db')).prepare('SELECT * FROM device').all()).toEqual([
    {
      ...{ vendor: 'withings', device: 'a', first_seen_us: 2, last_seen_us: 5 },
      ...{ client: '10.0.0.5', answered: 'replayed' },
    },
  ]);
});

test('what sinks had under vendors’ user ids they take back, and get it under the names of people', () => {
  const { deliveries } = openStore(ofForm3());
  const taken = deliveries.retractions('influx', 9);
  expect(taken.map(({ retraction }) => retraction.owner?.slice(0, 9))).toEqual(['1', "O'Neil xx"]);
  deliveries.retracted('influx', taken.at(-1)?.id ?? 0);
  expect(deliveries.next('influx', 9).map(({ reading }) => reading.id)).toEqual(['1', '3', '4', '5', '6']);
  expect(deliveries.retractions('new', 9)).toEqual([]);
});
