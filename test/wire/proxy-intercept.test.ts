import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Peer } from '../servers/raw.js';
import { nodeHello } from './hellos.js';
import { brief } from './messages.js';
import type { Authorities } from './proxy-under-test.js';
import { authorities, read, secured, startProxy, until } from './proxy-under-test.js';

/**
 * A client whose traffic cannot be read is told apart, recorded and shown, and its app works: at once where that can
 * be known before the handshake, else from the next connection on.
 */
let given: Authorities;
beforeAll(async () => {
  given = await authorities();
});
afterAll(() => given.close());

const get = `GET / HTTP/1.1\r\nHost: ${read}\r\n\r\n`;

/** Leaves when the handshake is over for both sides. */
async function leave({ socket }: Peer): Promise<void> {
  await sleep(50);
  socket.destroy();
}

describe('a client that', () => {
  test('does not trust us gets a tunnel from the next time on', async () => {
    const { tunnel, secure, origins, unread, exchanges } = await startProxy(given);
    const worldOnly = { ca: await readFile(given.world.caFile) };
    const refused = secured((await tunnel(`${read}:443`)).socket, { ...worldOnly, maxVersion: 'TLSv1.3' });
    await expect(refused).rejects.toThrow();
    await until('the refusal', () => unread[0]);
    // Node checks the certificate after the handshake, and leaves without a word; twice that is a refusal.
    await secured((await tunnel(`${read}:443`)).socket, worldOnly).catch(() => undefined);
    await until('the second refusal', () => unread[1]);
    const client = await secure(`${read}:443`, worldOnly);
    client.send(get);
    const upstream = await origins.secure.peer(origins.secure.peers.length);
    await upstream.gets(get.length);
    expect(unread.map(([reason]) => reason)).toEqual(['left-handshake', 'left-handshake']);
    expect(exchanges.map(brief)).toEqual([
      `CONNECT ${read}:443 | 200 | left-handshake refused`,
      `CONNECT ${read}:443 | 200 | left-handshake refused`,
    ]);
  });

  test('says that it does not trust us gets a tunnel from then on', async () => {
    const { tunnel, minted, unread } = await startProxy(given);
    const client = await tunnel(`${read}:443`);
    client.send(await nodeHello({ servername: read, maxVersion: 'TLSv1.2' }));
    await client.gets('\x16\x03\x03');
    // A fatal alert, unknown_ca (RFC 8446 section 6).
    client.send(Buffer.from([21, 3, 3, 0, 2, 2, 48]));
    await until('the refusal', () => unread[0]);
    expect(unread).toEqual([['certificate-refused', read]]);
    const again = await tunnel(`${read}:443`);
    again.send(await nodeHello({ servername: read }));
    await again.gets('\x16\x03\x03');
    expect(minted).toEqual([read]);
  });

  test('has no cipher in common with us', async () => {
    const { tunnel, unread } = await startProxy(given);
    const only = { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const;
    await secured((await tunnel(`${read}:443`)).socket, only).catch(() => undefined);
    expect(await until('the refusal', () => unread[0])).toEqual(['no-common-cipher', read]);
  });

  test('speaks HTTP/2 only goes through at once', async () => {
    const { tunnel, unread, exchanges, minted, port } = await startProxy(given);
    expect(port).toBeGreaterThan(0);
    const client = await tunnel(`${read}:443`);
    client.send(await nodeHello({ servername: read, ALPNProtocols: ['h2'] }));
    await client.gets('\x16\x03\x03');
    expect(unread).toEqual([['only-h2', read]]);
    expect(exchanges.map(brief)).toEqual([`CONNECT ${read}:443 | 200 | only-h2 refused`]);
    expect(minted).toEqual([]);
  });

  test('speaks neither TLS nor HTTP goes through at once', async () => {
    const { tunnel, unread, origins } = await startProxy(given, {
      route: (host) => ({
        upstream: { host, address: '127.0.0.1', port: origins.readPlain.port },
        isRead: true,
      }),
    });
    const client = await tunnel(`${read}:443`);
    client.send('\x00\x01\x02binary');
    await (await origins.readPlain.peer(0)).gets('\x00\x01\x02binary');
    expect(unread).toEqual([['not-tls', read]]);
  });

  test('begins TLS in a way that makes no sense goes through at once', async () => {
    const { tunnel, unread, origins } = await startProxy(given, {
      route: (host) => ({
        upstream: { host, address: '127.0.0.1', port: origins.readPlain.port },
        isRead: true,
      }),
    });
    const client = await tunnel(`${read}:443`);
    const nonsense = Buffer.from('160301000501000001ff', 'hex');
    client.send(nonsense);
    await (await origins.readPlain.peer(0)).gets(nonsense.length);
    expect(unread).toEqual([['bad-hello', read]]);
  });

  test('leaves twice in a row after the handshake without a word gets a tunnel', async () => {
    const { secure, tunnel, unread, minted } = await startProxy(given);
    for (const turn of [1, 2]) {
      await leave(await secure());
      await until('the leave', () => unread[turn - 1]);
    }
    expect(unread.map(([reason]) => reason)).toEqual(['left-unused', 'left-unused']);
    const client = await tunnel(`${read}:443`);
    client.send(await nodeHello({ servername: read }));
    await client.gets('\x16\x03\x03');
    expect(minted).toHaveLength(2);
  });

  test('leaves so once, and asks for something the next time, is read on', async () => {
    const { secure, origins, unread, minted } = await startProxy(given);
    for (const turn of [1, 2]) {
      await leave(await secure());
      await until('the leave', () => unread[turn - 1]);
      const client = await secure();
      client.send(get);
      await until('the request', () => origins.secure.peers.find(({ text }) => text === get.repeat(1)));
      client.end();
    }
    expect(minted).toHaveLength(4);
  });

  test('asks for a host whose certificate cannot be made goes through', async () => {
    const { tunnel, faults } = await startProxy(given, {
      contextFor: () => Promise.reject(new Error('no certificate')),
    });
    const client = await tunnel(`${read}:443`);
    client.send(await nodeHello({ servername: read }));
    await client.gets('\x16\x03\x03');
    expect(faults).toEqual([new Error('no certificate')]);
  });
});

test('a hello may come byte by byte, or stop anywhere', async () => {
  const { tunnel, minted, unread } = await startProxy(given, { headTimeoutMs: 300 });
  const hello = await nodeHello({ servername: read });
  const client = await tunnel(`${read}:443`);
  await client.trickle([...hello].map((byte) => Buffer.from([byte])));
  await client.gets('\x16\x03\x03');
  expect(minted).toEqual([read]);
  for (const length of [0, 1, 5, 43, hello.length - 1]) {
    const cut = await tunnel(`${read}:443`);
    cut.send(hello.subarray(0, length));
    await cut.closed();
  }
  expect(minted).toEqual([read]);
  // The first one has never ended its handshake.
  expect(unread).toEqual([['left-handshake', read]]);
});
