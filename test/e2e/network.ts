import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { testAuthority } from '../servers/test-authority.js';
import { folder } from './scaletap.js';

/**
 * A network of its own for programs that a test starts. Public addresses lead to a server in it, and can be called
 * from: the addresses of a whole network are taken to be this machine's, without being any interface's.
 */

/** Addresses that are public by all rules, and that nobody outside of here is asked for. */
const PUBLIC_NETWORK = '93.184.216.0/24';
export const PUBLIC_SERVER = '93.184.216.34';
export const PUBLIC_CLIENT = '93.184.216.99';

export interface SmallInternet {
  /** Runs a program in it: these words go before its own. */
  readonly enter: readonly string[];
  /** What the server's certificate is for. */
  readonly name: string;
  /** The authority of that certificate. */
  readonly caFile: string;
}

const script = `ip link set lo up && ip route add local ${PUBLIC_NETWORK} dev lo && echo ready && exec sleep 600`;

/** Whether this machine lets us have one. */
export function canHaveNetworks(): boolean {
  const probe = spawnSync('unshare', ['--net', 'sh', '-c', script.replace('exec sleep 600', 'exit')]);
  if (probe.status === 0) return true;
  const message = 'no network namespace can be had: tests with public addresses';
  if (process.env.CI === 'true') throw new Error(`${message} cannot run, and under CI they must`);
  process.stderr.write(`${message} are skipped\n`);
  return false;
}

/** Says the same to everybody, with and without TLS. */
const server = `
  const { readFileSync } = require('node:fs');
  const [key, cert] = process.argv.slice(1).map((file) => readFileSync(file));
  const hello = (_, answer) => answer.end('hello of the internet');
  require('node:http').createServer(hello).listen(80, '${PUBLIC_SERVER}', () =>
    require('node:https').createServer({ key, cert }, hello).listen(443, '${PUBLIC_SERVER}', () =>
      console.log('ready')));
`;

export async function smallInternet(): Promise<SmallInternet> {
  const name = 'elsewhere.example';
  const authority = await testAuthority();
  onTestFinished(() => authority.close());
  const { key, cert } = await authority.issue([name]);
  const [keyFile, certFile] = [join(folder(), 'key.pem'), join(folder(), 'cert.pem')];
  writeFileSync(keyFile, key);
  writeFileSync(certFile, cert);
  const pid = await started(['unshare', '--net', 'sh', '-c', script]);
  const enter = ['nsenter', '--target', String(pid), '--net'];
  await started([...enter, process.execPath, '-e', server, keyFile, certFile]);
  return { enter, name, caFile: authority.caFile };
}

/** Starts a program, and waits until it says that it is ready; gives its process id. */
async function started([command = '', ...args]: readonly string[]): Promise<number> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}
