import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brief, ok, post } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';

let under: RelayUnderTest;
beforeAll(async () => {
  under = await startRelay();
});
afterAll(() => under.close());

describe('what cannot be framed crosses untouched and is recorded with its reason', () => {
  const oversized = `POST / HTTP/1.1\r\nHost: scalews.withings.net\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`;
  const headers = (...list: string[]) =>
    ['POST / HTTP/1.1', 'Host: scalews.withings.net', ...list, '', ''].join('\r\n');

  it.each([
    ['head-too-large', 'a head of 1 MB', oversized],
    [
      'conflicting-content-length',
      'lengths that differ',
      `${headers('Content-Length: 1', 'Content-Length: 2')}ab`,
    ],
    [
      'length-with-transfer-encoding',
      'length and chunked',
      `${headers('Content-Length: 3', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    ],
    ['bad-chunk-size', 'a bad chunk size', `${headers('Transfer-Encoding: chunked')}zz\r\nab\r\n0\r\n\r\n`],
    [
      'bad-chunk-end',
      'a chunk longer than said',
      `${headers('Transfer-Encoding: chunked')}1\r\nab\r\n0\r\n\r\n`,
    ],
    ['nul-in-head', 'a NUL', headers('X: a\0b')],
    ['bad-header-line', 'a folded line', headers('X: a', ' b')],
    ['not-http', 'a TLS hello', '\x16\x03\x01\x00\x05hello'],
    ['not-http', 'a body longer than said', `${headers('Content-Length: 1')}a\x01bc`],
  ])('%s: %s', async (reason, _, bytes) => {
    const before = under.exchanges.length;
    const { client, upstream } = await under.pair(bytes);
    await upstream.gets(bytes.length);
    expect(upstream.text === bytes).toBe(true);
    upstream.send(ok('seen'));
    await client.gets(ok('seen'));
    client.send('and on');
    await upstream.gets(bytes.length + 6);
    client.end();
    await upstream.closed();
    upstream.end();
    await client.closed();
    await under.exchange(before);
    const told = under.exchanges.slice(before);
    expect(told.map((exchange) => exchange.reason)).toContain(reason);
    const asked = told.flatMap(({ request }) => [request.head, request.body]);
    expect(Buffer.concat(asked).toString('latin1') === `${bytes}and on`).toBe(true);
  });

  it('bare LF is framed, and crosses as it is', async () => {
    const before = under.exchanges.length;
    const bytes = 'POST /lf HTTP/1.1\nHost: scalews.withings.net\nContent-Length: 2\n\nab';
    const { client, upstream } = await under.pair(bytes);
    await upstream.gets(bytes.length);
    expect(upstream.text).toBe(bytes);
    upstream.send('HTTP/1.1 204 No Content\n\n');
    await client.gets('HTTP/1.1 204 No Content\n\n');
    expect(brief(await under.exchange(before))).toBe('POST /lf | 204 | plain');
  });

  it('the first upstream is for requests without a Host', async () => {
    const before = under.exchanges.length;
    const { client, upstream } = await under.pair('GET /old HTTP/1.0\r\n\r\n');
    await upstream.gets('GET /old HTTP/1.0\r\n\r\n');
    upstream.send('HTTP/1.0 200 OK\r\n\r\nbye');
    upstream.end();
    await client.gets('bye');
    expect(await client.closed()).toBe('end');
    client.end();
    expect(brief(await under.exchange(before))).toBe('GET /old | 200 | plain');
  });

  it('an answer in the middle of which the tap loses track', async () => {
    const before = under.exchanges.length;
    const { client, upstream } = await under.pair(post());
    await upstream.gets(post());
    const bytes = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX';
    upstream.send(bytes);
    await client.gets(bytes);
    client.send(post('/next'));
    await upstream.gets(post() + post('/next'));
    upstream.send(ok());
    await client.gets(bytes + ok());
    client.end();
    upstream.end();
    await under.exchange(before + 1);
    expect(under.exchanges.slice(before).map(brief)).toEqual([
      'POST /cgi-bin/once | 200~ | bad-chunk-end',
      '~ | - | bad-chunk-end',
    ]);
  });
});

it('no fault was told of', () => {
  expect(under.faults).toEqual([]);
});
