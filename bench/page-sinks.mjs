/** A real Mosquitto and a real InfluxDB 1.x on this machine, for the readings of the load. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installed } from './peers.mjs';
import { cpuSeconds, freePort, startPeer, stop } from './processes.mjs';

/** Why they are not there; undefined when they are. */
export const noSinks =
  installed('mosquitto') === undefined && installed('influxd') === undefined
    ? undefined
    : 'mosquitto or influxd is not installed';

const START_LIMIT_MS = 15_000;

/**
 * Starts both.
 *
 * @param {string} folder
 * @returns {Promise<{ flags: string[], cpuSeconds(): number, stop(): Promise<void> }>} the flags of `serve` for them
 */
export async function startSinks(folder) {
  const [mqtt, influx, backup] = [await freePort(), await freePort(), await freePort()];
  const dir = join(folder, 'sinks');
  mkdirSync(dir, { recursive: true });
  const broker = [
    ...[`listener ${mqtt} 127.0.0.1`, 'allow_anonymous true', 'persistence false'],
    // As root it would become another user, who may not read its file.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
  ];
  writeFileSync(join(dir, 'mosquitto.conf'), broker.join('\n'));
  const sections = [
    ['reporting-disabled = true', `bind-address = "127.0.0.1:${backup}"`],
    ['[meta]', `dir = "${dir}/meta"`],
    ['[data]', `dir = "${dir}/data"`, `wal-dir = "${dir}/wal"`],
    ['[monitor]', 'store-enabled = false'],
    ['[http]', `bind-address = "127.0.0.1:${influx}"`, 'log-enabled = false'],
  ];
  writeFileSync(join(dir, 'influxd.conf'), sections.map((lines) => lines.join('\n')).join('\n'));
  const children = [
    startPeer(['mosquitto', '-c', join(dir, 'mosquitto.conf')], join(dir, 'mosquitto.log')),
    startPeer(['influxd', '-config', join(dir, 'influxd.conf')], join(dir, 'influxd.log')),
  ];
  await Promise.all([mqtt, influx].map(upOn));
  return {
    flags: [
      ...['--mqtt-url', `mqtt://127.0.0.1:${mqtt}`],
      ...['--influx-url', `http://127.0.0.1:${influx}/scaletap`],
    ],
    async prepare() {
      const body = new URLSearchParams({ q: 'DROP DATABASE scaletap; CREATE DATABASE scaletap' });
      const answer = await fetch(`http://127.0.0.1:${influx}/query`, { method: 'POST', body });
      if (!answer.ok) throw new Error(`InfluxDB: ${await answer.text()}`);
    },
    cpuSeconds: () => children.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
    stop: async () => void (await Promise.all(children.map(stop))),
  };
}

async function upOn(port) {
  for (const until = performance.now() + START_LIMIT_MS; performance.now() < until; await sleep(50)) {
    const socket = connect(port, '127.0.0.1');
    const up = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (up) return;
  }
  throw new Error(`nothing listens on port ${port}`);
}
