import { afterEach, describe, expect, test } from 'vitest';
import type { InfluxSettings } from '../../../src/sinks/index.js';
import { openSinks } from '../../../src/sinks/index.js';
import type { Sink } from '../../../src/sinks/sink.js';
import { contextOf } from './sinks.js';

const one: InfluxSettings = { version: '1', url: 'http://joe:hush@nas/scales', token: null, org: null };
const two: InfluxSettings = { version: '2', url: 'http://nas/scales', token: 'hush', org: 'our house' };
const three: InfluxSettings = { version: '3', url: 'http://nas/scales', token: 'hush', org: null };

const open: Sink[] = [];
afterEach(async () => {
  for (const sink of open.splice(0)) await sink.close();
});

async function opened(influx?: InfluxSettings) {
  const { sinks, problems } = await openSinks(influx ? { influx } : {}, contextOf());
  open.push(...sinks);
  return { names: sinks.map(({ name }) => name), problems };
}

test('no settings, no sinks', async () => {
  expect(await opened()).toEqual({ names: [], problems: [] });
});

test.each([
  ['1', one, 'influx http://nas:8086/scales'],
  ['2', two, 'influx 2 http://nas:8086/scales?org=our%20house'],
  ['3', three, 'influx 3 http://nas:8181/scales'],
])(
  'InfluxDB %s: a sink that is named by version and place, without password or token',
  async (_, settings, name) => {
    expect(await opened(settings)).toEqual({ names: [name], problems: [] });
  },
);

describe('settings that cannot be used are told, and no sink comes of them:', () => {
  test.each<[string, InfluxSettings, RegExp]>([
    ['a URL without a database', { ...one, url: 'http://nas' }, /names no database/],
    ['a token for 1', { ...one, token: 'hush' }, /set --influx-version to 2 or 3/],
    ['2 without a token', { ...two, token: null }, /takes a token: set --influx-token/],
    ['2 without an organization', { ...two, org: null }, /set --influx-org/],
    ['3 without a token', { ...three, token: null }, /takes a token: set --influx-token/],
    ['a password for 2', { ...two, url: one.url }, /takes a token, not a user and password/],
    ['a user for 3', { ...three, url: 'http://joe@nas/scales' }, /takes a token, not a user and password/],
    ['a token of two lines', { ...three, token: 'hush\r\nhush' }, /copy it again/],
    ['a token with other letters', { ...two, token: 'hüsh' }, /copy it again/],
  ])('%s', async (_, settings, problem) => {
    const { names, problems } = await opened(settings);
    expect(names).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems.join()).not.toMatch(/h[uü]sh/);
  });
});
