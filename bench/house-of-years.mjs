/**
 * Makes a database as a house has it after years: daily weigh-ins of a family, CO2 and temperature of the bedroom, and
 * exchanges. Rows are made by SQL, so that ten years take seconds. Needs the built dist/.
 *
 *     node bench/house-of-years.mjs FOLDER [YEARS [EXCHANGES]]
 */
import { join, resolve } from 'node:path';
import Libsql from 'libsql';

const DAY_MS = 86_400_000;
const SCALE = '00:24:e4:00:00:01';

/** What each weigh-in has, with the sums that its values are made of: the base, and how much they swing. */
const kinds = [
  ['weight', 'kg', 70, 3],
  ['fat_ratio', 'pct', 22, 2],
  ['fat_mass', 'kg', 15, 2],
  ['fat_free_mass', 'kg', 55, 2],
  ['muscle_mass', 'kg', 50, 2],
  ['bone_mass', 'kg', 3, 0.1],
  ['water', 'pct', 55, 2],
  ['bmi', 'kgm2', 23, 1],
  ['visceral_fat', '', 7, 1],
  ['heart_rate', 'bpm', 60, 8],
  ['impedance', 'ohm', 520, 20],
  ['bmr', 'kcal', 1600, 50],
];

/**
 * Fills the database of a folder, which is made by `Store` of the built scaletap when it is not there. Four people step
 * on one scale each day up to `untilMs`; each half hour it measures CO2 and temperature.
 */
export async function makeHouse(
  dataDir,
  { years = 10, people = 4, exchanges = 1_000_000, untilMs = Date.UTC(2026, 0, 1) } = {},
) {
  const { Store } = await import('../dist/store/store.js');
  new Store(dataDir, () => undefined, { create: true }).close();
  const db = new Libsql(join(dataDir, 'scaletap.db'));
  const days = Math.round(years * 365.25);
  const fromMs = untilMs - days * DAY_MS;
  db.pragma('synchronous = OFF');
  db.exec('BEGIN');
  addPeople(db, people);
  addWeighIns(db, { days, people, fromMs });
  addRoom(db, { days, fromMs });
  addExchanges(db, { exchanges, fromMs, untilMs });
  db.exec('COMMIT');
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

function addPeople(db, people) {
  const person = db.prepare(
    "INSERT INTO person (key, origin, name, named_by) VALUES ('withings-' || ?, 'learnt', 'Person ' || ?, 'vendor')",
  );
  const id = db.prepare("INSERT INTO person_id (vendor, user_id, person) VALUES ('withings', ?, ?)");
  for (let number = 1; number <= people; number++) {
    const { lastInsertRowid } = person.run([userId(number), String(number)]);
    id.run([userId(number), Number(lastInsertRowid)]);
  }
}

function addWeighIns(db, { days, people, fromMs }) {
  db.exec('CREATE TEMP TABLE quantity (kind TEXT, unit TEXT, base REAL, swing REAL)');
  const quantity = db.prepare('INSERT INTO quantity VALUES (?, ?, ?, ?)');
  for (const each of kinds) quantity.run(each);
  db.exec(`
    INSERT INTO reading (id, kind, value, unit, time_ms, device, vendor, person, exchange, owner, owned_by)
    WITH day(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM day WHERE n < ${days - 1})
    SELECT
      printf('w%021x', (n * ${people} + person_id.person) * 64 + quantity.rowid),
      kind, round(base + 4 * person_id.person + swing * sin(n / 40.0 + person_id.person) + (n * 7919 % 13) / 20.0, 2),
      unit, ${fromMs} + n * ${DAY_MS} + (6 * 60 + 7 * person_id.person + n % 5) * 60000,
      '${SCALE}', 'withings', user_id, n * 48 + 12, person_id.person, 'vendor'
    FROM day, person_id, quantity
    ORDER BY n, person_id.person, quantity.rowid`);
}

function addRoom(db, { days, fromMs }) {
  db.exec(`
    INSERT INTO reading (id, kind, value, unit, time_ms, device, vendor, exchange)
    WITH half(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM half WHERE n < ${days * 48 - 1}),
      room(kind, unit, base, swing) AS (VALUES ('co2', 'ppm', 800, 300), ('room_temperature', 'c', 19, 3))
    SELECT printf('%s%020x', substr(kind, 1, 2), n), kind, round(base + swing * sin(n / 24.0), 1), unit,
      ${fromMs} + n * 1800000, '${SCALE}', 'withings', n
    FROM half, room
    ORDER BY n`);
}

function addExchanges(db, { exchanges, fromMs, untilMs }) {
  if (exchanges === 0) return;
  const gapUs = Math.floor(((untilMs - fromMs) * 1000) / exchanges);
  db.exec(`
    INSERT INTO exchange (started_at_us, response_after_us, ended_after_us, source, connection, client, upstream,
      answered, vendor, label, device, verdict, request_head, request_body, request_body_bytes, request_complete,
      response_head, response_body, response_body_bytes, response_complete)
    WITH each(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM each WHERE n < ${exchanges - 1})
    SELECT ${fromMs * 1000} + n * ${gapUs}, 90000, 91000, 'live', 'c' || (n / 3), '192.0.2.9:4711',
      'scalews.withings.net 198.51.100.1:80', iif(n % 50 = 0, 'replayed', 'upstream'), 'withings',
      iif(n % 3 = 0, 'once', iif(n % 3 = 1, 'session new', 'session delete')), '${SCALE}', 'verified',
      CAST('POST /cgi-bin/once HTTP/1.1' || x'0d0a' || 'Host: scalews.withings.net' || x'0d0a' ||
        'Content-Length: 10' || x'0d0a0d0a' AS BLOB),
      CAST('action=get' AS BLOB), 10, 1,
      CAST('HTTP/1.1 200 OK' || x'0d0a' || 'Content-Length: 45' || x'0d0a0d0a' AS BLOB),
      CAST('{"status":0,"body":{"once":"' || printf('%08x-%08x', n, n * 31) || '"}}' AS BLOB), 45, 1
    FROM each`);
  db.exec(`
    INSERT INTO device SELECT vendor, device, min(started_at_us), max(started_at_us), client, answered
    FROM exchange WHERE id IN (SELECT min(id) FROM exchange UNION SELECT max(id) FROM exchange)
    GROUP BY vendor, device`);
}

/** The vendor's id of a person by number, with eight digits as Withings' have. */
export function userId(number) {
  return String(11_111_111 * number);
}

if (process.argv[1] === import.meta.filename) {
  const [folder, years = '10', exchanges = '1000000'] = process.argv.slice(2);
  if (folder === undefined) {
    console.error('usage: node bench/house-of-years.mjs FOLDER [YEARS [EXCHANGES]]');
    process.exit(2);
  }
  await makeHouse(resolve(folder), { years: Number(years), exchanges: Number(exchanges) });
}
