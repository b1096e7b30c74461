import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { available } from '../servers/available.js';
import type { DnsServer } from '../servers/dns.js';
import { resolverOf, startDns, startElsewhere } from '../servers/dns.js';
import { connectRaw, Peer } from '../servers/raw.js';
import { loopMessage, snippet, tapAddress } from './snippets.js';

/*
 * The whole way, with a real DNS override. The scale asks the house's DNS server, which has the override of
 * docs/dns.md and so leads to scaletap, a process of its own, which asks another DNS server. That one leads to the
 * vendor, at port 80 because a DNS answer brings no port, and at an address that Linux delivers here although it is
 * none of this machine's: scaletap dials no name that leads to itself.
 */

const host = 'scalews.withings.net';
const tapHere = '127.0.0.88';
const vendorHere = '198.51.100.77';

const request =
  `POST /cgi-bin/once HTTP/1.1\r\nUser-Agent: Withings UserAgent\r\nHost: ${host}\r\nAccept: */*\r\n` +
  'Content-Length: 10\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\naction=get';
const reply =
  'HTTP/1.1 200 OK\r\nX-WI-SRV: FR-EQX-WEB-07\r\nContent-Type: text/plain\r\nContent-Length: 48\r\n\r\n' +
  '{"status":0,"body":{"once":"00d0177b-1360777c"}}';

const whyNot = (await addressHere()) ?? (await portHere());
if (whyNot !== undefined)
  process.stderr.write(`no vendor at ${vendorHere}:80 (${whyNot}): tests are skipped\n`);

describe.skipIf(!available('dnsmasq') || whyNot !== undefined)('a scale behind a DNS override', () => {
  let internet: DnsServer;
  /** What the scale asks. */
  let house: DnsServer;
  let vendor: Server;
  /** The connections that the vendor got. */
  let visits: Peer[];
  let folder: string;
  let tap: ChildProcess | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scaletap-dns-'));
    internet = await startElsewhere(`address=/${host}/${vendorHere}\nlocal=/${host}/`);
    house = await startDns('dnsmasq', snippet('dnsmasq').replace(tapAddress, tapHere), internet);
    visits = [];
    vendor = createServer(async (socket) => {
      const peer = new Peer(socket);
      visits.push(peer);
      await peer.gets(request.length);
      peer.send(reply);
    });
    await listen(vendor, vendorHere, 80);
  });

  afterEach(async () => {
    if (tap?.exitCode === null) {
      tap.kill('SIGTERM');
      await once(tap, 'exit');
    }
    for (const { socket } of visits) socket.destroy();
    vendor.close();
    for (const server of [house, internet]) await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** `scaletap serve`; resolves when it listens, to its port and the lines that it says, also later. */
  async function serve(...flags: string[]): Promise<{ port: number; said: readonly string[] }> {
    const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
    const all = ['serve', '--mode', 'live', '--listen', `${tapHere}:0`, '--data-dir', folder, ...flags];
    const child = spawn(process.execPath, [main, ...all], { stdio: ['ignore', 'ignore', 'pipe'] });
    tap = child;
    const said: string[] = [];
    return new Promise((resolve, reject) => {
      createInterface(child.stderr).on('line', (line) => {
        said.push(line);
        const port = /listening for scales: .*:(\d+)$/.exec(line)?.[1];
        if (port !== undefined) resolve({ port: Number(port), said });
      });
      child.once('exit', () => reject(new Error(`scaletap ended:\n${said.join('\n')}`)));
    });
  }

  /** What a scale does: looks the name up, connects and posts. */
  async function scale(port: number): Promise<Peer> {
    const [address] = await resolverOf(house.endpoint).resolve4(host);
    const peer = await connectRaw(port, address);
    peer.send(request);
    return peer;
  }

  test('is relayed to the address that --upstream-dns knows, byte for byte', async () => {
    const { port } = await serve('--upstream-dns', internet.endpoint);
    const peer = await scale(port);
    await peer.gets(reply.length);
    expect(peer.text).toBe(reply);
    expect(visits.map(({ text }) => text)).toEqual([request]);
    peer.end();
  });

  test('is told when --upstream-dns sees the override too, and nothing is dialled', async () => {
    const { port, said } = await serve('--upstream-dns', house.endpoint);
    const peer = await scale(port);
    expect(await peer.closed()).toBe('end');
    peer.end();
    const message = loopMessage().replace(tapAddress, tapHere);
    expect(peer.text).toMatch(/^HTTP\/1\.1 508 /);
    expect(peer.text).toContain(message);
    await expect.poll(() => said.some((line) => line.includes(message))).toBe(true);
    expect(visits).toEqual([]);
  });

  test('is relayed after all when --upstream has the address, as that message advises', async () => {
    const { port } = await serve('--upstream-dns', house.endpoint, '--upstream', `${host}=${vendorHere}`);
    const peer = await scale(port);
    await peer.gets(reply.length);
    expect(peer.text).toBe(reply);
    expect(visits.map(({ text }) => text)).toEqual([request]);
    peer.end();
  });
});

function listen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
}

/** Why the vendor's address cannot be had here; undefined when it can. It is given back after the tests. */
async function addressHere(): Promise<string | undefined> {
  const program = 'ip';
  const route = (what: string) =>
    spawnSync(program, ['route', what, 'local', `${vendorHere}/32`, 'dev', 'lo'], { encoding: 'utf8' });
  const { status, stderr, error } = route('replace');
  if (status !== 0) return error?.message ?? stderr.trim();
  afterAll(() => {
    route('del');
  });
  return undefined;
}

/** Why its port 80 cannot be listened on; undefined when it can. */
async function portHere(): Promise<string | undefined> {
  const server = createServer();
  try {
    await listen(server, vendorHere, 80);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  await new Promise((resolve) => server.close(resolve));
  return undefined;
}
