import { fieldName } from '../../model/quantity.js';
import type { KeptReading } from '../../model/reading.js';
import type { RelayPoint } from '../sink.js';

export const measurement = 'scaletap';
const relayMeasurement = 'scaletap_relay';

/**
 * A text as it may stand in a tag or a field name. The line protocol has no way to write a control character (a
 * newline would start another point), a backslash at the end (it would swallow what follows) or an empty value.
 * So control characters, backslashes and `%` are written as `%` with the code in hexadecimal, and the empty text
 * as a lone `%`: two different texts stay different. Commas, spaces and equals signs are escaped by the writer.
 */
export function lineSafe(text: string): string {
  if (text === '') return '%';
  return text.replace(/[%\\\p{Cc}\p{Cs}]/gu, (char) => {
    const code = char.charCodeAt(0).toString(16).toUpperCase();
    return `%${code.padStart(2, '0')}`;
  });
}

/** Why InfluxDB cannot take one of the readings at all, in words; undefined when it can take them all. */
export function unwritable(batch: readonly KeptReading[]): string | undefined {
  for (const { value, timeMs } of batch) {
    if (!Number.isFinite(value)) return `the value ${value} is not a finite number`;
    if (!Number.isSafeInteger(timeMs)) return `the time ${timeMs} is not in whole milliseconds`;
  }
  return undefined;
}

/** A point, as the `influx` package takes it and {@link lines} writes it. */
export interface Point {
  readonly measurement: string;
  readonly tags: Record<string, string>;
  /** Milliseconds since the Unix epoch, as text: the package takes the number 0 for no time at all. */
  readonly timestamp: string;
  readonly fields: Record<string, number | string>;
}

/** The tags of a point; `person` is the name of whose it is. */
export function pointTags(of: {
  readonly device: string;
  readonly vendor: string;
  readonly person: string | null;
}): Record<string, string> {
  const { device, vendor, person } = of;
  return {
    device: lineSafe(device),
    vendor,
    ...(person !== null && { person: lineSafe(person) }),
  };
}

interface OpenPoint {
  readonly tags: Record<string, string>;
  readonly timestamp: string;
  readonly numbers: Record<string, number>;
  readonly quality: Set<string>;
}

/**
 * Readings as points of the measurement `scaletap`, times in milliseconds. The readings of one device, owner and time
 * become one point with a field each, named by `fieldName`, which names every kind by construction. All numbers are
 * floats, so that no kind can change its type later. `quality` is there when it says something; `always` writes it
 * empty where it does not, over what may have been there.
 */
export function points(
  batch: readonly KeptReading[],
  quality: 'always' | 'when-told' = 'when-told',
): Point[] {
  const points = new Map<string, OpenPoint>();
  for (const reading of batch) {
    const { vendor, device, owner, timeMs } = reading;
    const person = owner?.name ?? null;
    const key = JSON.stringify([vendor, device, person, timeMs]);
    let point = points.get(key);
    if (point === undefined) {
      const tags = pointTags({ device, vendor, person });
      point = { tags, timestamp: String(timeMs), numbers: {}, quality: new Set() };
      points.set(key, point);
    }
    point.numbers[lineSafe(fieldName(reading.kind))] = reading.value;
    for (const each of reading.quality) point.quality.add(each);
  }
  return [...points.values()].map(({ tags, timestamp, numbers, quality: said }) => ({
    measurement,
    tags,
    timestamp,
    fields:
      said.size === 0 && quality === 'when-told'
        ? numbers
        : { ...numbers, quality: [...said].sort().join(',') },
  }));
}

/** The relay's own numbers as points of a measurement of their own; all are floats. */
export function relayPoints(given: readonly RelayPoint[]): Point[] {
  return given.map(({ timeMs, tags, fields }) => ({
    measurement: relayMeasurement,
    tags: Object.fromEntries(Object.entries(tags).map(([name, text]) => [name, lineSafe(text)])),
    timestamp: String(timeMs),
    fields,
  }));
}
