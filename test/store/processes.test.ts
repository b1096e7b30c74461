import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import { weighInId } from '../../src/model/weigh-in.js';
import { exchange, message, post } from '../transfer/exchanges.js';
import { folder, openRaw, openStore } from './stores.js';

/** Two processes with one store: an import beside a running relay. */

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The weigh-in of one minute, as a scale posts it; type 1 is the weight, 6 the fat. */
function weighIn(minute: number, type = 1): Exchange {
  const measures = encodeURIComponent(`{"measures":[{"value":66850,"type":${type},"unit":-3}]}`);
  const who = 'action=store&sessionid=1-2-3&macaddress=00:24:e4:00:00:01&userid=1&devtype=1&attribstatus=0';
  return exchange({
    request: post('/cgi-bin/measure', `${who}&meastime=${1_400_000_000 + 60 * minute}&measures=${measures}`),
    response: message('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n', '{"status":0}'),
    startedAtUs: (1_400_000_000 + 60 * minute) * 1_000_000,
  });
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('an import and a relay that commit at the same time lose and double nothing', async () => {
  const dataDir = folder();
  const { journal, readings } = openStore(dataDir);
  const dump = join(folder(), 'weigh-ins.http');
  const dumped = range(0, 6000).map((minute) => {
    const { request, response } = weighIn(minute);
    return Buffer.concat(
      [request.head, request.body, response?.head ?? '', response?.body ?? ''].map(Buffer.from),
    );
  });
  writeFileSync(dump, Buffer.concat(dumped));

  const child = spawn(process.execPath, [main, 'import', dump, '--data-dir', dataDir], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const ended = once(child, 'exit');
  while ([...journal.list({ limit: 1 })].length === 0 && child.exitCode === null) await sleep(1);
  // From here on both write, and half of what we write is the same weigh-ins.
  let committed = 0;
  while (child.exitCode === null && committed < 6000) {
    journal.commit(range(3000 + committed, 3000 + committed + 10).map((minute) => weighIn(minute)));
    committed += 10;
    await sleep(1);
  }
  expect(await ended).toEqual([0, null]);
  expect(committed).toBeGreaterThan(20);

  expect(readings.list()).toHaveLength(Math.max(6000, 3000 + committed));
  expect([...journal.list({ limit: 100_000 })]).toHaveLength(6000 + committed);
  const raw = openRaw(join(dataDir, 'scaletap.db'));
  expect(raw.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
});

test('many processes may be the first', async () => {
  const dataDir = join(folder(), 'data');
  const dump = join(folder(), 'weigh-in.http');
  const { request, response } = weighIn(1);
  writeFileSync(
    dump,
    Buffer.concat([request.head, request.body, response?.head ?? '', response?.body ?? ''].map(Buffer.from)),
  );
  const children = range(0, 4).map(() =>
    spawn(process.execPath, [main, 'import', dump, '--data-dir', dataDir], {
      stdio: ['ignore', 'ignore', 'pipe'],
    }),
  );
  onTestFinished(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  expect(await Promise.all(children.map((child) => once(child, 'exit')))).toEqual(
    children.map(() => [0, null]),
  );
  expect(existsSync(join(dataDir, 'scaletap.db'))).toBe(true);
  expect([...openStore(dataDir).journal.list({ limit: 9 })]).toHaveLength(1);
});

test('what one changes about people, the other one knows at its next commit', () => {
  const dataDir = folder();
  const [relay, command] = [openStore(dataDir), openStore(dataDir)];
  const owners = () => command.readings.list().map(({ owner, ownedBy }) => `${owner?.key} ${ownedBy}`);
  relay.journal.commit([weighIn(1)]);
  const facts = { shortName: null, colour: null, heightM: null, birthDate: null, sex: null };
  const ids = [{ vendor: 'withings', id: '1' }] as const;
  command.change({ change: 'add-person', person: { ...facts, name: 'Ana', ids } });
  relay.journal.commit([weighIn(2)]);
  expect(owners()).toEqual(['ana vendor', 'ana vendor']);

  const [, second] = command.readings.list();
  if (second === undefined) throw new Error('there are two');
  command.change({ change: 'add-person', person: { ...facts, name: 'Bo', ids: [] } });
  command.change({ change: 'weigh-in', weighIn: weighInId(second), owner: 'bo' });
  relay.journal.commit([weighIn(2, 6)]);
  expect(owners()).toEqual(['ana vendor', 'bo hand', 'bo hand']);
});

test('a process that comes and goes takes nothing from one with two connections', async () => {
  const dataDir = folder();
  const { journal } = openStore(dataDir);
  journal.commit([weighIn(1)]);
  // As the page has it, on a thread of its own.
  openStore(dataDir);
  const leave = () =>
    spawn(process.execPath, [main, 'people', 'list', '--data-dir', dataDir], { stdio: 'ignore' });
  expect(await once(leave(), 'exit')).toEqual([0, null]);
  journal.commit([weighIn(2)]);
  expect(await once(leave(), 'exit')).toEqual([0, null]);
  const raw = openRaw(join(dataDir, 'scaletap.db'));
  expect(raw.prepare('SELECT count(*) AS count FROM exchange').get()).toMatchObject({ count: 2 });
});
