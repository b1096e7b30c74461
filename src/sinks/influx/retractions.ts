import type { Retraction } from '../../model/retraction.js';
import { lineSafe, measurement, type Point, pointTags } from './points.js';

/** InfluxDB keeps times in nanoseconds of 64 bits: what lies outside of these milliseconds is not there. */
const MOST_MS = 9_223_372_036_854;

/** Each retraction once, without those of times that InfluxDB cannot hold. */
export function distinct(retractions: readonly Retraction[]): Retraction[] {
  const found = new Map<string, Retraction>();
  for (const each of retractions) {
    if (each.of === 'weigh-in' && !(Number.isSafeInteger(each.timeMs) && Math.abs(each.timeMs) <= MOST_MS))
      continue;
    found.set(JSON.stringify(each), each);
  }
  return [...found.values()];
}

/** The tags that points to be deleted have. Of a weigh-in it is all of that device and time, whosever it is. */
function tagsOf(retraction: Retraction): [name: string, value: string][] {
  if (retraction.of === 'person') return [['person', lineSafe(retraction.owner)]];
  return [
    ['vendor', retraction.vendor],
    ['device', lineSafe(retraction.device)],
  ];
}

/**
 * A statement of InfluxQL for 1.x. Values of tags have been through `lineSafe`, so that quotes alone are left to be
 * escaped (docs.influxdata.com, InfluxDB v1, "Line protocol" and "InfluxQL reference").
 */
export function deleteStatement(retraction: Retraction): string {
  const conditions = tagsOf(retraction).map(([name, value]) => `"${name}" = '${value.replace(/'/g, "\\'")}'`);
  if (retraction.of === 'weigh-in') conditions.push(`time = ${retraction.timeMs}ms`);
  return `DELETE FROM "${measurement}" WHERE ${conditions.join(' AND ')}`;
}

/**
 * The body of a request to InfluxDB 2, which takes one condition a request (docs.influxdata.com, InfluxDB v2, "Delete
 * predicate syntax"; influxdata/influxdb, `predicate/parser.go` and `http/delete_handler.go`): tags that are equal,
 * joined by AND, with the values in double quotes. The documents do not say whether `stop` is still deleted: a
 * nanosecond later there is nothing of ours.
 */
export function deleteRequest(
  retraction: Retraction,
): Readonly<Record<'start' | 'stop' | 'predicate', string>> {
  const conditions = tagsOf(retraction).map(([name, value]) => `"${name}"="${value.replace(/"/g, '\\"')}"`);
  const predicate = [`_measurement="${measurement}"`, ...conditions].join(' AND ');
  const [from, to] =
    retraction.of === 'person' ? [-MOST_MS, MOST_MS] : [retraction.timeMs, retraction.timeMs];
  return {
    start: new Date(from).toISOString(),
    stop: new Date(to).toISOString().replace('Z', '000001Z'),
    predicate,
  };
}

/** Where nothing can be deleted: the point of a weigh-in, for the quality `retracted` to be written onto it. */
export function mark(retraction: Retraction & { readonly of: 'weigh-in' }): Point {
  const { vendor, device, timeMs, owner } = retraction;
  return {
    measurement,
    tags: pointTags({ vendor, device, person: owner }),
    timestamp: String(timeMs),
    fields: { quality: 'retracted' },
  };
}
