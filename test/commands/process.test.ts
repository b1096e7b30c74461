import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { exchange, post } from '../transfer/exchanges.js';
import { capturePath, commit, folder, start } from './scaletap.js';

/** The built program, as a shell sees it: exit codes, signals, pipes. */

const knock = exchange({ request: post('/cgi-bin/once', 'action=get') });

test('what a person can mend is one line without a stack', async () => {
  const missing = await start(['readings', '--data-dir', folder()]).ended;
  expect(missing).toMatchObject({ code: 1, stdout: '' });
  expect(missing.stderr).toMatch(/^scaletap: there is no database .*\n$/);
  const wrong = await start(['reding']).ended;
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toBe(
    'scaletap: reding is not a command; did you mean readings? (scaletap --help shows how)\n',
  );
});

test('warnings of the configuration go to stderr', async () => {
  const dataDir = folder();
  commit(dataDir, [knock]);
  const { code, stdout, stderr } = await start(['exchanges'], {
    SCALETAP_DATA_DIR: dataDir,
    SCALETAP_LISTN: '80',
  }).ended;
  expect(code).toBe(0);
  expect(stdout).toContain('withings');
  expect(stderr).toMatch(/^\S+Z warn {2}SCALETAP_LISTN is not a variable.*did you mean SCALETAP_LISTEN\?\n$/);
});

test('a reader that leaves early ends it quietly', async () => {
  const dataDir = folder();
  commit(
    dataDir,
    Array.from({ length: 3000 }, () => knock),
  );
  const { child, ended } = start(['exchanges', 'export', '--format', 'ndjson', '--data-dir', dataDir]);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  expect(await ended).toMatchObject({ code: 0, signal: null, stderr: '' });
});

test.each(['SIGINT', 'SIGTERM'] as const)('--follow shows what comes, until %s', async (signal) => {
  const dataDir = folder();
  commit(dataDir, [knock]);
  const { child, ended, stdout } = start(['exchanges', '--follow', '--data-dir', dataDir]);
  await vi.waitFor(() => expect(stdout()).toContain(' once '), 10_000);
  commit(dataDir, [exchange({ request: post('/cgi-bin/session', 'action=delete&sessionid=x') })]);
  await vi.waitFor(() => expect(stdout()).toContain(' session delete '), 10_000);
  child.kill(signal);
  expect(await ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(stdout().trimEnd().split('\n')).toHaveLength(3);
});

test('--follow ends when its reader has gone', async () => {
  const dataDir = folder();
  commit(dataDir, [knock]);
  const { child, ended, stdout } = start(['exchanges', '--follow', '--data-dir', dataDir]);
  await vi.waitFor(() => expect(stdout()).toContain(' once '), 10_000);
  child.stdout.destroy();
  commit(dataDir, [knock]);
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
});

test('import and readings work from the outside', async () => {
  const dataDir = folder();
  const imported = await start(['import', capturePath('ws30-update.http'), '--data-dir', dataDir]).ended;
  expect(imported).toMatchObject({ code: 0, stderr: '' });
  const readings = await start(['readings', '--json', '--data-dir', dataDir]).ended;
  expect(readings.stdout.trimEnd().split('\n')).toHaveLength(3);
});
