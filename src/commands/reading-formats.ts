import { printable } from '../model/escape.js';
import { labelOf, unitSymbols } from '../model/quantity.js';
import type { Quality, Reading } from '../model/reading.js';
import { localTime, Table } from './output.js';

/** A reading with the short name of its person, if the vendor has told it. */
export interface NamedReading extends Reading {
  readonly personName: string | null;
}

const notes: Readonly<Record<Quality, string>> = {
  replayed: 'answered by scaletap',
  'ambiguous-person': 'not sure who',
  unverified: 'not verified',
  'future-time': 'time in the future',
  'server-time': 'time of the server',
  'arrival-time': 'time of arrival',
  'typed-in': 'typed in by hand',
  deleted: 'deleted in the app',
  'shifted-time': 'time off by whole hours',
};

/** How many rows the width of the columns is found from, and are written at once. */
const PART = 1_000;

/** A table for people, the time in the zone of the machine. */
export function* tableLines(readings: readonly NamedReading[]): Generator<string> {
  const table = new Table([
    { title: 'TIME' },
    { title: 'PERSON' },
    { title: 'DEVICE' },
    { title: 'WHAT' },
    { title: 'VALUE', align: 'right' },
    { title: 'NOTES' },
  ]);
  for (let from = 0; from === 0 || from < readings.length; from += PART) {
    yield table.lines(readings.slice(from, from + PART).map(row));
  }
}

function row({ timeMs, person, personName, device, kind, value, unit, quality, candidates }: NamedReading) {
  const who = candidates.length > 0 ? [`of ${candidates.join(', ')}`] : [];
  return [
    localTime(timeMs),
    personName ?? person ?? '',
    device,
    labelOf(kind),
    `${value} ${unitSymbols[unit]}`.trimEnd(),
    [...quality.map((name) => notes[name]), ...who].join(', '),
  ].map(printable);
}

/** One JSON object a line. */
export function* jsonLines(readings: readonly NamedReading[]): Generator<string> {
  for (const {
    timeMs,
    person,
    personName,
    device,
    vendor,
    kind,
    value,
    unit,
    quality,
    candidates,
    id,
    cloudId,
  } of readings) {
    const time = new Date(timeMs).toISOString();
    const what = { kind, value, unit, quality, candidates, id, cloudId };
    yield `${JSON.stringify({ time, person, personName, device, vendor, ...what })}\n`;
  }
}

const csvColumns = 'time,person,person_name,device,vendor,kind,value,unit,quality,candidates,id,cloud_id';

/** CSV by RFC 4180: a line of names first, lines end in CRLF. */
export function* csvLines(readings: readonly NamedReading[]): Generator<string> {
  yield `${csvColumns}\r\n`;
  for (const {
    timeMs,
    person,
    personName,
    device,
    vendor,
    kind,
    value,
    unit,
    quality,
    candidates,
    id,
    cloudId,
  } of readings) {
    const texts = [new Date(timeMs).toISOString(), person ?? '', personName ?? '', device, vendor, kind].map(
      csvText,
    );
    const rest = [unit, quality.join(' '), candidates.join(' '), id, cloudId ?? ''].map(csvText);
    yield `${[...texts, String(value), ...rest].join(',')}\r\n`;
  }
}

/** A text that a spreadsheet would take for a formula gets an apostrophe before it, by which it stays a text. */
function csvText(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
