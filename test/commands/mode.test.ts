import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ControlRequest } from '../../src/control/control.js';
import { listenControl } from '../../src/control/control.js';
import { folder, scaletap, start } from './scaletap.js';

/** `scaletap mode` reaches the serve of its data folder; a word that is no mode reaches nobody. */

/** A folder that is served, and what was asked there. */
async function served() {
  const dataDir = folder();
  const asked: ControlRequest[] = [];
  let now = 'auto';
  const control = await listenControl(dataDir, (request) => {
    asked.push(request);
    now = request.mode ?? now;
    return { mode: now };
  });
  onTestFinished(() => control.close());
  return { dataDir, asked };
}

test('shows the mode', async () => {
  const { dataDir, asked } = await served();
  expect(await scaletap('mode', '--data-dir', dataDir)).toEqual({ code: 0, stdout: 'auto\n', stderr: '' });
  expect(asked).toEqual([{ mode: null }]);
});

test.each(['auto', 'live', 'offline'])('switches to %s, and says for how long', async (mode) => {
  const { dataDir, asked } = await served();
  const switched = await scaletap('mode', mode, '--data-dir', dataDir);
  expect(switched).toEqual({
    code: 0,
    stdout: `mode ${mode}, until it is switched again or serve is started again\n`,
    stderr: '',
  });
  expect(asked).toEqual([{ mode }]);
  expect((await scaletap('mode', '--data-dir', dataDir)).stdout).toBe(`${mode}\n`);
});

describe('is not understood:', () => {
  test.each([
    [['ofline'], 'ofline is none of auto, live, offline; did you mean offline?'],
    [['OFFLINE'], 'OFFLINE is none of auto, live, offline'],
    [[''], ' is none of auto, live, offline'],
    [['\x1b[2J'], '\\x1b[2J is none of auto, live, offline'],
    [['live', 'auto'], 'auto'],
  ])('%j', async (words, message) => {
    const { dataDir, asked } = await served();
    const { code, stdout, stderr } = await scaletap('mode', ...words, '--data-dir', dataDir);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(asked).toEqual([]);
  });
});

test('where nobody serves it says so', async () => {
  const dataDir = join(folder(), 'none');
  const { code, stdout, stderr } = await scaletap('mode', 'offline', '--data-dir', dataDir);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`no scaletap serves ${dataDir} now; start it, or name its folder with --data-dir`);
});

describe('a running serve', () => {
  const running = async (dataDir: string, ...flags: readonly string[]) => {
    const serve = start(['serve', '--listen', '127.0.0.1:0', '--data-dir', dataDir, ...flags]);
    let log = '';
    serve.child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    const reached = () => scaletap('mode', '--data-dir', dataDir);
    await vi.waitFor(async () => expect((await reached()).code).toBe(0), { timeout: 10_000, interval: 50 });
    return { ...serve, log: () => log };
  };

  test('begins with the mode of its settings, is switched, and says so', async () => {
    const dataDir = folder();
    const { log } = await running(dataDir, '--mode', 'offline');
    expect((await scaletap('mode', '--data-dir', dataDir)).stdout).toBe('offline\n');
    await scaletap('mode', 'live', '--data-dir', dataDir);
    expect((await scaletap('mode', '--data-dir', dataDir)).stdout).toBe('live\n');
    expect(log()).toMatch(/ info {2}mode live instead of offline\n/);
  });

  test('that was killed is taken over from; a second one beside it serves without', async () => {
    const dataDir = folder();
    const first = await running(dataDir, '--mode', 'live');
    first.child.kill('SIGKILL');
    await first.ended;
    expect((await scaletap('mode', '--data-dir', dataDir)).code).toBe(1);
    await running(dataDir);
    const second = start(['serve', '--listen', '127.0.0.1:0', '--data-dir', dataDir, '--mode', 'offline']);
    let log = '';
    second.child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    await vi.waitFor(
      () =>
        expect(log).toMatch(/ warn {2}the mode cannot be switched by command: another scaletap serves .*\n/),
      { timeout: 10_000, interval: 50 },
    );
    expect((await scaletap('mode', '--data-dir', dataDir)).stdout).toBe('auto\n');
  });

  test('ends although somebody is there who says nothing', async () => {
    const dataDir = folder();
    const { child, ended } = await running(dataDir);
    const silent = connect(join(dataDir, 'control.sock'));
    await once(silent, 'connect');
    // It is heard, or the serve would not know of it yet.
    expect((await scaletap('mode', '--data-dir', dataDir)).code).toBe(0);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, signal: null });
    // It would have been told after a while.
    expect(await text(silent)).toBe('');
  });
});
