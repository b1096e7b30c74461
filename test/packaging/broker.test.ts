import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connectAsync } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { root } from '../docs/pages.js';
import { until } from '../e2e/scaletap.js';
import { haveMosquitto } from '../servers/mosquitto.js';
import { freePort } from '../servers/ports.js';

/** The broker of compose.yaml, with a real Mosquitto, in a folder in place of its container. */

const passwords = { scaletap: 'a password, with "quotes" and $', homeassistant: 'another' };

/** Its two files, moved to a folder, and started. */
async function start({ scaletap, homeassistant } = passwords) {
  const folder = mkdtempSync(join(tmpdir(), 'scaletap-broker-'));
  const port = await freePort();
  for (const name of ['run', 'config', 'data']) mkdirSync(join(folder, name));
  const moved = (name: string) =>
    readFileSync(join(root, 'packaging/mosquitto', name), 'utf8')
      .replaceAll('/run/mosquitto', join(folder, 'run'))
      .replaceAll('/mosquitto/', `${folder}/`)
      .replace('listener 1883', `listener ${port} 127.0.0.1`);
  // As root it would become another user, who may not enter this folder; in its container it never is root.
  writeFileSync(join(folder, 'config/mosquitto.conf'), `${moved('mosquitto.conf')}user root\n`);
  writeFileSync(join(folder, 'config/start.sh'), moved('start.sh'));
  const child = spawn('sh', [join(folder, 'config/start.sh')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: `${process.env.PATH}:/usr/sbin`,
      MQTT_PASSWORD: scaletap,
      HOME_ASSISTANT_PASSWORD: homeassistant,
    },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  const said = text(child.stderr);
  return { child, folder, port, said };
}

/** The broker, when it answers. */
async function broker() {
  const { child, folder, port } = await start();
  const url = `mqtt://127.0.0.1:${port}`;
  const enter = async (username?: string, password?: string) => {
    const who = username === undefined || password === undefined ? {} : { username, password };
    const client = await connectAsync(url, { ...who, reconnectPeriod: 0, connectTimeout: 5_000 }, false);
    onTestFinished(() => void client.end(true));
    return client;
  };
  await until('the broker to answer', () => enter('scaletap', passwords.scaletap).catch(() => undefined));
  return { enter, child, folder };
}

describe.skipIf(!haveMosquitto)('the broker', () => {
  test.each(Object.entries(passwords))(
    'lets %s in with the password that was made',
    async (user, password) => {
      const { enter } = await broker();
      expect((await enter(user, password)).connected).toBe(true);
    },
  );

  test('lets nobody else in', async () => {
    const { enter } = await broker();
    await expect(enter('scaletap', passwords.homeassistant)).rejects.toThrow(/Not authorized/);
    await expect(enter('guest', passwords.scaletap)).rejects.toThrow(/Not authorized/);
    await expect(enter()).rejects.toThrow(/Not authorized/);
  });

  test('keeps passwords where nobody else can read them, and not as they are', async () => {
    const { folder } = await broker();
    const file = join(folder, 'run/passwords');
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toContain(passwords.homeassistant);
  });

  test('becomes the process that was started, so that it gets the signal to end', async () => {
    const { child } = await broker();
    const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  test('is not started with a password that would be cut', async () => {
    const { said } = await start({ ...passwords, homeassistant: 'one:two' });
    expect(await said).toContain('has a colon');
  });
});
