import { type ChildProcess, spawn } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { available } from './available.js';
import { freePort } from './ports.js';
import type { Issued } from './test-authority.js';

/** For `describe.skipIf(!haveMosquitto)`. */
export const haveMosquitto = available('mosquitto');

export interface MosquittoOptions {
  /** Who may come in; without this anybody may. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lines of an ACL file. */
  readonly acl?: readonly string[];
  /** Speaks TLS alone. */
  readonly tls?: Issued;
  /** Instead of a free one. */
  readonly port?: number;
}

/** A real Mosquitto on loopback, with what is retained on disk, in a temporary folder. */
export interface Mosquitto {
  readonly port: number;
  /** Ends it as systemd would. What is retained stays. */
  stop(): Promise<void>;
  /** Stops and continues the process: a broker that takes connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same port; with `forgetful` nothing is retained any more. */
  restart(options?: { forgetful?: boolean }): Promise<void>;
  /** Ends it and removes its files. */
  remove(): Promise<void>;
}

export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), 'scaletap-mosquitto-'));
  const file = (name: string): string => join(folder, name);
  const port = options.port ?? (await freePort());
  await writeFile(file('mosquitto.conf'), (await configOf(options, port, file)).join('\n'));
  let child = await launch(file, port);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(late);
  };
  return {
    port,
    stop: () => end('SIGTERM'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async restart({ forgetful = false } = {}) {
      if (forgetful) await rm(file('mosquitto.db'), { force: true });
      child = await launch(file, port);
    },
    async remove() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function configOf(
  { users, acl, tls }: MosquittoOptions,
  port: number,
  file: (name: string) => string,
): Promise<string[]> {
  const lines = [
    `listener ${port} 127.0.0.1`,
    'persistence true',
    `persistence_location ${file('')}/`,
    `allow_anonymous ${users === undefined}`,
  ];
  // As root it would become another user, who may not read these files.
  if (process.getuid?.() === 0) lines.push('user root');
  if (users !== undefined) {
    const passwords = Object.entries(users).map(([user, password]) => `${user}:${hashOf(password)}\n`);
    await writeFile(file('passwords'), passwords.join(''));
    lines.push(`password_file ${file('passwords')}`);
  }
  if (acl !== undefined) {
    await writeFile(file('acl'), `${acl.join('\n')}\n`);
    lines.push(`acl_file ${file('acl')}`);
  }
  if (tls !== undefined) {
    await writeFile(file('cert.pem'), tls.cert);
    await writeFile(file('key.pem'), tls.key);
    lines.push(`certfile ${file('cert.pem')}`, `keyfile ${file('key.pem')}`);
  }
  return lines;
}

/** As mosquitto_passwd writes it. */
function hashOf(password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 101, 64, 'sha512');
  return `$7$101$${salt.toString('base64')}$${hash.toString('base64')}`;
}

/** Resolves when it takes connections. */
async function launch(file: (name: string) => string, port: number): Promise<ChildProcess> {
  const log = file('mosquitto.log');
  const command = ['-c', 'exec mosquitto -c "$0" >>"$1" 2>&1', file('mosquitto.conf'), log];
  const path = `${process.env.PATH}:/usr/sbin`;
  const child = spawn('sh', command, { stdio: 'ignore', env: { ...process.env, PATH: path } });
  const orphaned = () => child.kill('SIGKILL');
  process.once('exit', orphaned);
  child.once('exit', () => process.off('exit', orphaned));

  const until = Date.now() + 10_000;
  while (Date.now() < until && child.exitCode === null) {
    if (await answers(port)) return child;
    await sleep(10);
  }
  child.kill('SIGKILL');
  throw new Error(`mosquitto did not start:\n${await readFile(log, 'utf8')}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
