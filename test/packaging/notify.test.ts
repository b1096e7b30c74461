import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { haveManager, startManager } from '../control/manager.js';
import { folder, Program, until } from '../e2e/scaletap.js';

/** `serve` as systemd sees it: ready when it listens, alive while relay and store are, stopping when it ends. */

const preload = fileURLToPath(new URL('hanging-thread.cjs', import.meta.url));

async function serving() {
  const { socket, told } = await startManager();
  const dataDir = folder();
  const hangs = join(dataDir, 'hangs');
  const program = new Program(
    ['serve', '--listen', '127.0.0.1:0', '--proxy-listen', 'off', '--data-dir', dataDir],
    { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000', HANGS: hangs, NODE_OPTIONS: `--require ${preload}` },
  );
  const signs = () => told().filter((line) => line === 'WATCHDOG=1').length;
  await until('READY=1', () => told().includes('READY=1') || undefined);
  return { program, told, signs, hang: () => writeFileSync(hangs, '') };
}

describe.skipIf(!haveManager)('serve', () => {
  test('is ready when scales can connect, and says so once', async () => {
    const { program, told } = await serving();
    const [, port] = await program.says(/listening for scales: 127\.0\.0\.1:(\d+)/);
    await new Promise((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => resolve(socket.destroy()));
      socket.once('error', reject);
    });
    expect(told().filter((line) => line === 'READY=1')).toHaveLength(1);
  });

  test('tells the watchdog that it lives, and systemd that it ends', async () => {
    const { program, told, signs } = await serving();
    await program.says(/keeping exchanges/);
    const before = signs();
    await until('signs of life after the store is open', () => signs() > before + 2 || undefined);
    expect(await program.kill('SIGTERM')).toBe(0);
    expect(told().at(-1)).toBe('STOPPING=1');
    expect(program.stderr).not.toMatch(/ (warn|error) /);
  });

  test('tells the watchdog nothing more when the thread of its store hangs', async () => {
    const { program, signs, hang } = await serving();
    await program.says(/keeping exchanges/);
    hang();
    await program.says(
      /error the thread of the store does not answer; if that lasts, systemd starts scaletap again/,
    );
    const before = signs();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(signs()).toBe(before);
  });
});
