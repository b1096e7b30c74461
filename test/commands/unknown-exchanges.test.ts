import { beforeEach, expect, test } from 'vitest';
import { exchange, post } from '../transfer/exchanges.js';
import { call } from '../vendors/renpho/calls.js';
import { commit, folder, scaletap } from './scaletap.js';

let dataDir: string;

beforeEach(() => {
  dataDir = folder();
});

async function unknown(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await scaletap('exchanges', 'unknown', ...args, '--data-dir', dataDir);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
}

const at = (time: string) => ({ startedAtUs: Date.parse(time) * 1000 });

test('counts what a vendor module has no word for, the most frequent first', async () => {
  commit(dataDir, [
    call({ path: 'RenphoHealth/never/seen' }, at('2026-05-01T10:00Z')),
    call({ path: 'RenphoHealth/scale/upload' }, at('2026-05-02T10:00Z')),
    call({ path: 'renpho-aggregation/device/count' }, at('2026-05-03T10:00Z')),
    call({ path: 'RenphoHealth/scale/upload' }, at('2026-05-04T10:00Z')),
    exchange({ request: post('/cgi-bin/once', 'action=get') }),
  ]);
  const [titles = '', first = '', second = '', ...rest] = (await unknown()).split('\n');
  expect(titles.split(/ {2,}/)).toEqual(['COUNT', 'FIRST', 'LAST', 'NEWEST', 'WHAT']);
  expect(first).toMatch(
    /^ +2 {2}2026-05-02 .* 2026-05-04 .* 4 {2}renpho unknown POST \/RenphoHealth\/scale\/upload$/,
  );
  expect(second).toMatch(/^ +1 {2}2026-05-01 .* 1 {2}renpho unknown POST \/RenphoHealth\/never\/seen$/);
  expect(rest.join('\n')).toContain('\n  scaletap exchanges show 4 > exchange-4.txt\n');
});

test('takes filters', async () => {
  commit(dataDir, [
    call({ path: 'a/b' }, at('2026-05-01T10:00Z')),
    call({ path: 'c/d' }, at('2026-05-03T10:00Z')),
    exchange({ request: post('/cgi-bin/new', ''), ...at('2026-05-04T10:00Z') }),
  ]);
  expect(await unknown('--since', '2026-05-02')).not.toContain('/a/b');
  expect(await unknown('--vendor', 'withings')).not.toContain('renpho');
});

test('says so when there is nothing', async () => {
  commit(dataDir, [call({ path: 'renpho-aggregation/device/count' })]);
  expect(await unknown()).toMatch(/: nothing that a vendor module has no word for\n$/);
});
