import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionOptions, SecureContext } from 'node:tls';
import { connect as connectTls, createSecureContext, createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Exchange, InterceptReason } from '../../src/model/exchange.js';
import type { ProxyOptions } from '../../src/wire/proxy.js';
import { ForwardProxy } from '../../src/wire/proxy.js';
import { connectRaw, Peer, startOrigin } from '../servers/raw.js';
import type { TestAuthority } from '../servers/test-authority.js';
import { testAuthority } from '../servers/test-authority.js';

/** The host that is read, and two that are not. */
export const read = 'read.test';
export const other = 'other.test';
export const third = 'third.test';

/** Two authorities: that of the proxy, and the one that the rest of the world trusts. */
export interface Authorities {
  readonly ours: TestAuthority;
  readonly world: TestAuthority;
  close(): Promise<void>;
}

export async function authorities(): Promise<Authorities> {
  const [ours, world] = await Promise.all([testAuthority(), testAuthority()]);
  return { ours, world, close: async () => void (await Promise.all([ours.close(), world.close()])) };
}

/** Servers that leave the talking to the test: one with TLS and one without for the host that is read, and two more. */
async function startOrigins({ world }: Authorities) {
  const leaf = await world.issue([read]);
  const peers: Peer[] = [];
  const secure = createTlsServer({ ...leaf, allowHalfOpen: true }, (socket) => {
    peers.push(new Peer(socket));
  });
  // A client that leaves in the handshake, or does not trust us.
  secure.on('tlsClientError', () => undefined);
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  onTestFinished(() => {
    for (const { socket } of peers) socket.destroy();
    secure.close();
  });
  const plain = async () => {
    const origin = await startOrigin();
    onTestFinished(() => origin.close());
    return origin;
  };
  return {
    secure: {
      port: (secure.address() as AddressInfo).port,
      peers,
      async peer(index: number): Promise<Peer> {
        return until(`connection ${index} of the TLS origin`, () => peers[index]);
      },
    },
    readPlain: await plain(),
    other: await plain(),
    third: await plain(),
  };
}

/** A proxy on loopback between raw clients and raw servers, with what it tells of. It ends with the test. */
export async function startProxy(given: Authorities, options: Partial<ProxyOptions> = {}) {
  const origins = await startOrigins(given);
  const told = {
    exchanges: [] as Exchange[],
    refusals: [] as string[],
    unread: [] as [InterceptReason, string][],
    faults: [] as unknown[],
    minted: [] as string[],
  };
  const contexts = new Map<string, Promise<SecureContext>>();
  const ports: Record<string, number> = { [other]: origins.other.port, [third]: origins.third.port };
  const proxy = new ForwardProxy({
    mayUse: () => true,
    route: (host, port) => {
      const isRead = host === read;
      const at = isRead ? (port === 80 ? origins.readPlain.port : origins.secure.port) : ports[host];
      const address = at === undefined ? null : '127.0.0.1';
      return { upstream: { host, address, port: at ?? port }, isRead };
    },
    lookUp: (host) => Promise.reject(new Error(`${host} is not to be looked up`)),
    lookUpOther: async (host) => names[host] ?? Promise.reject(new Error('ENOTFOUND')),
    upstreamContext: async () => createSecureContext({ ca: await readFile(given.world.caFile) }),
    contextFor: (host) => {
      told.minted.push(host);
      const known = contexts.get(host) ?? given.ours.issue([host]).then(createSecureContext);
      contexts.set(host, known);
      return known;
    },
    mayCall: () => true,
    allowedPorts: [],
    login: null,
    own: async ({ method, path, userAgent, proxy: { host } }) => {
      const body = Buffer.from(`${method} ${path} by ${userAgent} at ${host}`);
      return { status: 200, headers: [['Content-Length', String(body.length)]], body };
    },
    listeners: [],
    maxConnections: 64,
    maxHeadBytes: 65_536,
    maxBodyBytes: 4_194_304,
    headTimeoutMs: 20_000,
    connectTimeoutMs: 2_000,
    idleTimeoutMs: 20_000,
    onExchange: (exchange) => told.exchanges.push(exchange),
    onRefused: (reason) => told.refusals.push(reason),
    onUnread: (reason, host) => told.unread.push([reason, host]),
    onFull: () => undefined,
    onFault: (error) => told.faults.push(error),
    ...options,
  });
  const { port } = await proxy.listen('127.0.0.1', 0);
  onTestFinished(() => proxy.close());
  const connect = async (): Promise<Peer> => {
    const client = await connectRaw(port);
    onTestFinished(() => void client.socket.destroy());
    return client;
  };
  /** A client that has been told that its tunnel stands. */
  const tunnel = async (target: string, headers = ''): Promise<Peer> => {
    const client = await connect();
    client.send(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${headers}\r\n`);
    await client.gets('\r\n\r\n');
    return client;
  };
  /** TLS inside a tunnel, with a client that trusts the proxy unless `tls` says otherwise. */
  const secure = async (target = `${read}:443`, tls: ConnectionOptions = {}): Promise<Peer> => {
    const { socket } = await tunnel(target);
    return new Peer(await secured(socket, { ca: await readFile(given.ours.caFile), ...tls }));
  };
  return {
    ...told,
    proxy,
    port,
    origins,
    connect,
    tunnel,
    secure,
    exchange: (index: number) => until(`exchange ${index}`, () => told.exchanges[index]),
  };
}

/** Names that can be looked up. */
const names: Readonly<Record<string, readonly string[]>> = {
  'rebound.test': ['127.0.0.1'],
  'router.test': ['192.168.1.1', '10.0.0.1'],
  'v6.test': ['fe80::1', '::ffff:127.0.0.1'],
};

/** Speaks TLS over a socket. Rejects with what was wrong. */
export async function secured(socket: Socket, tls: ConnectionOptions): Promise<Socket> {
  socket.removeAllListeners('data');
  const inside = connectTls({ socket, servername: read, ...tls });
  onTestFinished(() => void inside.destroy());
  await new Promise<void>((resolve, reject) => {
    inside.once('secureConnect', resolve);
    inside.once('error', reject);
    inside.once('close', () => reject(new Error('closed in the handshake')));
  });
  return inside;
}

/** Polls until there is something. */
export async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(2);
  }
}
