import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ServiceManager } from '../../src/control/service-manager.js';
import { createLog } from '../../src/log.js';
import { until } from '../e2e/scaletap.js';
import { available } from '../servers/available.js';
import { haveManager, startManager } from './manager.js';

/**
 * systemd is told when scaletap serves, that it is well as often as the watchdog wants, and when it ends. Nothing is
 * started when nobody wants to know, and no failure of any of it reaches the relay.
 */

const well = async () => null;

function made(env: NodeJS.ProcessEnv) {
  const lines: string[] = [];
  const manager = new ServiceManager(
    { PATH: process.env.PATH, ...env },
    createLog('debug', (line) => lines.push(line)),
  );
  onTestFinished(() => manager.stopping());
  return { manager, lines };
}

describe.skipIf(!haveManager)('with systemd listening', () => {
  test('it hears that we are ready, and that we end', async () => {
    const { socket, told } = await startManager();
    const { manager, lines } = made({ NOTIFY_SOCKET: socket });
    await manager.ready(well);
    await manager.stopping();
    expect(told()).toEqual(['READY=1', 'STOPPING=1']);
    expect(lines).toEqual([]);
  });

  test('its watchdog hears of us more than once in its time', async () => {
    const { socket, told } = await startManager();
    const { manager } = made({
      NOTIFY_SOCKET: socket,
      WATCHDOG_USEC: '400000',
      WATCHDOG_PID: String(process.pid),
    });
    await manager.ready(well);
    await until('three signs of life', () => told().filter((line) => line === 'WATCHDOG=1')[2]);
  });

  test('its watchdog hears nothing while something is wrong, which is said once, and again when it is over', async () => {
    const { socket, told } = await startManager();
    const { manager, lines } = made({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '200000' });
    let asked = 0;
    let trouble: string | null = 'nobody answers';
    await manager.ready(async () => {
      asked++;
      return trouble;
    });
    await until('some beats', () => asked > 3 || undefined);
    expect(told()).toEqual(['READY=1']);
    expect(lines).toEqual([
      expect.stringMatching(/error nobody answers; if that lasts, systemd starts scaletap again/),
    ]);
    trouble = null;
    await until('a sign of life', () => told().includes('WATCHDOG=1') || undefined);
  });

  test.each([
    ['watches another process', { WATCHDOG_USEC: '40000', WATCHDOG_PID: '1' }],
    ['has no time', { WATCHDOG_USEC: '0' }],
    ['makes no sense', { WATCHDOG_USEC: 'soon' }],
  ])('a watchdog that %s is not served', async (_what, env) => {
    const { socket } = await startManager();
    const { manager } = made({ NOTIFY_SOCKET: socket, ...env });
    let asked = 0;
    await manager.ready(async () => {
      asked++;
      return null;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).toBe(0);
  });
});

/** A systemd-notify that leaves what it was given in a file. */
function standIn() {
  const folder = mkdtempSync(join(tmpdir(), 'scaletap-notify-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'given');
  writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\n{ echo "$@"; env; } >>${file}\n`);
  chmodSync(join(folder, 'systemd-notify'), 0o755);
  return { file, PATH: `${folder}:${process.env.PATH}` };
}

test('nothing is started when nobody wants to know', async () => {
  const { file, PATH } = standIn();
  const { manager } = made({ PATH, WATCHDOG_USEC: '1000' });
  await manager.ready(well);
  await manager.stopping();
  expect(existsSync(file)).toBe(false);
});

test("the program that tells gets nothing of scaletap's settings", async () => {
  const { file, PATH } = standIn();
  const { manager } = made({ PATH, NOTIFY_SOCKET: '/run/n', SCALETAP_INFLUX_URL: 'http://a:secret@b/c' });
  await manager.ready(well);
  const given = readFileSync(file, 'utf8');
  expect(given).toContain('READY=1\n');
  expect(given).toContain('NOTIFY_SOCKET=/run/n\n');
  expect(given).not.toContain('SCALETAP');
});

test.skipIf(!available('systemd-notify'))('that nobody listens is said once, and stops nothing', async () => {
  const { manager, lines } = made({ NOTIFY_SOCKET: '/nonexistent/socket' });
  await manager.ready(well);
  await manager.stopping();
  expect(lines).toEqual([
    expect.stringMatching(/error systemd cannot be told READY=1 \(.*No such file.*\); a unit with Type=exec/),
  ]);
});

test('that there is no systemd-notify is said once, and stops nothing', async () => {
  const { manager, lines } = made({ NOTIFY_SOCKET: '/run/n', PATH: '/nonexistent' });
  await manager.ready(well);
  await manager.stopping();
  expect(lines).toEqual([
    expect.stringMatching(/error systemd cannot be told READY=1 \(.*ENOENT.*\); a unit/),
  ]);
});
