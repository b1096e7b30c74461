/** A made-up family for the pictures of the README: its weights, over the rows of bench/house-of-years.mjs. */
import { join } from 'node:path';
import Libsql from 'libsql';
import { userId } from '../bench/house-of-years.mjs';

const DAY_MS = 86_400_000;

/** By the numbers of the people of the house. Kilograms, per cent of fat, metres, beats at rest. */
export const family = [
  { name: 'Marlene', kg: 63.5, lost: 1.5, fat: 27, height: 1.71, beats: 58, comes: 0.8 },
  { name: 'Jonas', kg: 81, lost: 7, fat: 21, height: 1.84, beats: 62, comes: 0.85 },
  { name: 'Ida', kg: 54.5, lost: -3, fat: 24, height: 1.66, beats: 64, comes: 0.6 },
];

/** What the requests of one visit of a scale are, with the bytes of both bodies, and how long its cloud takes in ms. */
const visit = [
  ['once', 10, 48, 71],
  ['session new', 135, 309, 118],
  ['measure', 488, 28, 96],
  ['v2/measure', 366, 28, 88],
  ['v2/weather', 32, 44, 143],
  ['session delete', 40, 28, 64],
];

/** Fills the house in `dataDir`, made up to `untilMs`, with people; `lastMs` is when its scale was last there. */
export function moveIn(dataDir, untilMs, lastMs) {
  const db = new Libsql(join(dataDir, 'scaletap.db'));
  db.exec('BEGIN');
  db.exec(
    'CREATE TEMP TABLE told (person TEXT, time_ms INTEGER, kind TEXT, value REAL, PRIMARY KEY (person, time_ms, kind))',
  );
  const tell = db.prepare('INSERT INTO told VALUES (?, ?, ?, ?)');
  const times = db.prepare(
    "SELECT time_ms FROM reading WHERE kind = 'weight' AND person = ? ORDER BY time_ms",
  );
  for (const [index, person] of family.entries()) {
    const user = userId(index + 1);
    const days = times.all([user]).map(({ time_ms }) => time_ms);
    for (const [timeMs, values] of weighed(person, days, untilMs, index + 1)) {
      for (const [kind, value] of Object.entries(values)) tell.run([user, timeMs, kind, value]);
    }
  }
  db.exec(`UPDATE reading SET value = told.value FROM told
    WHERE reading.person = told.person AND reading.time_ms = told.time_ms AND reading.kind = told.kind`);
  db.exec(`DELETE FROM reading WHERE person IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM told WHERE told.person = reading.person AND told.time_ms = reading.time_ms)`);
  // One that the vendor knew nothing of.
  db.exec(`UPDATE reading SET owned_by = 'weight', person = NULL WHERE person IS NOT NULL AND time_ms =
    (SELECT DISTINCT time_ms FROM reading WHERE person = '${userId(2)}' ORDER BY time_ms DESC LIMIT 1 OFFSET 1)`);
  visits(db, lastMs);
  db.exec('COMMIT');
  db.close();
}

/** What a person's body is told to be on the days that they come; what the scale makes of it fits together. */
function* weighed({ kg, lost, fat, height, beats, comes }, days, untilMs, seed) {
  const random = randomOf(seed);
  const around = () => random() + random() + random() - 1.5;
  let slow = 0;
  for (const timeMs of days) {
    slow = 0.97 * slow + 0.22 * around();
    const years = (untilMs - timeMs) / (365.25 * DAY_MS);
    // Most of what is lost was lost in the last two years; winters weigh something.
    const season = 0.7 * Math.cos(2 * Math.PI * years + 0.4);
    const weight = kg + lost * (1 / (1 + Math.exp(4 - 4.5 * years))) + season + slow + 0.5 * around();
    if (random() > comes && timeMs < days[days.length - 1]) continue;
    const fatPct = fat + 0.7 * (weight - kg) + 0.6 * around();
    const fatMass = (weight * fatPct) / 100;
    const lean = weight - fatMass;
    yield [
      timeMs,
      rounded({
        weight: [weight, 2],
        fat_ratio: [fatPct, 1],
        fat_mass: [fatMass, 2],
        fat_free_mass: [lean, 2],
        muscle_mass: [0.95 * lean, 2],
        bone_mass: [0.05 * lean, 2],
        water: [(73 * lean) / weight, 1],
        bmi: [weight / height ** 2, 1],
        visceral_fat: [fatPct / 5 + 0.6 * around(), 1],
        heart_rate: [beats + 4 * around(), 0],
        impedance: [560 - 2 * (weight - kg) + 14 * around(), 0],
        bmr: [370 + 21.6 * lean, 0],
      }),
    ];
  }
}

function rounded(values) {
  return Object.fromEntries(
    Object.entries(values).map(([kind, [value, decimals]]) => [kind, Number(value.toFixed(decimals))]),
  );
}

/** The newest exchanges as visits of the scale, one of them while the cloud was away. */
function visits(db, lastMs) {
  const edit = db.prepare(`UPDATE exchange SET label = ?, request_body_bytes = ?, response_body_bytes = ?,
    started_at_us = ?, response_after_us = ?, ended_after_us = ?, answered = ? WHERE id = ?`);
  const random = randomOf(9);
  const newest = db.prepare('SELECT id FROM exchange ORDER BY id DESC LIMIT ?').all([visit.length * 10]);
  let endedMs = lastMs;
  for (const [index, { id }] of newest.entries()) {
    const step = visit.length - 1 - (index % visit.length);
    const [label, request, response, tookMs] = visit[step];
    if (step === visit.length - 1 && index > 0) endedMs -= 60_000 + 900_000 * random();
    const away = Math.floor(index / visit.length) === 1;
    const afterUs = Math.round(away ? 3000 + 4000 * random() : 1000 * tookMs * (0.8 + 0.5 * random()));
    endedMs -= 180 + afterUs / 1000;
    const startedUs = Math.round(endedMs * 1000);
    edit.run([
      label,
      request,
      response,
      startedUs,
      afterUs,
      afterUs + 700,
      away ? 'replayed' : 'upstream',
      id,
    ]);
  }
}

/** Numbers from 0 to 1 that come in the same order each time (a linear congruence, Numerical Recipes' constants). */
function randomOf(seed) {
  let state = seed * 7919;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
