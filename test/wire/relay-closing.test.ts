import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { brief, host, ok, post } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';

/* How one side closes is how the other side sees it close; and whoever cut an exchange is named in it. */

let under: RelayUnderTest;
beforeEach(async () => {
  under = await startRelay();
});
afterEach(async () => {
  expect(under.faults).toEqual([]);
  await under.close();
});

const long = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin';
const toClose = 'HTTP/1.1 200 OK\r\n\r\nbegin';

it('a client that has said all closes its side, and still gets its answer', async () => {
  const { client, upstream } = await under.pair(post());
  client.end();
  expect(await upstream.closed()).toBe('end');
  expect(upstream.text).toBe(post());
  upstream.send(ok());
  await client.gets(ok());
  expect(client.closing).toBeNull();
  upstream.end();
  expect(await client.closed()).toBe('end');
  expect(brief(await under.exchange(0))).toBe('POST /cgi-bin/once | 200 | plain');
});

it('also when request and close come in one go, before upstream is connected', async () => {
  const client = await under.connect();
  client.socket.end(post());
  const upstream = await under.origin.peer(0);
  expect(await upstream.closed()).toBe('end');
  expect(upstream.text).toBe(post());
  upstream.send(ok());
  upstream.end();
  expect(await client.closed()).toBe('end');
  expect(client.text).toBe(ok());
});

it('an upstream that has said all closes its side, and still gets the rest of the request', async () => {
  const { client, upstream } = await under.pair(
    `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\n\r\na`,
  );
  await upstream.gets('\r\n\r\na');
  upstream.send(ok());
  upstream.end();
  expect(await client.closed()).toBe('end');
  client.send('bcde');
  await upstream.gets('abcde');
  client.end();
  expect(await upstream.closed()).toBe('end');
  expect(brief(await under.exchange(0))).toBe('POST / | 200 | plain');
});

it('what a client sent before it left reaches a slow upstream that closed its own side before', async () => {
  const body = 'x'.repeat(16_000_000);
  const { client, upstream } = await under.pair(
    `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  await upstream.gets('\r\n\r\n');
  upstream.socket.pause();
  upstream.send(ok());
  upstream.end();
  await client.closed();
  client.send(body);
  client.end();
  await sleep(100);
  upstream.socket.resume();
  expect(await upstream.closed()).toBe('end');
  expect(upstream.received.length).toBe(post('/', body).length);
});

it.each([
  ['of known length', long],
  ['to the close', toClose],
])('an upstream that resets in the middle of an answer %s: the client sees a reset', async (_, answer) => {
  const { client, upstream } = await under.pair(post());
  upstream.send(answer);
  await client.gets(answer);
  upstream.reset();
  expect(await client.closed()).toBe('reset');
  expect(client.text).toBe(answer);
  expect(brief(await under.exchange(0))).toBe('POST /cgi-bin/once | 200~ | upstream-left');
});

it('an upstream that resets right behind what it sent: all of it arrives, and the reset', async () => {
  const { client, upstream } = await under.pair(post());
  upstream.send(toClose);
  await sleep(20);
  upstream.reset();
  expect(await client.closed()).toBe('reset');
  expect(client.text).toBe(toClose);
});

it('an upstream that closes in the middle of an answer: the client sees it cut', async () => {
  const { client, upstream } = await under.pair(post());
  upstream.send(long);
  upstream.end();
  expect(await client.closed()).toBe('end');
  expect(client.text).toBe(long);
  client.end();
  const exchange = await under.exchange(0);
  expect(brief(exchange)).toBe('POST /cgi-bin/once | 200~ | upstream-left');
  expect(exchange.response).toMatchObject({ bodyBytes: 5, complete: false });
});

it('an upstream that closes without a word', async () => {
  const { client, upstream } = await under.pair(post());
  await upstream.gets(post());
  upstream.end();
  expect(await client.closed()).toBe('end');
  expect(client.text).toBe('');
  client.end();
  expect(await under.exchange(0)).toMatchObject({
    response: null,
    responseAfterUs: null,
    reason: 'upstream-left',
  });
});

it('an upstream that dies in the middle of its head', async () => {
  const { client, upstream } = await under.pair(post());
  upstream.send('HTTP/1.1 200 O');
  await client.gets('HTTP/1.1 200 O');
  upstream.reset();
  expect(await client.closed()).toBe('reset');
  const { reason, response } = await under.exchange(0);
  expect(reason).toBe('upstream-left');
  expect(Buffer.from(response?.body ?? []).toString()).toBe('HTTP/1.1 200 O');
});

it('an idle upstream that closes takes the client with it, and nothing is told', async () => {
  const { client, upstream } = await under.pair(post());
  upstream.send(ok());
  await client.gets(ok());
  upstream.end();
  expect(await client.closed()).toBe('end');
  client.end();
  await upstream.closed();
  expect(under.exchanges.map(brief)).toEqual(['POST /cgi-bin/once | 200 | plain']);
});

it('a client that leaves in the middle of a body', async () => {
  const { client, upstream } = await under.pair(
    `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\n\r\nab`,
  );
  await upstream.gets('\r\n\r\nab');
  client.end();
  expect(await upstream.closed()).toBe('end');
  upstream.end();
  await client.closed();
  const exchange = await under.exchange(0);
  expect(brief(exchange)).toBe('POST /~ | - | client-left');
  expect(exchange.request).toMatchObject({ bodyBytes: 2, complete: false });
});

it('a client that resets', async () => {
  const { client, upstream } = await under.pair(post());
  await upstream.gets(post());
  client.reset();
  expect(await upstream.closed()).toBe('reset');
  expect(brief(await under.exchange(0))).toBe('POST /cgi-bin/once | - | client-left');
});

it('a client that resets while upstream is sending', async () => {
  const { client, upstream } = await under.pair(post());
  upstream.send(`HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n`);
  await client.gets('\r\n\r\n');
  client.reset();
  while (upstream.closing === null) {
    upstream.send('x'.repeat(10_000));
    await sleep(2);
  }
  expect(upstream.closing).toBe('reset');
  expect(brief(await under.exchange(0))).toBe('POST /cgi-bin/once | 200~ | client-left');
});

it('a client that leaves half a head behind: nobody is dialled', async () => {
  const client = await under.connect();
  client.send('POST / HT');
  client.end();
  expect(await client.closed()).toBe('end');
  const exchange = await under.exchange(0);
  expect(brief(exchange)).toBe('~ | - | client-left');
  expect(exchange.request.bodyBytes).toBe(9);
  expect(under.origin.peers).toHaveLength(0);
});

it('half of a second head goes its way when the client ends', async () => {
  const { client, upstream } = await under.pair(`${post('/1')}POST /2 HT`);
  upstream.send(ok());
  await client.gets(ok());
  expect(upstream.text).toBe(post('/1'));
  client.end();
  expect(await upstream.closed()).toBe('end');
  expect(upstream.text).toBe(`${post('/1')}POST /2 HT`);
  upstream.end();
  await under.exchange(1);
  expect(under.exchanges.map(brief)).toEqual(['POST /1 | 200 | plain', '~ | - | client-left']);
});

it('who connects and says nothing, or only an empty line, leaves no trace', async () => {
  const silent = await under.connect();
  silent.end();
  expect(await silent.closed()).toBe('end');
  const empty = await under.connect();
  empty.send('\r\n');
  empty.end();
  expect(await empty.closed()).toBe('end');
  expect(under.exchanges).toEqual([]);
  expect(under.origin.peers).toHaveLength(0);
});

it('an empty line behind a body goes its way at once', async () => {
  const { client, upstream } = await under.pair(`${post()}\r\n`);
  await upstream.gets(`${post()}\r\n`);
  upstream.send(ok());
  await client.gets(ok());
  client.send(post());
  await upstream.gets(`${post()}\r\n${post()}`);
});

it('a client that leaves while upstream is dialled', async () => {
  await under.close();
  let found: (addresses: string[]) => void = () => undefined;
  under = await startRelay({
    upstreams: [{ host, address: null, port: 80 }],
    lookUp: () =>
      new Promise((resolve) => {
        found = resolve;
      }),
  });
  const client = await under.connect();
  client.send(post());
  await sleep(20);
  client.reset();
  expect(brief(await under.exchange(0))).toBe('POST /cgi-bin/once | - | client-left');
  found(['127.0.0.1']);
  await sleep(20);
  expect(under.refusals).toEqual([]);
});

it('a client that resets at the very moment when upstream is connected', async () => {
  for (let count = 0; count < 10; count++) {
    const client = await under.connect();
    await client.trickle([Buffer.from(post()), Buffer.from('POST')]);
    client.reset();
    await sleep(10);
  }
  for (const upstream of under.origin.peers) expect(await upstream.closed()).toBeTruthy();
  for (const { reason } of under.exchanges) expect(reason).toBe('client-left');
});

it('bytes of another protocol that came early are passed on after the upgrade', async () => {
  const { client, upstream } = await under.pair(
    `GET /ws HTTP/1.1\r\nHost: ${host}\r\nUpgrade: x\r\n\r\nGET `,
  );
  await upstream.gets('\r\n\r\n');
  upstream.send('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  await upstream.gets('\r\n\r\nGET ');
  upstream.send('hello');
  await client.gets('hello');
});
