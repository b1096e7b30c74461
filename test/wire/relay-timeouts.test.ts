import { afterEach, expect, it } from 'vitest';
import { brief, ok, post } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';

let under: RelayUnderTest;
afterEach(() => under.close());

it('half a head, then silence: 408 from us, nothing dialled', async () => {
  under = await startRelay({ headTimeoutMs: 100 });
  const client = await under.connect();
  client.send('POST /cgi-bin/once HT');
  expect(await client.closed()).toBe('end');
  expect(client.text).toMatch(/^HTTP\/1\.1 408 [\s\S]*no complete request head within 0\.1 s\n$/);
  const exchange = await under.exchange(0);
  expect(brief(exchange)).toBe('~ | 408 | head-timeout refused');
  expect(Buffer.from(exchange.request.body).toString()).toBe('POST /cgi-bin/once HT');
  expect(exchange.responseAfterUs ?? 0).toBeGreaterThan(90_000);
  expect(exchange.endedAfterUs).toBeGreaterThanOrEqual(exchange.responseAfterUs ?? 0);
  expect(under.origin.peers).toHaveLength(0);
  expect(under.refusals).toMatchObject([{ reason: 'head-timeout' }]);
});

it('a head that trickles in has the same time', async () => {
  under = await startRelay({ headTimeoutMs: 100 });
  const client = await under.connect();
  client.send('P');
  const trickle = setInterval(() => client.send('O'), 20);
  await client.gets('HTTP/1.1 408 ');
  clearInterval(trickle);
});

it('the time of a head begins with its first byte', async () => {
  under = await startRelay({ headTimeoutMs: 2_000 });
  const client = await under.connect();
  await new Promise((resolve) => setTimeout(resolve, 1_600));
  client.send('POST /cgi-bin/once HT');
  await new Promise((resolve) => setTimeout(resolve, 600));
  client.send(post().slice('POST /cgi-bin/once HT'.length));
  const upstream = await under.origin.peer(0);
  await upstream.gets(post());
  expect(client.closing).toBeNull();
});

it('who connects and says nothing is let go, and leaves no trace', async () => {
  under = await startRelay({ headTimeoutMs: 60 });
  const client = await under.connect();
  expect(await client.closed()).toBe('end');
  expect(client.text).toBe('');
  expect(under.exchanges).toEqual([]);
  expect(under.refusals).toEqual([]);
});

it('half of a later head goes its way as it is', async () => {
  under = await startRelay({ headTimeoutMs: 60 });
  const { client, upstream } = await under.pair(`${post('/1')}POST /2 HT`);
  upstream.send(ok());
  await upstream.gets(`${post('/1')}POST /2 HT`);
  client.send('TP/1.1\r\n\r\n');
  await upstream.gets(`${post('/1')}POST /2 HTTP/1.1\r\n\r\n`);
  client.end();
  upstream.end();
  await under.exchange(1);
  expect(under.exchanges.map(brief)).toEqual(['POST /1 | 200 | plain', '~ | - | head-timeout']);
});

it('an upstream that does not answer: both sides are cut, and seen to be', async () => {
  under = await startRelay({ idleTimeoutMs: 100 });
  const { client, upstream } = await under.pair(post());
  upstream.send('HTTP/1.1 200 OK\r\n\r\nbegin');
  expect(await client.closed()).toBe('reset');
  expect(await upstream.closed()).toBe('reset');
  const exchange = await under.exchange(0);
  expect(brief(exchange)).toBe('POST /cgi-bin/once | 200~ | idle-timeout');
  expect(exchange.endedAfterUs).toBeLessThan(90_000);
});

it('an idle connection is closed in order', async () => {
  under = await startRelay({ idleTimeoutMs: 100 });
  const { client, upstream } = await under.pair(post());
  upstream.send(ok());
  expect(await client.closed()).toBe('end');
  expect(await upstream.closed()).toBe('end');
  expect(under.exchanges.map(brief)).toEqual(['POST /cgi-bin/once | 200 | plain']);
});

it('a byte in either direction is a sign of life', async () => {
  under = await startRelay({ idleTimeoutMs: 120 });
  const { client, upstream } = await under.pair(post());
  upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n');
  for (let i = 0; i < 6; i++) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    upstream.send('xx');
  }
  await client.gets('xxxxxxxxxxxx');
  expect(brief(await under.exchange(0))).toBe('POST /cgi-bin/once | 200 | plain');
});
