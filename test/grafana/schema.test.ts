import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { fieldName, type KnownKind, quantities } from '../../src/model/quantity.js';
import { dashboards } from './dashboards.js';

// What Grafana asks of a dashboard before it asks InfluxDB anything. No Grafana can be had here.

const all = [...dashboards];
const fields = Object.keys(quantities).map((kind) => fieldName(kind as KnownKind));
/** The measurements, with their tags and fields. */
const measurements = new Map<string, Set<string>>([
  ['scaletap', new Set(['device', 'person', 'quality', ...fields])],
  [
    'scaletap_relay',
    new Set([
      ...['vendor', 'answered', 'reason', 'sink'],
      ...['exchanges', 'with_reason', 'p50_ms', 'p99_ms', 'max_ms', 'backlog'],
    ]),
  ],
]);

test('there are three, with an id of their own', () => {
  expect(all.map(([file, { uid }]) => [file, uid])).toEqual([
    ['devices.json', 'scaletap-devices'],
    ['people.json', 'scaletap-people'],
    ['relay.json', 'scaletap-relay'],
  ]);
});

describe.each(all)('%s', (_, { panels, templating, schemaVersion, time }) => {
  const variables = templating.list.map(({ name }) => name);
  const targets = panels.flatMap((panel) => panel.targets ?? []);
  const queries = [...targets, ...templating.list.filter(({ type }) => type === 'query')].map(
    ({ query }) => query,
  );

  test('every panel has an id, a title, and a place of its own on a grid of 24', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      expect(title).not.toBe('');
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken).not.toContain(`${x},${y}`);
          taken.add(`${x},${y}`);
        }
      }
    }
    expect({ schemaVersion, time }).toMatchObject({ schemaVersion: 39, time: { to: 'now' } });
  });

  test('every query goes to the data source that is chosen above', () => {
    expect(templating.list[0]).toMatchObject({ type: 'datasource', name: 'datasource', query: 'influxdb' });
    const chosen = { type: 'influxdb', uid: `\${datasource}` };
    for (const { datasource } of templating.list.slice(1)) expect(datasource).toEqual(chosen);
    for (const { type, datasource, targets: asked = [] } of panels) {
      if (type === 'row') continue;
      expect(datasource).toEqual(chosen);
      expect(new Set(asked.map(({ refId }) => refId)).size).toBe(asked.length);
      for (const target of asked) expect(target).toMatchObject({ datasource: chosen, rawQuery: true });
    }
  });

  test('tables are asked for as tables, and nothing else is', () => {
    const formats = panels.flatMap(({ type, targets: asked = [] }) =>
      asked.map(({ resultFormat }) => [type === 'table' ? 'table' : 'time_series', resultFormat]),
    );
    for (const [wanted, format] of formats) expect(format).toBe(wanted);
  });

  test('variables are there, take several values, and stand in anchored expressions', () => {
    for (const query of queries) {
      for (const [, name = ''] of query.matchAll(/\$(\w+)/g)) {
        if (name === 'timeFilter' || name === '__interval') continue;
        expect(variables).toContain(name);
        expect(query).toContain(`"${name}" =~ /^$${name}$/`);
      }
    }
    for (const { type, name, multi } of templating.list)
      if (type === 'query') expect({ name, multi }).toEqual({ name, multi: true });
    for (const { repeat } of panels) if (repeat !== undefined) expect(variables).toContain(repeat);
  });

  test('every name is quoted, and is a tag, a field that scaletap writes, or a title', () => {
    const words =
      /^(SELECT|FROM|WHERE|AND|GROUP|ORDER|BY|AS|DESC|LIMIT|FILL|none|time|field|SHOW|TAG|VALUES|WITH|KEY|LAST|MAX|MEAN|SUM|COUNT|MOVING_AVERAGE|\d+)$/;
    for (const query of queries) {
      const titles = [...query.matchAll(/ AS "([^"]+)"/g)].map(([, title]) => title);
      const bare = query.replace(/"[^"]*"|'replayed'|=~ \/[^/]*\/|\$\w+/g, ' ').match(/\w+/g) ?? [];
      expect(bare.filter((word) => !words.test(word))).toEqual([]);
      const names = [...query.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name);
      const froms = new Set([...query.matchAll(/FROM "([^"]+)"/g)].map(([, from = '']) => from));
      expect(froms.size).toBe(1);
      const [from = ''] = froms;
      const known = measurements.get(from);
      expect(names.filter((name) => name !== from && !known?.has(name) && !titles.includes(name))).toEqual(
        [],
      );
    }
  });
});

describe('the provisioning', () => {
  const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

  test('has an InfluxQL data source', () => {
    expect(parse(text('grafana/provisioning/datasources/scaletap.yaml'))).toEqual({
      apiVersion: 1,
      datasources: [
        {
          name: 'scaletap',
          uid: 'scaletap',
          type: 'influxdb',
          access: 'proxy',
          url: 'http://localhost:8086',
          database: 'scaletap',
          jsonData: { dbName: 'scaletap', httpMode: 'GET' },
        },
      ],
    });
  });

  test('has the dashboards where compose.yaml puts them', () => {
    const { providers } = parse(text('grafana/provisioning/dashboards/scaletap.yaml')) as {
      providers: { type: string; options: { path: string } }[];
    };
    expect(providers).toMatchObject([{ type: 'file' }]);
    expect(text('compose.yaml')).toContain(`./grafana/dashboards:${providers[0]?.options.path}:`);
  });
});
