import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { available } from './available.js';
import { freePort } from './ports.js';

/** For `describe.skipIf(!haveInfluxdb)`. */
export const haveInfluxdb = available('influxd');

/** One series of an InfluxQL answer. Times are in milliseconds since the Unix epoch. */
interface Series {
  readonly name?: string;
  readonly tags?: Record<string, string>;
  readonly columns: string[];
  readonly values: (string | number | boolean | null)[][];
}

/** A real InfluxDB 1.x on loopback with its data in a temporary folder. */
export interface Influxd {
  readonly port: number;
  /** `http://127.0.0.1:port`, without user and database. */
  readonly url: string;
  /** The answer to InfluxQL, as administrator; rejects with the server's own words. */
  query(q: string, database?: string): Promise<Series[]>;
  /** Writes line protocol, times in milliseconds, into a server without auth: what others may have written. */
  write(lines: string, database: string): Promise<void>;
  /** Ends it as systemd would. The data stays. */
  stop(): Promise<void>;
  /** Ends it by kill -9. The data stays as it is on disk. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and data, after {@link stop} or {@link kill}. */
  restart(): Promise<void>;
  /** Ends it and removes the data. */
  remove(): Promise<void>;
}

const admin = { user: 'admin', password: 'admin-password' };

/** Starts influxd; with `auth` every request needs a user, and {@link Influxd.query} is the administrator. */
export async function startInfluxd(options: { auth?: boolean } = {}): Promise<Influxd> {
  const folder = await mkdtemp(join(tmpdir(), 'scaletap-influxd-'));
  const auth = options.auth ?? false;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await writeFile(join(folder, 'influxd.conf'), config(folder, port, await freePort(), auth));

  let child = await launch(folder, url);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(late);
  };
  const influxd: Influxd = {
    port,
    url,
    query: (q, database) => query(url, auth, q, database),
    async write(lines, database) {
      const response = await fetch(`${url}/write?db=${database}&precision=ms`, {
        method: 'POST',
        body: lines,
      });
      if (!response.ok) throw new Error(`InfluxDB refuses ${lines}: ${await response.text()}`);
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async restart() {
      child = await launch(folder, url);
    },
    async remove() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
  // The only statement that a server with auth and no user takes.
  if (auth)
    await influxd.query(`CREATE USER ${admin.user} WITH PASSWORD '${admin.password}' WITH ALL PRIVILEGES`);
  return influxd;
}

/** Resolves when the server answers. */
async function launch(folder: string, url: string): Promise<ChildProcess> {
  const log = join(folder, 'influxd.log');
  const child = spawn(
    'sh',
    ['-c', 'exec influxd -config "$0" >>"$1" 2>&1', join(folder, 'influxd.conf'), log],
    {
      stdio: 'ignore',
      env: { ...process.env, GOMAXPROCS: '1', GOGC: '50' },
    },
  );
  const orphaned = () => child.kill('SIGKILL');
  process.once('exit', orphaned);
  child.once('exit', () => process.off('exit', orphaned));

  const until = Date.now() + 15_000;
  while (Date.now() < until && child.exitCode === null) {
    const answer = await fetch(`${url}/ping`).catch(() => undefined);
    if (answer?.status === 204) return child;
    await sleep(20);
  }
  child.kill('SIGKILL');
  throw new Error(`influxd did not start:\n${await readFile(log, 'utf8')}`);
}

async function query(url: string, auth: boolean, q: string, database?: string): Promise<Series[]> {
  const credentials = Buffer.from(`${admin.user}:${admin.password}`).toString('base64');
  const response = await fetch(`${url}/query`, {
    method: 'POST',
    headers: auth ? { authorization: `Basic ${credentials}` } : {},
    body: new URLSearchParams({ q, epoch: 'ms', ...(database !== undefined && { db: database }) }),
  });
  const answer = (await response.json()) as {
    error?: string;
    results?: { error?: string; series?: Series[] }[];
  };
  const results = answer.results ?? [];
  const error = answer.error ?? results.find((result) => result.error)?.error;
  if (error !== undefined) throw new Error(`InfluxDB refuses ${q}: ${error}`);
  return results.flatMap((result) => result.series ?? []);
}

function config(folder: string, port: number, backupPort: number, auth: boolean): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:${backupPort}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  index-version = "inmem"
  cache-max-memory-size = "64m"
  query-log-enabled = false
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "warn"
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
  auth-enabled = ${auth}
`;
}
