import type { IPoint } from 'influx';
import { fieldName } from '../../model/quantity.js';
import type { Reading } from '../../model/reading.js';

const measurement = 'scaletap';

/**
 * A text as it may stand in a tag or a field name. The line protocol has no way to write a control character (a
 * newline would start another point), a backslash at the end (it would swallow what follows) or an empty value.
 * So control characters, backslashes and `%` are written as `%` with the code in hexadecimal, and the empty text
 * as a lone `%`: two different texts stay different. The client library escapes commas, spaces and equals signs.
 */
export function lineSafe(text: string): string {
  if (text === '') return '%';
  return text.replace(/[%\\\p{Cc}\p{Cs}]/gu, (char) => {
    const code = char.charCodeAt(0).toString(16).toUpperCase();
    return `%${code.padStart(2, '0')}`;
  });
}

/** Why InfluxDB cannot take a reading at all, in words; undefined when it can. */
export function unwritable(reading: Reading): string | undefined {
  if (!Number.isFinite(reading.value)) return `the value ${reading.value} is not a finite number`;
  if (!Number.isSafeInteger(reading.timeMs)) return `the time ${reading.timeMs} is not in whole milliseconds`;
  return undefined;
}

function tags({ device, vendor, person }: Reading): { device: string; vendor: string; person?: string } {
  return {
    device: lineSafe(device),
    vendor,
    ...(person !== null && { person: lineSafe(person) }),
  };
}

interface Point {
  readonly tags: ReturnType<typeof tags>;
  readonly timestamp: string;
  readonly numbers: Record<string, number>;
  readonly quality: Set<string>;
}

/**
 * Readings as points of the measurement `scaletap`, times in milliseconds. The readings of one device, person
 * and time become one point with a field each, named by `fieldName`, which names every kind by construction.
 * All numbers are floats, so that no kind can change its type later; `quality` is there when it says something.
 */
export function points(batch: readonly Reading[]): IPoint[] {
  const points = new Map<string, Point>();
  for (const reading of batch) {
    const { vendor, device, person, timeMs } = reading;
    const key = JSON.stringify([vendor, device, person, timeMs]);
    let point = points.get(key);
    if (point === undefined) {
      // As text: the library takes the number 0 for no time at all.
      point = { tags: tags(reading), timestamp: String(timeMs), numbers: {}, quality: new Set() };
      points.set(key, point);
    }
    point.numbers[lineSafe(fieldName(reading.kind))] = reading.value;
    for (const quality of reading.quality) point.quality.add(quality);
  }
  return [...points.values()].map(({ tags, timestamp, numbers, quality }) => ({
    measurement,
    tags,
    timestamp,
    fields: quality.size === 0 ? numbers : { ...numbers, quality: [...quality].sort().join(',') },
  }));
}
