import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../servers/ports.js';
import { folder, Program, run } from './scaletap.js';

/** How `scaletap serve` starts, and how it does not. */

/** Has a port for the time of a test; undefined when it cannot be had, because it is taken or not permitted. */
async function occupy(port: number, host?: string): Promise<Server | undefined> {
  const server = createServer();
  server.listen({ port, ...(host !== undefined && { host }) });
  try {
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  onTestFinished(() => {
    server.close();
  });
  return server;
}

describe('it ends with 1 and one line when', () => {
  test('the port is taken', async () => {
    const port = await freePort();
    await occupy(port, '127.0.0.1');
    const { code, stdout, stderr } = await run(
      'serve',
      '--listen',
      `127.0.0.1:${port}`,
      '--data-dir',
      folder(),
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(
        `^scaletap: cannot listen on 127\\.0\\.0\\.1:${port}: another program has it\\. .*--listen\\n$`,
      ),
    );
  });

  test('the data folder is a file', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, 'x');
    const { code, stderr } = await run('serve', '--listen', '127.0.0.1:0', '--data-dir', file);
    expect(code).toBe(1);
    expect(stderr).toMatch(/ error cannot make .*file\/scaletap\.db .*--data-dir must name a folder/);
  });

  test('the database is newer than it', async () => {
    const dataDir = folder();
    const db = new Libsql(join(dataDir, 'scaletap.db'));
    db.exec('CREATE TABLE exchange (id INTEGER PRIMARY KEY); PRAGMA user_version = 99');
    db.close();
    const before = readFileSync(join(dataDir, 'scaletap.db'));
    for (const command of [['serve', '--listen', '127.0.0.1:0'], ['readings'], ['exchanges']]) {
      const { code, stderr } = await run(...command, '--data-dir', dataDir);
      expect(code).toBe(1);
      expect(stderr).toMatch(/has form 99 and this scaletap knows .*written by a newer scaletap/);
    }
    expect(readFileSync(join(dataDir, 'scaletap.db'))).toEqual(before);
  });

  test('a folder is where the database should be', async () => {
    const dataDir = folder();
    mkdirSync(join(dataDir, 'scaletap.db'));
    const { code, stderr } = await run('serve', '--listen', '127.0.0.1:0', '--data-dir', dataDir);
    expect(code).toBe(1);
    expect(stderr).toMatch(/ error .*scaletap\.db is a folder: --data-dir must name a folder/);
  });
});

test('without --listen it falls back from port 80 to 8081, and says so', async ({ skip }) => {
  // Whether it is we who have port 80, or somebody else, or nobody may: it is not to be had for scaletap.
  await occupy(80);
  const fallback = await occupy(8081);
  if (fallback === undefined) skip('port 8081, to which it would fall back, is taken on this machine');
  fallback?.close();
  if (fallback) await once(fallback, 'close');
  const program = new Program(['serve', '--data-dir', folder()]);
  await program.says(/listening for scales: port 8081 on all addresses/);
  expect(program.stderr).toMatch(/ warn {2}cannot listen on port 80: /);
  expect(program.stderr).toMatch(/ warn {2}listening on port 8081 instead\. Scales call port 80/);
  expect(await program.kill('SIGTERM')).toBe(0);
});

test('stopped while another program holds the database, it ends well when its wait for that is over', async () => {
  const dataDir = folder();
  const flags = ['--listen', '127.0.0.1:0', '--proxy-listen', 'off', '--data-dir', dataDir];
  const first = new Program(['serve', ...flags]);
  await first.says(/keeping exchanges/);
  expect(await first.kill('SIGTERM')).toBe(0);
  const db = new Libsql(join(dataDir, 'scaletap.db'));
  db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  const program = new Program(['serve', ...flags]);
  await program.says(/listening for scales/);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await program.kill('SIGTERM')).toBe(0);
  db.close();
  expect(program.stderr).not.toMatch(/keeping exchanges|panicked/);
});
