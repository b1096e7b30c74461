import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { createSecureContext, createServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TlsDialOptions } from '../../src/wire/dial.js';
import { DialError, dialTls } from '../../src/wire/dial.js';
import { startDeafServer } from '../servers/deaf.js';
import type { Peer, RawOrigin } from '../servers/raw.js';
import { startOrigin } from '../servers/raw.js';
import type { Issued, TestAuthority } from '../servers/test-authority.js';
import { testAuthority } from '../servers/test-authority.js';

const host = 'cloud.renpho.com';
let authority: TestAuthority;
let leaf: Issued;
let options: TlsDialOptions;
beforeAll(async () => {
  authority = await testAuthority();
  leaf = await authority.issue([host, '127.0.0.1']);
  options = {
    lookUp: () => Promise.reject(new Error('nothing is to be looked up')),
    connectTimeoutMs: 5_000,
    listeners: [],
    secureContext: createSecureContext({ ca: await readFile(authority.caFile) }),
  };
});
afterAll(() => authority.close());

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Server {
  readonly port: number;
  /** The first client that came through the handshake. */
  readonly client: Promise<TLSSocket>;
}

async function startServer(more: TlsOptions = {}): Promise<Server> {
  const server = createServer({ ...leaf, allowHalfOpen: true, ALPNProtocols: ['h2', 'http/1.1'], ...more });
  const client = new Promise<TLSSocket>((resolve) => {
    server.on('secureConnection', (socket) => {
      // A client that does not trust the certificate goes away with an alert.
      socket.on('error', () => undefined);
      closing.push(() => socket.destroy());
      resolve(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, client };
}

async function rawServer(...args: Parameters<typeof startOrigin>): Promise<RawOrigin> {
  const origin = await startOrigin(...args);
  closing.push(() => origin.close());
  return origin;
}

async function call(port: number, more: Partial<TlsDialOptions> = {}, name = host): Promise<TLSSocket> {
  const socket = await dialTls({ host: name, address: '127.0.0.1', port }, { ...options, ...more });
  closing.push(() => socket.destroy());
  return socket;
}

async function failure(calling: Promise<TLSSocket>): Promise<{ reason: string; message: string }> {
  const error: unknown = await calling.catch((reason: unknown) => reason);
  if (!(error instanceof DialError)) throw new Error(`no DialError: ${error}`);
  return { reason: error.reason, message: error.message };
}

describe('a server with a good certificate', () => {
  it('is told its name, and agrees on HTTP/1.1', async () => {
    const { port, client } = await startServer();
    const socket = await call(port);
    const { servername } = await client;
    expect([servername, socket.alpnProtocol, socket.authorized]).toEqual([host, 'http/1.1', true]);
    expect(socket.getProtocol()).toMatch(/^TLSv1\.[23]$/);
    expect(socket.remotePort).toBe(port);
  });

  it('may know nothing of protocols', async () => {
    const { port } = await startServer({ ALPNProtocols: [] });
    expect((await call(port)).alpnProtocol).toBe(false);
  });

  it('is not told a name that is an address, and is verified for it', async () => {
    const { port, client } = await startServer();
    await call(port, {}, '127.0.0.1');
    expect((await client).servername).toBe(false);
    const other = await failure(call((await startServer()).port, {}, '127.0.0.2'));
    expect(other).toMatchObject({
      reason: 'upstream-certificate',
      message: expect.stringContaining('127.0.0.2'),
    });
  });

  it('is left with a socket that is half-open, and has no more listeners than any other', async () => {
    const { port, client } = await startServer();
    const socket = await call(port);
    expect(socket.allowHalfOpen).toBe(true);
    expect(socket.listenerCount('data') + socket.listenerCount('secureConnect')).toBe(0);
    const server = await client;
    const gone = new Promise((resolve) => socket.once('end', resolve));
    server.end('last words');
    const [words] = await once(socket, 'data');
    await gone;
    socket.end('answer');
    expect([String(words), String((await once(server, 'data'))[0])]).toEqual(['last words', 'answer']);
  });

  it('can be left at once, whatever is still being sent', async () => {
    // Node dies of it when the socket below is reset instead.
    for (let i = 0; i < 20; i++) {
      const socket = await call((await startServer()).port);
      socket.write(Buffer.alloc(i * 100_000));
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
  });
});

describe('a certificate is not taken', () => {
  it('from an unknown issuer; the message says how to name it', async () => {
    const { port } = await startServer();
    const secureContext = createSecureContext({ ca: [] });
    expect(await failure(call(port, { secureContext }))).toEqual({
      reason: 'upstream-certificate',
      message: expect.stringMatching(
        /^the certificate of cloud\.renpho\.com is not trusted: .*\(UNABLE_TO_\w+\).*--upstream-ca FILE$/,
      ),
    });
  });

  it('for another name', async () => {
    const { port } = await startServer(await authority.issue(['renpho.qnclouds.com']));
    expect(await failure(call(port))).toEqual({
      reason: 'upstream-certificate',
      message: expect.stringMatching(/cloud\.renpho\.com.*\(ERR_TLS_CERT_ALTNAME_INVALID\)$/),
    });
  });

  it('when it has expired', async () => {
    const { port } = await startServer(await authority.issue([host], { days: -1 }));
    expect(await failure(call(port))).toEqual({
      reason: 'upstream-certificate',
      message: expect.stringMatching(/\(CERT_HAS_EXPIRED\)\. Is the clock of this machine right\?$/),
    });
  });

  it('even when the environment says that all are', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { port } = await startServer();
    const calling = call(port, { secureContext: createSecureContext({ ca: [] }) });
    expect(await failure(calling)).toMatchObject({ reason: 'upstream-certificate' });
    vi.unstubAllEnvs();
  });
});

describe('there is no TLS with a server that', () => {
  it('speaks TLS 1.1 at most', async () => {
    const { port } = await startServer({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
    expect(await failure(call(port))).toMatchObject({ reason: 'upstream-tls' });
  });

  it('speaks HTTP/2 only', async () => {
    const { port } = await startServer({ ALPNProtocols: ['h2'] });
    expect(await failure(call(port))).toEqual({
      reason: 'upstream-tls',
      message: expect.stringMatching(
        /^no TLS with cloud\.renpho\.com: tlsv1 alert no application protocol \(ERR_SSL_\w+\)$/,
      ),
    });
  });

  it.each([
    ['answers in plain text', (peer: Peer) => peer.send('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['closes', (peer: Peer) => peer.end()],
    ['resets', (peer: Peer) => peer.reset()],
  ])('%s', async (_, talk) => {
    const { port } = await rawServer(async (peer) => {
      await peer.gets(1);
      talk(peer);
    });
    expect(await failure(call(port))).toEqual({
      reason: 'upstream-tls',
      message: expect.stringContaining('no TLS with cloud.renpho.com: '),
    });
  });

  it('says nothing, which is found out in time and ends the connection', async () => {
    const origin = await rawServer();
    expect(await failure(call(origin.port, { connectTimeoutMs: 150 }))).toEqual({
      reason: 'connect-timeout',
      message: 'cloud.renpho.com did not answer the TLS handshake in time',
    });
    const peer = await origin.peer(0);
    await peer.closed();
  });

  it('cannot be reached', async () => {
    const deaf = await startDeafServer();
    closing.push(() => deaf.stop());
    expect(await failure(call(deaf.port, { connectTimeoutMs: 80 }))).toMatchObject({
      reason: 'connect-timeout',
    });
  });
});
