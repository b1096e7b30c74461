import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { freePort } from '../servers/ports.js';
import { House, quick } from './house.js';
import { exportedLines, folder, Program, until } from './scaletap.js';

/** `/healthz` and `/metrics` of a running scaletap. */

const preload = fileURLToPath(new URL('../packaging/hanging-thread.cjs', import.meta.url));
const web = ['--web-listen', '127.0.0.1:0'];

async function placeOf(program: Program): Promise<string> {
  const [, url = ''] = await program.says(/web page: (http:\S+)\//);
  return url;
}

async function health(url: string): Promise<{ code: number; text: string }> {
  const answer = await fetch(`${url}/healthz`);
  return { code: answer.status, text: await answer.text() };
}

async function numbers(url: string): Promise<Map<string, number>> {
  const answer = await fetch(`${url}/metrics`);
  expect(answer.status).toBe(200);
  const samples = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(samples.map((line) => [line.replace(/ \S+$/, ''), Number(/\S+$/.exec(line)?.[0])]));
}

/** Until a number is what it must be. */
function reaches(url: string, sample: string, value: number) {
  return until(`${sample} ${value}`, async () => (await numbers(url)).get(sample) === value || undefined);
}

test('visits of a scale are counted as they are answered, and the last one has its time', async () => {
  const from = Date.now();
  const { house, scale } = await House.withScale([...quick, ...web]);
  const url = await placeOf(house.program);
  const { exchanges: live } = await scale.visit();
  expect(live.length).toBeGreaterThan(2);
  const upstream = '{vendor="withings",answered="upstream"}';
  const replayed = '{vendor="withings",answered="replayed"}';
  const lines = await exportedLines(house.dataDir);
  const kept = lines.filter((line) => line.includes('"answered":"upstream"')).length;
  expect(kept).toBeGreaterThan(live.length);
  await reaches(url, `scaletap_exchanges_total${upstream}`, kept);
  expect((await numbers(url)).get(`scaletap_response_seconds_count${upstream}`)).toBe(kept);

  await house.cloud.misbehave('refuse');
  const { exchanges: ours } = await scale.visit();
  await reaches(url, `scaletap_exchanges_total${replayed}`, ours.length);
  await reaches(url, 'scaletap_breaker_open{host="scalews.withings.net"}', 1);

  expect(await health(url)).toEqual({ code: 200, text: 'ok\n' });
  const json = await fetch(`${url}/healthz`, { headers: { Accept: 'application/json' } });
  const told = (await json.json()) as { lastExchange: string };
  expect(told).toMatchObject({ store: 'ok', listening: { scales: [`127.0.0.1:${house.port}`] }, sinks: [] });
  expect(Date.parse(told.lastExchange)).toBeGreaterThanOrEqual(from);
  expect(Date.parse(told.lastExchange)).toBeLessThanOrEqual(Date.now());
});

test('a sink in trouble is shown without its password, and scaletap is well', async () => {
  const place = `127.0.0.1:${await freePort()}/scales`;
  const flags = ['--influx-url', `http://ana:hunter2@${place}`];
  const { house, scale } = await House.withScale([...quick, ...web, ...flags]);
  const url = await placeOf(house.program);
  scale.weigh(77);
  await scale.visit();
  await until('the sink to fail', async () => /^sink influx/m.test((await health(url)).text) || undefined);
  const { code, text } = await health(url);
  expect(code).toBe(200);
  expect(text).toMatch(/^ok\nsink influx http:\S+: unreachable, \d+ readings wait\n$/);
  const sink = `{sink="influx http://${place}"}`;
  const told = await numbers(url);
  expect(told.get(`scaletap_sink_up${sink}`)).toBe(0);
  expect(told.get(`scaletap_sink_backlog${sink}`)).toBeGreaterThan(0);
  const json = await fetch(`${url}/healthz`, { headers: { Accept: 'application/json' } });
  expect(await json.text()).not.toContain('hunter2');
});

describe('a scaletap whose store', () => {
  test('hangs says so, and tells what it knows without it', async () => {
    const dataDir = folder();
    const hangs = join(dataDir, 'hangs');
    const program = new Program(
      ['serve', '--listen', '127.0.0.1:0', '--proxy-listen', 'off', ...web, '--data-dir', dataDir],
      { HANGS: hangs, NODE_OPTIONS: `--require ${preload}` },
    );
    const url = await placeOf(program);
    await until('health', async () => (await health(url)).code === 200 || undefined);
    writeFileSync(hangs, '');
    await until('the hang to be seen', async () => (await health(url)).code === 503 || undefined);
    expect((await health(url)).text).toBe('the thread of the store does not answer\n');
    const told = await numbers(url);
    expect(told.get('scaletap_store_up')).toBe(0);
    expect(told.get('scaletap_mode{mode="auto"}')).toBe(1);
    expect([...told.keys()].filter((name) => /exchange|sink/.test(name))).toEqual([]);
  });
});

test('without a proxy there is the page all the same, with nothing for phones', async () => {
  const args = ['serve', '--listen', '127.0.0.1:0', '--proxy-listen', 'off', '--data-dir', folder()];
  const asked = new Program([...args, ...web]);
  const place = await placeOf(asked);
  expect(await (await fetch(`${place}/`)).text()).toContain('<title>scaletap</title>');
  const setup = await fetch(`${place}/setup/`);
  expect([setup.status, await setup.text()]).toEqual([404, expect.stringContaining('--proxy-listen off')]);
  const plain = new Program([...args, '--web-listen', 'off']);
  await plain.says(/keeping exchanges/);
  expect(plain.stderr).not.toContain('web page');
});
