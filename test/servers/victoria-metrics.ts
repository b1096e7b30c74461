import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { available } from './available.js';
import { freePort } from './ports.js';

/** For `describe.skipIf(!haveVictoriaMetrics)`. */
export const haveVictoriaMetrics = available('victoria-metrics');

/** One number of one series. */
interface Sample {
  readonly timeMs: number;
  /** `__name__` is measurement and field; the others are the tags. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real VictoriaMetrics on loopback with its data in a temporary folder: it takes the write API of InfluxDB 2. */
export interface VictoriaMetrics {
  readonly url: string;
  /** Everything that was written. */
  samples(): Promise<Sample[]>;
  /** Forgets all series. */
  clear(): Promise<void>;
  /** Ends it as systemd would. What it has acknowledged is on disk then, which it is not after a kill. */
  stop(): Promise<void>;
  /** Starts it again, on the same port and data, after {@link stop}. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

export async function startVictoriaMetrics(): Promise<VictoriaMetrics> {
  const folder = await mkdtemp(join(tmpdir(), 'scaletap-victoria-metrics-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const options = [
    `-httpListenAddr=127.0.0.1:${port}`,
    `-storageDataPath=${join(folder, 'data')}`,
    '-retentionPeriod=100y',
    // Else a number that was written twice is there twice.
    '-dedup.minScrapeInterval=1ms',
  ];
  let child = await launch(folder, url, options);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(late);
  };
  const all = new URLSearchParams({ 'match[]': '{__name__!=""}', start: '0' });
  return {
    url,
    async samples() {
      await fetch(`${url}/internal/force_flush`);
      const text = await (await fetch(`${url}/api/v1/export?${all}`)).text();
      const series = text.split('\n').filter((line) => line !== '');
      return series.flatMap((line) => {
        const { metric, values, timestamps } = JSON.parse(line) as {
          metric: Record<string, string>;
          values: number[];
          timestamps: number[];
        };
        return values.map((value, i) => ({ timeMs: timestamps[i] ?? Number.NaN, labels: metric, value }));
      });
    },
    async clear() {
      await fetch(`${url}/internal/force_flush`);
      await fetch(`${url}/api/v1/admin/tsdb/delete_series?${all}`, { method: 'POST' });
    },
    stop: () => end('SIGTERM'),
    async restart() {
      child = await launch(folder, url, options);
    },
    async remove() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when the server answers. */
async function launch(folder: string, url: string, options: string[]): Promise<ChildProcess> {
  const log = join(folder, 'log');
  const child = spawn('sh', ['-c', 'log=$0; exec victoria-metrics "$@" >>"$log" 2>&1', log, ...options], {
    stdio: 'ignore',
    env: { ...process.env, GOMAXPROCS: '1' },
  });
  const orphaned = () => child.kill('SIGKILL');
  process.once('exit', orphaned);
  child.once('exit', () => process.off('exit', orphaned));

  const until = Date.now() + 15_000;
  while (Date.now() < until && child.exitCode === null) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.status === 200) return child;
    await sleep(20);
  }
  child.kill('SIGKILL');
  throw new Error(`victoria-metrics did not start:\n${await readFile(log, 'utf8')}`);
}
