import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isPublic } from '../../src/wire/reach.js';
import { brief } from './messages.js';
import type { Authorities } from './proxy-under-test.js';
import { authorities, other, read, startProxy } from './proxy-under-test.js';

let given: Authorities;
beforeAll(async () => {
  given = await authorities();
});
afterAll(() => given.close());

/** The status that the first bytes of a client lead to. */
async function statusOf(
  proxy: { readonly connect: () => ReturnType<Awaited<ReturnType<typeof startProxy>>['connect']> },
  bytes: string | Buffer,
) {
  const client = await proxy.connect();
  client.send(bytes);
  await client.closed();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(client.text)?.[1] ?? Number.NaN);
}

const connectTo = (target: string, headers = '') => `CONNECT ${target} HTTP/1.1\r\n${headers}\r\n`;

describe('is told why it is not served:', () => {
  test.each([
    ['CONNECT without a port', connectTo(read), 400],
    ['CONNECT to no port', connectTo(`${read}:0`), 400],
    ['CONNECT to a URL', connectTo(`https://${read}/`), 400],
    ['a name of 300 bytes', connectTo(`${'a'.repeat(300)}.test:443`), 400],
    ['an odd notation of loopback', connectTo('0x7f.1:443'), 400],
    ['a number for an address', connectTo('2130706433:443'), 400],
    ['an https URL in plain', 'GET https://read.test/ HTTP/1.1\r\n\r\n', 400],
    ['bytes that are no HTTP', '\x16\x03\x01\x02\x00\x01', 400],
    ['a head with a length that is none', 'GET http://x.test/ HTTP/1.1\r\nContent-Length: x\r\n\r\n', 400],
    [
      'a head with two framings',
      'POST http://x.test/ HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['a head of 1 MB', `GET http://x.test/ HTTP/1.1\r\nX: ${'a'.repeat(1_000_000)}`, 400],
    ['a port that is not allowed', connectTo(`${other}:25`), 403],
    ['a port that is not allowed, in plain', 'GET http://other.test:22/ HTTP/1.1\r\n\r\n', 403],
    ['loopback', connectTo('127.0.0.1:443'), 403],
    ['loopback in IPv6', connectTo('[::1]:443'), 403],
    ['loopback in plain', 'GET http://127.0.0.1/ HTTP/1.1\r\n\r\n', 403],
    ['a private address', connectTo('192.168.1.1:80'), 403],
    ['a link-local address', connectTo('169.254.169.254:80'), 403],
    ['IPv4 in IPv6', connectTo('[::ffff:10.0.0.1]:443'), 403],
    ['a name that leads to loopback', connectTo('rebound.test:443'), 508],
    ['a name that leads to the router', connectTo('router.test:443'), 403],
    ['a name that leads to the link', connectTo('v6.test:443'), 403],
    ['a name that leads nowhere', connectTo('nowhere.test:443'), 502],
    ['a name that leads to the router, in plain', 'GET http://router.test/ HTTP/1.1\r\n\r\n', 403],
  ])('%s: %#', async (_, bytes, status) => {
    const proxy = await startProxy(given);
    expect(await statusOf(proxy, bytes)).toBe(status);
    expect(proxy.refusals).toHaveLength(1);
    expect(proxy.faults).toEqual([]);
  });
});

test('nothing that is not on the internet is dialled, whatever the name', () => {
  expect(
    ['127.0.0.1', '10.0.0.1', '192.168.1.1', '169.254.169.254', '::1', 'fd00::1'].filter(isPublic),
  ).toEqual([]);
});

test('a client from outside of the house is not served', async () => {
  const proxy = await startProxy(given, { mayUse: () => false });
  expect(await statusOf(proxy, connectTo(`${other}:443`))).toBe(403);
  expect(proxy.refusals).toEqual(['client-not-local']);
  expect(proxy.origins.other.peers).toEqual([]);
});

describe('with a login', () => {
  const login = 'ann:s3:cret';
  const basic = (text: string) => `Proxy-Authorization: Basic ${Buffer.from(text).toString('base64')}\r\n`;

  test.each([
    ['none', ''],
    ['another password', basic('ann:s3')],
    ['another scheme', 'Proxy-Authorization: Bearer x\r\n'],
    ['two', basic(login) + basic(login)],
  ])('a client with %s is asked for it', async (_, headers) => {
    const proxy = await startProxy(given, { login });
    const client = await proxy.connect();
    client.send(connectTo(`${other}:443`, headers));
    await client.closed();
    expect(client.text).toMatch(/^HTTP\/1\.1 407 .*\r\nProxy-Authenticate: Basic realm="scaletap"\r\n/s);
    expect(proxy.origins.other.peers).toEqual([]);
  });

  test('the right one opens it, and goes no further', async () => {
    const { tunnel, connect, origins } = await startProxy(given, { login });
    expect((await tunnel(`${other}:443`, basic(login))).text).toContain(' 200 ');
    const client = await connect();
    client.send(`GET http://${other}/ HTTP/1.1\r\nHost: ${other}\r\n${basic(login)}\r\n`);
    const upstream = await origins.other.peer(1);
    await upstream.gets('\r\n\r\n');
    expect(upstream.text).toBe(`GET / HTTP/1.1\r\nHost: ${other}\r\n\r\n`);
  });

  test('the page that sets a phone up needs none', async () => {
    expect(await statusOf(await startProxy(given, { login }), 'GET / HTTP/1.1\r\n\r\n')).toBe(200);
  });
});

describe('an upstream that fails is told to the client inside TLS, and recorded:', () => {
  const get = `GET / HTTP/1.1\r\nHost: ${read}\r\n\r\n`;

  test('its certificate is not trusted', async () => {
    const { secure, exchange } = await startProxy(given, {
      upstreamContext: async () => createSecureContext({ ca: await readFile(given.ours.caFile) }),
    });
    const client = await secure();
    client.send(get);
    await client.gets('--upstream-ca');
    expect(client.text).toMatch(/^HTTP\/1\.1 502 /);
    expect(brief(await exchange(0))).toBe('GET / | 502 | upstream-certificate refused');
  });

  test('it speaks no TLS', async () => {
    const { secure, origins, exchange } = await startProxy(given, {
      route: (host) => ({
        upstream: { host, address: '127.0.0.1', port: origins.readPlain.port },
        isRead: true,
      }),
    });
    // It is dialled before it is asked for, and once more when it is.
    for (const index of [0, 1]) {
      void origins.readPlain.peer(index).then((peer) => peer.send('HTTP/1.1 400 Bad Request\r\n\r\n'));
    }
    const client = await secure();
    client.send(get);
    await client.closed();
    expect(brief(await exchange(0))).toBe('GET / | 502 | upstream-tls refused');
  });

  test('it is not there', async () => {
    const { secure, exchange } = await startProxy(given, {
      route: (host) => ({ upstream: { host, address: '127.0.0.1', port: 1 }, isRead: true }),
    });
    const client = await secure();
    client.send(get);
    await client.closed();
    expect(brief(await exchange(0))).toBe('GET / | 502 | connect-refused refused');
  });

  test('it must not be called', async () => {
    const { secure, origins, exchange } = await startProxy(given, { mayCall: () => false });
    const client = await secure();
    client.send(get);
    await client.closed();
    expect(brief(await exchange(0))).toBe('GET / | 503 | offline refused');
    expect(origins.secure.peers).toEqual([]);
  });
});

test('half a head, then silence: 408', async () => {
  const { connect } = await startProxy(given, { headTimeoutMs: 100 });
  const client = await connect();
  client.send('CONNECT other.test:443 HTTP/1.1\r\nHost:');
  await client.closed();
  expect(client.text).toMatch(/^HTTP\/1\.1 408 /);
});

test('a client too many is turned away', async () => {
  let full = 0;
  const { tunnel, connect } = await startProxy(given, { maxConnections: 1, onFull: () => full++ });
  await tunnel(`${other}:443`);
  await (await connect()).closed();
  expect(full).toBe(1);
});
