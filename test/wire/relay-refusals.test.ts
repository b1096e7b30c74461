import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { RefusalReason } from '../../src/model/exchange.js';
import type { RelayOptions } from '../../src/wire/relay.js';
import { startDeafServer } from '../servers/deaf.js';
import { freePort } from '../servers/ports.js';
import type { Peer } from '../servers/raw.js';
import { startOrigin } from '../servers/raw.js';
import { brief, host, ok, post } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';

/*
 * We answer with an error of our own, and nothing is dialled, when a request must not be relayed; when it cannot be,
 * the answer says why. Each is told of and recorded, and ends the connection.
 */

let under: RelayUnderTest;
afterEach(() => under.close());

async function start(options?: Partial<RelayOptions>): Promise<void> {
  under = await startRelay(options);
}

async function send(bytes: string): Promise<Peer> {
  const client = await under.connect();
  client.send(bytes);
  return client;
}

/** What one refused request leads to. */
async function refused(bytes: string, status: string, reason: RefusalReason, message: RegExp): Promise<void> {
  const client = await send(bytes);
  expect(await client.closed()).toBe('end');
  expect(client.text).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*\r\n\r\nscaletap: .*\n$`));
  expect(client.text).toMatch(message);
  const exchange = await under.exchange(0);
  expect(exchange).toMatchObject({ answered: 'refused', reason, upstream: '' });
  expect(Buffer.concat([exchange.request.head, exchange.request.body]).toString('latin1')).toBe(bytes);
  const answer = [exchange.response?.head ?? '', exchange.response?.body ?? ''].map(String).join('');
  expect(answer).toBe(client.received.toString());
  expect(under.exchanges).toHaveLength(1);
  expect(under.origin.peers).toHaveLength(0);
  expect(under.refusals).toMatchObject([{ reason, client: `127.0.0.1:${client.port}` }]);
}

it('a Host that is not allowed', async () => {
  await start();
  await refused(
    'POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 3\r\n\r\nabc',
    '421',
    'host-not-allowed',
    /example\.com; --upstream HOST/,
  );
});

it('a Host that is not allowed, in a head that cannot be framed', async () => {
  await start();
  const bytes = 'GET / HTTP/1.1\r\nHost: example.com\r\nA : b\r\n\r\n';
  await refused(bytes, '421', 'host-not-allowed', /a host that nothing is relayed to/);
});

it('two Hosts', async () => {
  await start();
  const bytes = `GET / HTTP/1.1\r\nHost: ${host}\r\nHost: example.com\r\n\r\n`;
  await refused(bytes, '400', 'conflicting-host', /two different Host headers/);
});

it('an absolute target', async () => {
  await start();
  const bytes = `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  await refused(bytes, '400', 'not-origin-form', /not a web proxy/);
});

it('CONNECT', async () => {
  await start();
  const bytes = `CONNECT ${host}:80 HTTP/1.1\r\nHost: ${host}:80\r\n\r\n`;
  await refused(bytes, '400', 'not-origin-form', /not a web proxy/);
});

it('a control character in a Host goes no further than the answer', async () => {
  await start();
  await refused('GET / HTTP/1.1\r\nHost: a\x1b[2J\r\n\r\n', '421', 'host-not-allowed', /nothing is relayed/);
});

it('a name that cannot be looked up', async () => {
  await start({
    upstreams: [{ host, address: null, port: 80 }],
    lookUp: () => Promise.reject(new Error('queryA ETIMEOUT')),
  });
  const message = /cannot look up scalews\.withings\.net: queryA ETIMEOUT\. .*--upstream-dns/;
  await refused(post(), '502', 'lookup-failed', message);
});

it('an upstream that refuses the connection', async () => {
  const port = await freePort();
  await start({ upstreams: [{ host, address: '127.0.0.1', port }] });
  const message = new RegExp(`cannot reach ${host}: 127.0.0.1:${port} refused the connection`);
  await refused(post(), '502', 'connect-refused', message);
});

it('an upstream that does not answer the call', async () => {
  const deaf = await startDeafServer();
  try {
    await start({ upstreams: [{ host, address: '127.0.0.1', port: deaf.port }], connectTimeoutMs: 100 });
    const message = new RegExp(`cannot reach ${host}: 127.0.0.1:${deaf.port} did not answer within 0.1 s`);
    await refused(post(), '504', 'connect-timeout', message);
  } finally {
    deaf.stop();
  }
});

it('on a connection that was in good use: what came before is answered first', async () => {
  await start();
  const { client, upstream } = await under.pair(post('/good'));
  await upstream.gets(post('/good'));
  upstream.send(ok('fine'));
  await client.gets(ok('fine'));
  client.send('GET /bad HTTP/1.1\r\nHost: example.com\r\n\r\n');
  expect(await client.closed()).toBe('end');
  expect(client.text).toContain(`${ok('fine')}HTTP/1.1 421 `);
  expect(upstream.text).toBe(post('/good'));
  await under.exchange(1);
  expect(under.exchanges.map(brief)).toEqual([
    'POST /good | 200 | plain',
    'GET /bad | 421 | host-not-allowed refused',
  ]);
});

it('pipelined behind a good one, which is answered first', async () => {
  await start();
  const { client, upstream } = await under.pair(
    `${post('/good')}GET /bad HTTP/1.1\r\nHost: example.com\r\n\r\n${post('/behind')}`,
  );
  await upstream.gets(post('/good'));
  client.send(post('/later'));
  await sleep(20);
  expect(client.text).toBe('');
  upstream.send(ok('fine').slice(0, 10));
  await sleep(5);
  upstream.send(ok('fine').slice(10));
  expect(await client.closed()).toBe('end');
  expect(client.text.startsWith(`${ok('fine')}HTTP/1.1 421 `)).toBe(true);
  expect(upstream.text).toBe(post('/good'));
  await under.exchange(1);
  expect(under.exchanges.map(brief)).toEqual([
    'POST /good | 200 | plain',
    'GET /bad | 421 | host-not-allowed refused',
  ]);
});

it('pipelined behind a good one that upstream never answers: no answer of ours takes its place', async () => {
  await start();
  const { client, upstream } = await under.pair(
    `${post('/good')}GET /bad HTTP/1.1\r\nHost: example.com\r\n\r\n`,
  );
  await upstream.gets(post('/good'));
  upstream.end();
  expect(await client.closed()).toBe('end');
  expect(client.text).toBe('');
  client.end();
  await under.exchange(1);
  expect(under.exchanges.map(brief)).toEqual([
    'POST /good | - | upstream-left',
    'GET /bad | - | upstream-left',
  ]);
});

it('another upstream on the same connection, allowed as it is', async () => {
  const origin = await startOrigin();
  const leadsTo = (name: string) => ({ host: name, address: '127.0.0.1', port: origin.port });
  await start({ upstreams: [leadsTo(host), leadsTo('wbs.withings.net')] });
  const client = await send(post('/1'));
  const upstream = await origin.peer(0);
  await upstream.gets(post('/1'));
  upstream.send(ok());
  await client.gets(ok());
  client.send('GET /2 HTTP/1.1\r\nHost: wbs.withings.net\r\n\r\n');
  expect(await client.closed()).toBe('end');
  expect(client.text).toMatch(
    /HTTP\/1\.1 421 [\s\S]*this connection leads to scalews\.withings\.net, not to wbs/,
  );
  expect(upstream.text).toBe(post('/1'));
  await origin.close();
});

it('a client that goes on sending still gets its answer', async () => {
  await start();
  const client = await send('POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 1000000\r\n\r\n');
  for (let i = 0; i < 50; i++) client.send('x'.repeat(20_000));
  expect(await client.closed()).toBe('end');
  expect(client.text).toMatch(/^HTTP\/1\.1 421 /);
});

it('a client that does not go is dropped', async () => {
  await start();
  const client = await send('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
  await client.closed();
  const told = performance.now();
  while (!client.socket.destroyed && performance.now() - told < 5_000) {
    client.send('x');
    await sleep(100);
  }
  expect(client.closing).toBe('reset');
  expect(performance.now() - told).toBeGreaterThan(1_000);
});
