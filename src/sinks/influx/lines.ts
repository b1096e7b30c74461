import type { Point } from './points.js';

/** A tag's name or value, or a field's name, whose text has been through `lineSafe`. */
function escaped(text: string): string {
  return text.replace(/[,= ]/g, '\\$&');
}

function fieldValue(value: number | string): string {
  return typeof value === 'number' ? String(value) : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * Points in line protocol, a line each, as the `influx` package writes them for 1.x: the write APIs of InfluxDB 2 and 3
 * take the same (docs.influxdata.com, "Line protocol"). Fields are sorted by name, times are as in the points.
 */
export function lines(points: readonly Point[]): string {
  return points
    .map(({ measurement, tags, fields, timestamp }) => {
      const key = Object.entries(tags).map(([name, value]) => `,${escaped(name)}=${escaped(value)}`);
      const values = Object.entries(fields)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `${escaped(name)}=${fieldValue(value)}`);
      return `${measurement}${key.join('')} ${values.join(',')} ${timestamp}`;
    })
    .join('\n');
}
