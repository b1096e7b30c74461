import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { available } from './available.js';
import { freePort } from './ports.js';

const program = 'dnsmasq';

/** For `describe.skipIf(!haveDnsmasq)`. */
export const haveDnsmasq = available(program);

/** A real dnsmasq on loopback that knows what it is told and forwards nothing. */
export interface Dnsmasq {
  /** `127.0.0.1:port`. */
  readonly server: string;
  stop(): Promise<void>;
}

/** `records` are options of dnsmasq: `--host-record=name,address,ttl`, `--address=/name/address`. */
export async function startDnsmasq(...records: string[]): Promise<Dnsmasq> {
  const port = await freePort();
  const child = spawn(
    program,
    [
      '--no-daemon',
      '--conf-file=/dev/null',
      '--no-hosts',
      '--no-resolv',
      '--user=root',
      `--port=${port}`,
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
      ...records,
    ],
    { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } },
  );
  const orphaned = () => child.kill('SIGKILL');
  process.once('exit', orphaned);
  child.once('exit', () => process.off('exit', orphaned));
  await answers(port);
  return {
    server: `127.0.0.1:${port}`,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Resolves when a question to the port is answered, whatever the answer. */
async function answers(port: number): Promise<void> {
  // Header of a question with one entry: the root, type NS, class IN (RFC 1035 section 4.1).
  const question = Buffer.from('00010100000100000000000000' + '00020001', 'hex');
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  let answered = false;
  socket.on('message', () => {
    answered = true;
  });
  try {
    for (let tries = 0; tries < 250 && !answered; tries++) {
      socket.send(question, port, '127.0.0.1');
      await sleep(20);
    }
  } finally {
    socket.close();
  }
  if (!answered) throw new Error('dnsmasq does not answer');
}
