import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ControlReply, ControlRequest } from '../../src/control/control.js';
import { askControl, listenControl } from '../../src/control/control.js';
import { UserError } from '../../src/model/errors.js';

/**
 * A command and a running serve speak over a Unix socket in the data folder: one line of JSON each way. Whoever may
 * not enter the folder reaches nothing. What is no line of ours switches nothing, keeps nothing open, and
 * whatever is in the way is said in one line.
 */

/** A folder that is gone after the test. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'scaletap-control-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A serve of a folder that has a mode, with all that it was asked. */
async function serving(dataDir = folder()) {
  const asked: ControlRequest[] = [];
  let mode = 'auto';
  const control = await listenControl(dataDir, (request): ControlReply => {
    asked.push(request);
    if (request.mode === 'sideways') return { error: 'sideways is no mode' };
    mode = request.mode ?? mode;
    return { mode };
  });
  onTestFinished(() => control.close());
  return { dataDir, asked, control, path: join(dataDir, 'control.sock') };
}

/** A client that leaves the talking to the test. */
async function client(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** What comes back for these bytes. */
async function say(path: string, bytes: string | Buffer): Promise<unknown> {
  const socket = await client(path);
  socket.write(bytes);
  return JSON.parse(await text(socket));
}

test('a mode is shown and switched', async () => {
  const { dataDir, asked } = await serving();
  expect(await askControl(dataDir, { mode: null })).toBe('auto');
  expect(await askControl(dataDir, { mode: 'offline' })).toBe('offline');
  expect(await askControl(dataDir, { mode: null })).toBe('offline');
  expect(asked).toEqual([{ mode: null }, { mode: 'offline' }, { mode: null }]);
});

test('what the serve says no to is an error', async () => {
  const { dataDir } = await serving();
  await expect(askControl(dataDir, { mode: 'sideways' })).rejects.toThrow(
    new UserError('sideways is no mode'),
  );
  expect(await askControl(dataDir, { mode: null })).toBe('auto');
});

test('nobody but the owner can use the socket, whatever the folder and the umask let through', async () => {
  const dataDir = folder();
  chmodSync(dataDir, 0o777);
  const umask = process.umask(0);
  onTestFinished(() => void process.umask(umask));
  const { path } = await serving(dataDir);
  const { mode } = statSync(path);
  expect(statSync(path).isSocket()).toBe(true);
  expect(mode & 0o777).toBe(0o600);
});

describe('switches nothing and is answered:', () => {
  test.each([
    ['no JSON', 'mode offline\n'],
    ['no text', Buffer.from([0xff, 0xfe, 0x00, 0x0a])],
    ['an empty line', '\n'],
    ['null', 'null\n'],
    ['a list', '["offline"]\n'],
    ['a mode that is no text', '{"mode":7}\n'],
    ['no mode', '{"mood":"offline"}\n'],
    ['a request of HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ])('%s', async (_what, bytes) => {
    const { path, asked } = await serving();
    expect(await say(path, bytes)).toEqual({ mode: 'auto' });
    expect(asked).toEqual([{ mode: null }]);
  });

  test('a line without an end', async () => {
    const { path, asked } = await serving();
    expect(await say(path, 'x'.repeat(1_025))).toEqual({ error: 'the line is too long' });
    expect(asked).toEqual([]);
  });

  test('a line that the client breaks off', async () => {
    const { path, asked } = await serving();
    const socket = await client(path);
    socket.end('{"mode":"offline"}');
    expect(JSON.parse(await text(socket))).toEqual({ error: 'it closed without a line' });
    expect(asked).toEqual([]);
  });
});

test('a line may come in pieces, and only the first one counts', async () => {
  const { path, asked } = await serving();
  const socket = await client(path);
  for (const byte of Buffer.from('{"note":"é","mode":"live"}')) {
    socket.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  socket.write('\n{"mode":"offline"}\n');
  expect(JSON.parse(await text(socket))).toEqual({ mode: 'live' });
  expect(asked).toEqual([{ mode: 'live' }]);
});

test('a client that goes on and on is let go', async () => {
  const { path, dataDir } = await serving();
  const socket = await client(path);
  const gone = new Promise<void>((resolve) => {
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
  });
  const more = () => void socket.write('x'.repeat(65_536), () => setImmediate(more));
  more();
  socket.resume();
  await gone;
  expect(await askControl(dataDir, { mode: null })).toBe('auto');
});

test('whoever says nothing is not waited for, on either side, and is in nobody’s way', async () => {
  const { path, dataDir } = await serving();
  const [silent, deaf] = [await client(path), folder()];
  const server = createServer().listen(join(deaf, 'control.sock'));
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  expect(await askControl(dataDir, { mode: 'live' })).toBe('live');
  const [told, asking] = await Promise.allSettled([text(silent), askControl(deaf, { mode: null })]);
  expect(told).toMatchObject({ value: '{"error":"no line came within 5 s"}\n' });
  const problem = /control\.sock does not speak as scaletap does \(no line came within 5 s\); stop/;
  expect(asking).toMatchObject({ reason: { message: expect.stringMatching(problem) } });
});

describe('where a serve is not', () => {
  const none = (dataDir: string) =>
    new UserError(`no scaletap serves ${dataDir} now; start it, or name its folder with --data-dir`);

  test.each([
    ['there is no folder', (dataDir: string) => rmSync(dataDir, { recursive: true })],
    ['there is no socket', () => undefined],
    ['a file is there instead', (dataDir: string) => writeFileSync(join(dataDir, 'control.sock'), '')],
  ])('%s', async (_what, make) => {
    const dataDir = folder();
    make(dataDir);
    await expect(askControl(dataDir, { mode: null })).rejects.toThrow(none(dataDir));
  });

  test('it has been closed', async () => {
    const { dataDir, control, path } = await serving();
    control.close();
    await expect(askControl(dataDir, { mode: null })).rejects.toThrow(none(dataDir));
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['says something else', 'hello\n', /control\.sock does not speak as scaletap does \(.*JSON/],
    [
      'says JSON of its own',
      '{"hello":1}\n',
      /control\.sock does not speak as scaletap does \(it names no mode\); stop/,
    ],
    ['says null', 'null\n', /control\.sock does not speak as scaletap does \(it names no mode\); stop/],
    ['closes', '', /does not speak as scaletap does \(it closed without a line\)/],
    [
      'says a line that does not end',
      'x'.repeat(70_000),
      /does not speak as scaletap does \(the line is too long\)/,
    ],
  ])('somebody is there who %s', async (_what, words, message) => {
    const dataDir = folder();
    const server = createServer((socket) => socket.on('error', () => undefined).end(words));
    server.listen(join(dataDir, 'control.sock'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const asking = askControl(dataDir, { mode: null });
    await expect(asking).rejects.toThrow(UserError);
    await expect(asking).rejects.toThrow(message);
  });
});

describe('the place of the socket', () => {
  test('a killed serve has left one: the next serve takes it over', async () => {
    const dataDir = folder();
    const path = join(dataDir, 'control.sock');
    const listens = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const child = spawn(process.execPath, ['-e', listens]);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(statSync(path).isSocket()).toBe(true);
    await serving(dataDir);
    expect(await askControl(dataDir, { mode: 'offline' })).toBe('offline');
  });

  test('a second serve of one folder is told so, and the first one goes on', async () => {
    const { dataDir } = await serving();
    const second = listenControl(dataDir, () => ({ mode: 'live' }));
    await expect(second).rejects.toThrow(
      new UserError(`another scaletap serves ${dataDir} already; \`scaletap mode\` reaches that one`),
    );
    expect(await askControl(dataDir, { mode: null })).toBe('auto');
  });

  test.each([
    ['a folder is in its place', (dataDir: string) => mkdirSync(join(dataDir, 'control.sock'))],
    ['the folder is not there', (dataDir: string) => rmSync(dataDir, { recursive: true })],
  ])('%s: a serve says so', async (_what, make) => {
    const dataDir = folder();
    make(dataDir);
    const listening = listenControl(dataDir, () => ({ mode: 'live' }));
    await expect(listening).rejects.toThrow(UserError);
    await expect(listening).rejects.toThrow(
      /control\.sock cannot be used \(.*a --data-dir with a short path/,
    );
  });

  test('a path that the system does not take is said on both sides', async () => {
    const dataDir = join(folder(), 'x'.repeat(120));
    mkdirSync(dataDir);
    const listening = listenControl(dataDir, () => ({ mode: 'live' }));
    await expect(listening).rejects.toThrow(UserError);
    await expect(listening).rejects.toThrow(/\(the path is too long\); a --data-dir with a short path/);
    const asking = askControl(dataDir, { mode: null });
    await expect(asking).rejects.toThrow(UserError);
    await expect(asking).rejects.toThrow(/\(the path is too long\); a --data-dir with a short path/);
  });

  test('a long path does not matter where a short one leads there from here', async () => {
    const deep = join(folder(), 'x'.repeat(120));
    mkdirSync(deep);
    const here = process.cwd();
    process.chdir(deep);
    onTestFinished(() => process.chdir(here));
    const dataDir = join(process.cwd(), 'data');
    mkdirSync(dataDir);
    await serving(dataDir);
    expect(await askControl(dataDir, { mode: 'live' })).toBe('live');
  });
});
