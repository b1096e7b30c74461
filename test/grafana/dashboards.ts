import { readdirSync, readFileSync } from 'node:fs';

/** A dashboard's JSON, as far as the tests look. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly time: { readonly from: string; readonly to: string };
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}

interface Variable {
  readonly type: string;
  readonly name: string;
  readonly query: string;
  readonly datasource?: DataSource;
  readonly multi: boolean;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: DataSource;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly repeat?: string;
  readonly targets?: readonly Target[];
}

interface DataSource {
  readonly type: string;
  readonly uid: string;
}

export interface Target {
  readonly refId: string;
  readonly datasource: DataSource;
  readonly rawQuery: boolean;
  readonly query: string;
  readonly resultFormat: string;
  readonly alias?: string;
}

const folder = new URL('../../grafana/dashboards/', import.meta.url);

export const dashboards = new Map<string, Dashboard>(
  readdirSync(folder)
    .sort()
    .map((file) => [file, JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Dashboard]),
);

/** Values of variables, by name: several stand for a variable with several values chosen. */
export type Values = Readonly<Record<string, readonly string[]>>;

/** Text as it is in a regular expression of InfluxQL: Grafana escapes slashes and dashes too. */
function escapeRegex(text: string): string {
  return text.replace(/[-/\\^$*+?.()|[\]{}]/g, '\\$&');
}

/**
 * A query as Grafana sends it (grafana/grafana, the InfluxDB data source for InfluxQL): the time filter in milliseconds,
 * the interval as a duration, and a variable of several values as an alternation of escaped texts.
 */
export function expanded(
  query: string,
  { from, to, interval, values }: { from: string; to: string; interval: string; values: Values },
): string {
  const text = query
    .replaceAll('$timeFilter', `time >= ${Date.parse(from)}ms and time <= ${Date.parse(to)}ms`)
    .replaceAll('$__interval', interval)
    .replace(
      /\$(person|device|vendor)\b/g,
      (_, name: string) => `(${(values[name] ?? []).map(escapeRegex).join('|')})`,
    );
  const left = /\$(?!\/)\S*/.exec(text)?.[0];
  if (left !== undefined) throw new Error(`nothing stands for ${left} in ${query}`);
  return text;
}
