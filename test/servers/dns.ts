import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './ports.js';

/** A real DNS server on loopback, its files in a temporary folder. */
export interface DnsServer {
  readonly port: number;
  /** `127.0.0.1:port`, as `--upstream-dns` and `Resolver.setServers` take it. */
  readonly endpoint: string;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** What stands in for the rest of the internet: every name has these addresses. */
export const elsewhere = { v4: '203.0.113.7', v6: '2001:db8::7' } as const;

/** How a program is told to listen on a port and to ask `upstreamPort` for what it does not know itself. */
interface Manner {
  readonly program: string;
  readonly args: (confFile: string) => string[];
  /** What its log says when it is ready. */
  readonly ready: string;
  /** The configuration around the lines that are tried; files that those lines name lie in `folder`. */
  readonly config: (lines: string, port: number, upstreamPort: number, folder: string) => string;
}

const manners = {
  dnsmasq: {
    program: 'dnsmasq',
    args: (file) => ['--keep-in-foreground', '--log-facility=-', `--conf-file=${file}`],
    ready: 'started',
    config: (lines, port, upstreamPort) => `
port=${port}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
pid-file=
user=
server=127.0.0.1#${upstreamPort}
${lines}`,
  },
  unbound: {
    program: 'unbound',
    args: (file) => ['-d', '-c', file],
    ready: 'start of service',
    config: (lines, port, upstreamPort, folder) => `
server:
  interface: 127.0.0.1
  port: ${port}
  do-daemonize: no
  use-syslog: no
  chroot: ""
  username: ""
  pidfile: ""
  directory: "${folder}"
  module-config: "iterator"
  do-not-query-localhost: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstreamPort}
${lines}`,
  },
  named: {
    program: 'named',
    args: (file) => ['-g', '-c', file],
    // It answers before it has loaded its zones.
    ready: 'all zones loaded',
    config: (lines, port, upstreamPort, folder) => `
options {
  directory "${folder}";
  pid-file none;
  session-keyfile none;
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  forwarders { 127.0.0.1 port ${upstreamPort}; };
  forward only;
  dnssec-validation no;
};
controls { };
${lines}`,
  },
} as const satisfies Record<string, Manner>;

export type DnsProgram = keyof typeof manners;

/**
 * Starts a DNS server with lines of its own configuration. What they do not answer it asks of `upstream`. `files`
 * are put into the folder that the server runs in.
 */
export async function startDns(
  program: DnsProgram,
  lines: string,
  upstream: Pick<DnsServer, 'port'>,
  files: Readonly<Record<string, string>> = {},
): Promise<DnsServer> {
  const manner: Manner = manners[program];
  const folder = await mkdtemp(join(tmpdir(), `scaletap-${program}-`));
  const port = await freePort();
  const confFile = join(folder, 'server.conf');
  await writeFile(confFile, manner.config(lines, port, upstream.port, folder));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);

  const log = join(folder, 'server.log');
  const command = `PATH=$PATH:/usr/sbin; exec ${manner.program} "$@" >>"$0" 2>&1`;
  const child = spawn('sh', ['-c', command, log, ...manner.args(confFile)], { stdio: 'ignore' });
  const orphaned = () => child.kill('SIGKILL');
  process.once('exit', orphaned);
  child.once('exit', () => process.off('exit', orphaned));
  const server: DnsServer = {
    port,
    endpoint: `127.0.0.1:${port}`,
    async stop() {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
  const until = Date.now() + 10_000;
  while (Date.now() < until && child.exitCode === null) {
    const said = await readFile(log, 'utf8').catch(() => '');
    if (said.includes(manner.ready) && (await answers(server.endpoint))) return server;
    await sleep(20);
  }
  const said = await readFile(log, 'utf8');
  await server.stop();
  throw new Error(`${program} did not start:\n${said}`);
}

/** Starts a dnsmasq that has one answer for everything but what `lines` answer: the rest of the internet. */
export async function startElsewhere(lines = ''): Promise<DnsServer> {
  const everything = `address=/#/${elsewhere.v4}\naddress=/#/${elsewhere.v6}\n`;
  // Its upstream is a port where nobody listens; it never asks.
  return startDns('dnsmasq', everything + lines, { port: 9 });
}

/** Asks one server, as if from `from`, an address of loopback. */
export function resolverOf(endpoint: string, from = '127.0.0.1'): Resolver {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([endpoint]);
  resolver.setLocalAddress(from);
  return resolver;
}

/** Whether the server answers, be it without an address. */
async function answers(endpoint: string): Promise<boolean> {
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([endpoint]);
  const found = await resolver.resolve4('www.example.org').catch((error: NodeJS.ErrnoException) => error);
  return Array.isArray(found) || found.code === 'ENODATA';
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exited;
  clearTimeout(late);
}
