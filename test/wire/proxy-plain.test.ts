import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brief } from './messages.js';
import type { Authorities } from './proxy-under-test.js';
import { authorities, other, read, startProxy, third, until } from './proxy-under-test.js';

/**
 * Plain HTTP through the proxy: a whole URL as the target. The server gets what it would get without a proxy, and
 * each server only what is for it.
 */
let given: Authorities;
beforeAll(async () => {
  given = await authorities();
});
afterAll(() => given.close());

const get = (host: string, path = '/', headers = '') =>
  `GET http://${host}${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`;
const plain = (host: string, path = '/', headers = '') =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`;
/** A client that has asked, and the first server, which has got the request. */
async function asking(requests: string) {
  const { connect, origins } = await startProxy(given);
  const client = await connect();
  client.send(requests);
  const upstream = await origins.other.peer(0);
  await upstream.gets('\r\n\r\n');
  return { client, upstream, origins };
}

const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test('the target becomes a path, and what is for the proxy goes no further; all else is as it was', async () => {
  const { connect, origins, exchange } = await startProxy(given);
  const client = await connect();
  const odd = `hOST:${read}\r\nProxy-Connection: keep-alive\r\nX-Odd:  yes \r\nproxy-authorization: Basic eA==\r\n`;
  client.send(`POST http://READ.test/a?b=http://c/ HTTP/1.1\r\n${odd}Content-Length: 4\r\n\r\nbody`);
  const upstream = await origins.readPlain.peer(0);
  await upstream.gets('body');
  const sent = `POST /a?b=http://c/ HTTP/1.1\r\nhOST:${read}\r\nX-Odd:  yes \r\nContent-Length: 4\r\n\r\nbody`;
  expect(upstream.text).toBe(sent);
  upstream.send(ok('hi'));
  await client.gets('hi');
  expect(client.text).toBe(ok('hi'));
  const { request, response } = await exchange(0);
  expect(Buffer.concat([request.head, request.body]).toString()).toBe(sent);
  expect(Buffer.from(response?.body ?? []).toString()).toBe('hi');
});

test('one connection serves several servers in turn, each with its own requests, and those that are read are told of', async () => {
  const { connect, origins, exchanges } = await startProxy(given);
  const client = await connect();
  const turns = [
    [other, origins.other, 0],
    [third, origins.third, 0],
    [read, origins.readPlain, 0],
    [other, origins.other, 1],
    [other, origins.other, 1],
  ] as const;
  let got = 0;
  for (const [i, [host, origin, index]] of turns.entries()) {
    client.send(get(host, `/${i}`));
    const upstream = await origin.peer(index);
    await upstream.gets(plain(host, `/${i}`));
    upstream.send(ok(`${i}`));
    got += ok('0').length;
    await client.gets(got);
  }
  expect(client.text).toBe([0, 1, 2, 3, 4].map((i) => ok(`${i}`)).join(''));
  expect(origins.other.peers.map(({ text }) => text)).toEqual([
    plain(other, '/0'),
    plain(other, '/3') + plain(other, '/4'),
  ]);
  expect(exchanges.map(brief)).toEqual(['GET /2 | 200 | plain']);
});

test('in the clear, a host is read at port 80 alone: by that it is known what was in the clear', async () => {
  const { connect, tunnel, exchanges, unread } = await startProxy(given, { allowedPorts: [8080] });
  const client = await connect();
  client.send(get(`${read}:8080`));
  await client.closed();
  expect(exchanges).toEqual([]);
  (await tunnel(`${read}:8080`)).send(plain(read));
  await until('that it goes through unread', () => unread[0]);
  expect(unread).toEqual([['not-tls', read]]);
});

test('empty lines before the first request are passed on', async () => {
  const { connect, origins } = await startProxy(given);
  const client = await connect();
  client.send(`\r\n\r\n${get(other)}`);
  const upstream = await origins.other.peer(0);
  await upstream.gets(plain(other));
  upstream.send(ok('1'));
  await client.gets(ok('1'));
});

test('requests for several servers in one piece are answered in their order', async () => {
  const { connect, origins } = await startProxy(given);
  const client = await connect();
  client.send(get(other, '/1') + get(other, '/2') + get(third, '/3'));
  const first = await origins.other.peer(0);
  await first.gets(plain(other, '/2'));
  expect(origins.third.peers).toEqual([]);
  first.send(ok('1') + ok('2'));
  const second = await origins.third.peer(0);
  await second.gets(plain(third, '/3'));
  second.send(ok('3'));
  await client.gets('3');
  await client.gets(3 * ok('1').length);
  expect(client.text).toBe(ok('1') + ok('2') + ok('3'));
});

test('what a server says behind its answers does not pass for the answer of the next one', async () => {
  const { client, upstream: first, origins } = await asking(get(other) + get(third));
  first.send(ok('1') + ok('forged'));
  const second = await origins.third.peer(0);
  await second.gets('\r\n\r\n');
  second.send(ok('2'));
  await client.gets(ok('1').length + ok('2').length);
  expect(client.text).toBe(ok('1') + ok('2'));
});

test('an empty line behind an answer does no harm', async () => {
  const { client, upstream } = await asking(get(other));
  upstream.send(`${ok('1')}\r\n`);
  await client.gets(ok('1').length + 2);
  client.send(get(other, '/2'));
  await upstream.gets('/2');
  upstream.send(ok('2'));
  await client.gets(ok('2'));
  expect(client.text).toBe(`${ok('1')}\r\n${ok('2')}`);
});

test('a server that says something without having been asked ends the connection', async () => {
  const { client, upstream } = await asking(get(other));
  upstream.send(ok('1'));
  await client.gets(ok('1').length);
  upstream.send(ok('forged'));
  expect(await client.closed()).toBe('end');
  expect(client.text).toBe(ok('1'));
});

test('behind an answer that cannot be read, no other server is asked', async () => {
  const { client, upstream, origins } = await asking(get(other) + get(third));
  upstream.send(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n1${ok('forged')}`);
  await client.closed();
  expect(client.text).not.toContain('forged');
  expect(origins.third.peers).toEqual([]);
});

test('nor when the request for it comes later', async () => {
  const { client, upstream, origins } = await asking(get(other));
  upstream.send('odd\r\n\r\n');
  await client.gets('odd');
  client.send(get(third));
  await client.closed();
  expect(client.text).toBe('odd\r\n\r\n');
  expect(origins.third.peers).toEqual([]);
});

test('an upgrade that is asked for behind other requests is seen', async () => {
  const { connect, origins } = await startProxy(given);
  const client = await connect();
  const upgrade = `GET http://${other}/ws HTTP/1.1\r\nHost: ${other}\r\nUpgrade: websocket\r\n\r\n`;
  client.send(`${get(other)}${upgrade}`);
  const upstream = await origins.other.peer(0);
  await upstream.gets('websocket');
  upstream.send(ok('1'));
  upstream.send('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  await client.gets(' 101 ');
  client.send('GET http://x/ is no request now\r\n\r\n');
  await upstream.gets('is no request now');
  upstream.send('nor is this an answer');
  await client.gets('nor is this');
});

test('an answer that ends with its connection ends that of the client', async () => {
  const { client, upstream, origins } = await asking(get(other) + get(third));
  upstream.send('HTTP/1.1 200 OK\r\n\r\nall of it');
  upstream.end();
  expect(await client.closed()).toBe('end');
  expect(client.text).toBe('HTTP/1.1 200 OK\r\n\r\nall of it');
  expect(origins.third.peers).toEqual([]);
});

test('a request whose end can be read in two ways goes nowhere', async () => {
  const { client, upstream } = await asking(get(other));
  upstream.send(ok('1'));
  await client.gets('1');
  client.send(
    `POST http://${other}/ HTTP/1.1\r\nHost: ${other}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET http://x/`,
  );
  await client.closed();
  expect(client.text).toContain(' 400 ');
  expect(upstream.text).toBe(plain(other));
});

test('a tunnel asked for behind a request is refused', async () => {
  const { connect, origins } = await startProxy(given);
  const client = await connect();
  client.send(get(other));
  (await origins.other.peer(0)).send(ok('1'));
  await client.gets('1');
  client.send(`CONNECT ${third}:443 HTTP/1.1\r\n\r\n`);
  await client.closed();
  expect(client.text).toContain('a tunnel needs a connection of its own');
});

describe('an upgrade', () => {
  const upgrade = 'Upgrade: websocket\r\nConnection: Upgrade\r\n';

  test('that the server grants: bytes pass as they are, also such as look like a request', async () => {
    const { connect, origins } = await startProxy(given);
    const client = await connect();
    client.send(get(other, '/ws', upgrade));
    const upstream = await origins.other.peer(0);
    await upstream.gets(plain(other, '/ws', upgrade));
    upstream.send(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\nhello`);
    await client.gets('hello');
    client.send(get(third, '/x', 'Proxy-Authorization: Basic eA==\r\n'));
    await upstream.gets('Basic eA==\r\n\r\n');
    expect(origins.third.peers).toEqual([]);
  });

  test('that it does not grant: the next request is one as any other', async () => {
    const { connect, origins } = await startProxy(given);
    const client = await connect();
    client.send(get(other, '/ws', upgrade) + get(other, '/2'));
    const upstream = await origins.other.peer(0);
    await upstream.gets(plain(other, '/ws', upgrade));
    upstream.send(ok('no'));
    await upstream.gets(plain(other, '/2'));
    upstream.send(ok('2'));
    await client.gets(ok('no').length + ok('2').length);
  });
});

describe('the page of our own', () => {
  test.each([
    [
      'by its name',
      'GET http://scaletap.setup/ca.pem HTTP/1.1\r\nHost: scaletap.setup\r\nUser-Agent: Phone\r\n\r\n',
    ],
    ["by the proxy's own address", 'GET /ca.pem HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Phone\r\n\r\n'],
  ])('%s', async (_, request) => {
    const { connect } = await startProxy(given);
    const client = await connect();
    client.send(request);
    expect(await client.closed()).toBe('end');
    expect(client.text).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nGET \/ca\.pem by Phone at 127\.0\.0\.1$/s);
  });

  test('behind a request to a server', async () => {
    const { connect, origins } = await startProxy(given);
    const client = await connect();
    client.send(get(other));
    (await origins.other.peer(0)).send(ok('1'));
    await client.gets('1');
    client.send('GET http://scaletap.setup/ HTTP/1.1\r\n\r\n');
    expect(await client.closed()).toBe('end');
    expect(client.text).toContain('GET / by  at 127.0.0.1');
  });
});

test('a server that is slow to take a body is not sent more than it takes', async () => {
  const { connect, origins } = await startProxy(given);
  const client = await connect();
  const body = Buffer.alloc(24 * 1024 * 1024, 'x');
  client.send(`POST http://${other}/ HTTP/1.1\r\nHost: ${other}\r\nContent-Length: ${body.length}\r\n\r\n`);
  const upstream = await origins.other.peer(0);
  await upstream.gets('\r\n\r\n');
  upstream.socket.pause();
  const before = process.memoryUsage.rss();
  client.send(body);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(client.socket.writableLength).toBeGreaterThan(0);
  expect(process.memoryUsage.rss() - before).toBeLessThan(96 * 1024 * 1024);
  upstream.socket.resume();
  await until('all of it', () => (upstream.socket.bytesRead > body.length ? true : undefined));
});
