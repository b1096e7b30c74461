import { hash } from 'node:crypto';
import { printable } from '../model/escape.js';
import { fieldName, isOfScale } from '../model/quantity.js';
import type { KeptReading } from '../model/reading.js';
import type { WeighInKey } from '../model/weigh-in.js';
import { weighInId } from '../model/weigh-in.js';
import { localTime, Table } from './output.js';
import type { NameOf } from './reading-formats.js';
import { amount, notesOf } from './reading-formats.js';

/** What one device said of one user, or of nobody, at one time. */
export interface ListedWeighIn {
  /** Short enough to be typed, and nothing that a command line takes for a flag. See {@link timeOf}. */
  readonly id: string;
  /** At least one, none about the scale or the room. */
  readonly readings: readonly [KeptReading, ...KeptReading[]];
}

/** Readings as the weigh-ins that they make up, in their order. */
export function weighInsIn(readings: readonly KeptReading[]): readonly ListedWeighIn[] {
  const found = new Map<string, [KeptReading, ...KeptReading[]]>();
  for (const reading of readings) {
    if (isOfScale(reading.kind)) continue;
    const id = shortId(reading);
    const others = found.get(id);
    if (others) others.push(reading);
    else found.set(id, [reading]);
  }
  return [...found].map(([id, of]) => ({ id, readings: of }));
}

/** Eight digits that tell apart what was at one time, and the time, by which it is found. */
export function shortId(key: WeighInKey): string {
  return `${hash('sha256', weighInId(key)).slice(0, 8)}-${key.timeMs.toString(36)}`;
}

/** The time in the id of a weigh-in, in milliseconds since the Unix epoch; null for any other text. */
export function timeOf(id: string): number | null {
  const [, time] = /^[0-9a-f]{8}-(-?[0-9a-z]{1,11})$/.exec(id) ?? [];
  return time === undefined ? null : Number.parseInt(time, 36);
}

/** A table for people, the time in the zone of the machine. */
export function weighInTable(weighIns: readonly ListedWeighIn[], nameOf: NameOf): string {
  const table = new Table([
    { title: 'ID' },
    { title: 'TIME' },
    { title: 'PERSON' },
    { title: 'WEIGHT', align: 'right' },
    { title: 'FAT', align: 'right' },
    { title: 'DEVICE' },
    { title: 'NOTES' },
  ]);
  const rows = weighIns.map((weighIn) => {
    const { id, readings } = weighIn;
    const [{ timeMs, owner, device }] = readings;
    const values = (['weight', 'fat_ratio'] as const).map((kind) => {
      const found = readings.find((reading) => reading.kind === kind);
      return found === undefined ? '' : amount(found);
    });
    const notes = notesOf(whole(weighIn), nameOf);
    return [id, localTime(timeMs), owner?.name ?? '', ...values, device, notes].map(printable);
  });
  return table.lines(rows);
}

/** One JSON object. */
export function weighInJson(weighIn: ListedWeighIn): string {
  const { timeMs, person, owner, ownedBy, counts, device, vendor, quality, candidates } = whole(weighIn);
  const whose = { person, personName: owner?.name ?? null, device, vendor };
  const kept = { owner: owner?.key ?? null, ownedBy, counts };
  const values = Object.fromEntries(weighIn.readings.map(({ kind, value }) => [fieldName(kind), value]));
  const time = new Date(timeMs).toISOString();
  return JSON.stringify({ id: weighIn.id, time, ...whose, quality, candidates, ...kept, values });
}

/** What holds of all its readings. */
function whole({ readings }: ListedWeighIn): KeptReading {
  const [first] = readings;
  const quality = [...new Set(readings.flatMap((reading) => reading.quality))];
  return { ...first, quality, counts: readings.some(({ counts }) => counts) };
}
