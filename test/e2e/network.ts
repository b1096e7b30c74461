import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { testAuthority } from '../servers/test-authority.js';
import { folder } from './scaletap.js';

/**
 * A network of its own for programs that a test starts, with an internet of one server and one resolver. Public
 * addresses lead to the server, and can be called from: those of a whole network are taken to be this machine's,
 * without being any interface's.
 */

/** Addresses that are public by all rules, and that nobody outside of here is asked for. */
const PUBLIC_NETWORK = '93.184.216.0/24';
export const PUBLIC_SERVER = '93.184.216.34';
export const PUBLIC_CLIENT = '93.184.216.99';
/** Whose address is that of the server, and what its certificate is for. */
export const PUBLIC_NAME = 'elsewhere.example';
/** Leads to an address of the house, where the same server is, as a name may that somebody has chosen for that. */
export const REBOUND_NAME = 'rebound.example';
const HOUSE_NETWORK = '192.168.77.0/24';
const HOUSE_SERVER = '192.168.77.7';

export interface SmallInternet {
  /** Runs a program in it: these words go before its own. */
  readonly enter: readonly string[];
  /** The authority of the server's certificate. */
  readonly caFile: string;
}

const script = `ip link set lo up && ip route add local ${PUBLIC_NETWORK} dev lo &&
  ip route add local ${HOUSE_NETWORK} dev lo && mount --bind "$0" /etc/resolv.conf && echo ready && exec sleep 600`;

/** Whether this machine lets us have one. */
export function canHaveNetworks(): boolean {
  const trial = script.replace('exec sleep 600', 'exit');
  const probe = spawnSync('/usr/bin/unshare', ['--net', '--mount', 'sh', '-c', trial, '/etc/hosts']);
  if (probe.status === 0) return true;
  const message = 'no network namespace can be had: tests with public addresses';
  if (process.env.CI === 'true') throw new Error(`${message} cannot run, and under CI they must`);
  process.stderr.write(`${message} are skipped\n`);
  return false;
}

/** A resolver that knows two names (RFC 1035 section 4), and a server that says the same to everybody. */
const servers = `
  const { readFileSync } = require('node:fs');
  const [key, cert] = process.argv.slice(1).map((file) => readFileSync(file));
  const udp = require('node:dgram').createSocket('udp4');
  udp.on('message', (question, from) => {
    const answer = Buffer.from(question);
    const name = question.toString('latin1', 12);
    const address = name.includes('${PUBLIC_NAME.split('.')[0]}') ? '${PUBLIC_SERVER}' : '${HOUSE_SERVER}';
    const isV4 = question.readUInt16BE(question.indexOf(0, 12) + 1) === 1;
    answer.writeUInt16BE(0x8180, 2);
    answer.writeUInt16BE(isV4 ? 1 : 0, 6);
    answer.writeUInt32BE(0, 8);
    const end = question.indexOf(0, 12) + 5;
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]);
    udp.send(Buffer.concat([answer.subarray(0, end), ...(isV4 ? [record] : [])]), from.port, from.address);
  });
  const hello = (_, answer) => answer.end('hello of the internet');
  udp.bind(53, '127.0.0.1', () =>
    require('node:http').createServer(hello).listen(80, '0.0.0.0', () =>
      require('node:https').createServer({ key, cert }, hello).listen(443, '0.0.0.0', () =>
        console.log('ready'))));
`;

export async function smallInternet(): Promise<SmallInternet> {
  const authority = await testAuthority();
  onTestFinished(() => authority.close());
  const { key, cert } = await authority.issue([PUBLIC_NAME]);
  const at = folder();
  const file = (name: string, text: string): string => {
    writeFileSync(join(at, name), text);
    return join(at, name);
  };
  const files = [file('key.pem', key), file('cert.pem', cert)];
  const resolv = file('resolv.conf', 'nameserver 127.0.0.1\n');
  const pid = await started(['/usr/bin/unshare', '--net', '--mount', 'sh', '-c', script, resolv]);
  const enter = ['nsenter', '--target', String(pid), '--net', '--mount'];
  await started([...enter, process.execPath, '-e', servers, ...files]);
  return { enter, caFile: authority.caFile };
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
