import { printable } from '../model/escape.js';
import { labelOf, unitSymbols } from '../model/quantity.js';
import type { KeptReading, Quality } from '../model/reading.js';
import { localTime, Table } from './output.js';

/** What a person is called whom a vendor has an id for: the name, or else the id. */
export type NameOf = (vendor: string, id: string) => string;

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

/** What one should know about a number, and how it is known whose it is. */
export function notesOf(
  { quality, candidates, vendor, owner, ownedBy, counts }: Omit<KeptReading, 'kind' | 'value' | 'unit'>,
  nameOf: NameOf,
): string {
  const said = quality.map((name) => notes[name]);
  if (candidates.length > 0) said.push(`of ${candidates.map((id) => nameOf(vendor, id)).join(', ')}`);
  if (ownedBy === 'weight') said.push('known by weight');
  if (ownedBy === 'hand') said.push(owner === null ? 'given to nobody' : 'given by hand');
  const deleted = quality.includes('deleted');
  if (counts === deleted) said.push(counts ? 'counts all the same' : 'does not count');
  return said.join(', ');
}

/** How many rows the width of the columns is found from, and are written at once. */
const PART = 1_000;

/** A table for people, the time in the zone of the machine. */
export function* tableLines(readings: readonly KeptReading[], nameOf: NameOf): Generator<string> {
  const table = new Table([
    { title: 'TIME' },
    { title: 'PERSON' },
    { title: 'DEVICE' },
    { title: 'WHAT' },
    { title: 'VALUE', align: 'right' },
    { title: 'NOTES' },
  ]);
  for (let from = 0; from === 0 || from < readings.length; from += PART) {
    yield table.lines(readings.slice(from, from + PART).map((reading) => row(reading, nameOf)));
  }
}

function row(reading: KeptReading, nameOf: NameOf): string[] {
  const { timeMs, owner, device, kind } = reading;
  return [
    localTime(timeMs),
    owner?.name ?? '',
    device,
    labelOf(kind),
    amount(reading),
    notesOf(reading, nameOf),
  ].map(printable);
}

/** `66.85 kg` */
export function amount({ value, unit }: Pick<KeptReading, 'value' | 'unit'>): string {
  return `${value} ${unitSymbols[unit]}`.trimEnd();
}

/** One JSON object a line. */
export function* jsonLines(readings: readonly KeptReading[]): Generator<string> {
  for (const { timeMs, person, owner, ownedBy, counts, device, vendor, ...rest } of readings) {
    const { kind, value, unit, quality, candidates, id, cloudId } = rest;
    const whose = { person, personName: owner?.name ?? null, device, vendor };
    const what = { kind, value, unit, quality, candidates, id, cloudId };
    const kept = { owner: owner?.key ?? null, ownedBy, counts };
    yield `${JSON.stringify({ time: new Date(timeMs).toISOString(), ...whose, ...what, ...kept })}\n`;
  }
}

const csvColumns =
  'time,person,person_name,device,vendor,kind,value,unit,quality,candidates,id,cloud_id,owner,owned_by,counts';

/** CSV by RFC 4180: a line of names first, lines end in CRLF. */
export function* csvLines(readings: readonly KeptReading[]): Generator<string> {
  yield `${csvColumns}\r\n`;
  for (const { timeMs, person, owner, ownedBy, counts, device, vendor, ...rest } of readings) {
    const { kind, value, unit, quality, candidates, id, cloudId } = rest;
    const time = new Date(timeMs).toISOString();
    const first = [time, person ?? '', owner?.name ?? '', device, vendor, kind].map(csvText);
    const then = [unit, quality.join(' '), candidates.join(' '), id, cloudId ?? ''].map(csvText);
    const kept = [owner?.key ?? '', ownedBy ?? '', String(counts)].map(csvText);
    yield `${[...first, String(value), ...then, ...kept].join(',')}\r\n`;
  }
}

/** Before what begins a formula, where a spreadsheet may see a cell begin, by whichever separator it takes. */
const formula = /^(?=[\t\r\n])|(?<=^|[;\t\r\n])(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g;

/** A text that a spreadsheet would take for a formula gets an apostrophe before it, by which it stays a text. */
function csvText(text: string): string {
  const safe = text.replace(formula, "'");
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
