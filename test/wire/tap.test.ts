import { describe, expect, it } from 'vitest';
import { captures } from './captures.js';
import { brief, ok, post } from './messages.js';
import { contents, tapped } from './tapped.js';

const refused = Buffer.from('HTTP/1.1 421 Misdirected Request\r\nContent-Length: 3\r\n\r\n');
const no = Buffer.from('no\n');

describe('exchanges', () => {
  it('a request and its answer', () => {
    const { client, upstream, exchanges, tap } = tapped();
    tap.upstream = 'h.example 192.0.2.1:80';
    expect(client(post('/a', 'abc'))).toBe(post('/a', 'abc').length);
    expect(tap.openCount).toBe(1);
    upstream(ok('xy'));
    expect(tap.openCount).toBe(0);
    expect(exchanges).toMatchObject([
      {
        connection: 'run-1',
        source: 'live',
        client: '10.0.0.7:5000',
        upstream: 'h.example 192.0.2.1:80',
        answered: 'upstream',
        reason: null,
      },
    ]);
    expect(exchanges.map(contents)).toEqual([
      {
        request: { head: post('/a', 'abc').slice(0, -3), body: 'abc', bodyBytes: 3, complete: true },
        interim: '',
        response: { head: ok('xy').slice(0, -2), body: 'xy', bodyBytes: 2, complete: true },
        reason: null,
        answered: 'upstream',
      },
    ]);
  });

  it('100 Continue stands between', () => {
    const { client, upstream, exchanges } = tapped();
    client('POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
    upstream('HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 102 Processing\r\n\r\n');
    client('abc');
    upstream(ok());
    expect(exchanges.map(brief)).toEqual(['POST / | 200 | plain']);
    expect(Buffer.from(exchanges[0]?.interim ?? []).toString()).toBe(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n',
    );
  });

  it('pipelined, in the order of the requests', () => {
    const { client, upstream, exchanges } = tapped();
    client(post('/1') + post('/2'), post('/3'));
    upstream(ok('1') + ok('2'), ok('3'));
    expect(exchanges.map(brief)).toEqual([
      'POST /1 | 200 | plain',
      'POST /2 | 200 | plain',
      'POST /3 | 200 | plain',
    ]);
  });

  it('answered before the request is whole: over with its last byte', () => {
    const { client, upstream, exchanges } = tapped();
    client('POST /1 HTTP/1.1\r\nContent-Length: 3\r\n\r\na');
    upstream(ok());
    expect(exchanges).toEqual([]);
    client(`bc${post('/2')}`);
    upstream(ok());
    expect(exchanges.map(brief)).toEqual(['POST /1 | 200 | plain', 'POST /2 | 200 | plain']);
  });

  it('an upgrade goes on as one exchange, in both directions', () => {
    const { client, upstream, exchanges, tap } = tapped();
    client('GET /ws HTTP/1.1\r\nUpgrade: x\r\n\r\n', 'GET ');
    expect(tap.headSince).not.toBeNull();
    upstream('HTTP/1.1 101 Switching Protocols\r\n\r\nhello');
    expect(tap.clearedBytes).toBe(36);
    client('not http');
    tap.close('client-left');
    expect(exchanges.map(contents)).toMatchObject([
      {
        request: { body: 'GET not http', complete: true },
        response: { body: 'hello', complete: false },
        reason: 'upgraded',
      },
    ]);
  });

  it.each(captures())('of $name', ({ steps, exchanges: count }) => {
    const { tap, exchanges } = tapped();
    for (const { by, bytes } of steps) by === 'client' ? tap.fromClient(bytes) : tap.fromUpstream(bytes);
    expect(exchanges.map(brief).filter((text) => /^POST \/\S+ \| 200 \| plain$/.test(text))).toHaveLength(
      count,
    );
    const crossed = exchanges.flatMap(({ request, interim, response }) => [
      request.head,
      interim,
      request.body,
      response?.head ?? no,
      response?.body ?? no,
    ]);
    expect(Buffer.concat(crossed).equals(Buffer.concat(steps.map(({ bytes }) => bytes)))).toBe(true);
  });
});

describe('what is cleared', () => {
  it('half a head is not, a body is', () => {
    const { client, tap } = tapped();
    expect(client('POST / HT')).toBe(0);
    expect(tap.headSince).not.toBeNull();
    expect(client('TP/1.1\r\nContent-Length: 3\r\n\r\na')).toBe(39);
    expect(tap.headSince).toBeNull();
    expect(client('bc\r\n')).toBe(43);
    expect(tap.headSince).toBeNull();
    expect(client('GET')).toBe(41);
  });

  it('each head has a time of its own, also when every packet ends in the middle of the next', () => {
    const { client, upstream, tap, exchanges } = tapped();
    client('POST / HTTP/1.1\r\nA');
    const first = tap.headSince ?? 0;
    const later = performance.now() + 3;
    while (performance.now() < later);
    client(': b\r\n\r\nPOST / HTTP/1.1\r\nA');
    expect(tap.headSince).toBeGreaterThan(first + 2);
    upstream(ok());
    expect(exchanges[0]?.responseAfterUs).toBeGreaterThan(2_000);
  });

  it('a refused head is not, nor anything behind it, but what is before it', () => {
    const { client, upstream, tap, exchanges } = tapped({}, ({ target }) =>
      target === '/bad' ? 'host-not-allowed' : null,
    );
    expect(client(`${post('/good') + post('/bad')}${post('/behind')}\0\0`)).toBe(post('/good').length);
    expect(client(post('/later'))).toBe(post('/good').length);
    expect(tap.openCount).toBe(2);
    upstream(ok());
    expect(tap.openCount).toBe(1);
    tap.refuse('host-not-allowed', refused, no);
    expect(exchanges.map(brief)).toEqual([
      'POST /good | 200 | plain',
      'POST /bad | 421 | host-not-allowed refused',
    ]);
    expect(exchanges[1]?.request.complete).toBe(true);
  });
});

describe('what cannot be framed is one exchange', () => {
  it('a request', () => {
    const { client, upstream, tap, exchanges } = tapped();
    const bytes = 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab';
    expect(client(bytes)).toBe(bytes.length);
    upstream('HTTP/1.1 400 Bad Request\r\nContent-Length: 1\r\n\r\nx');
    tap.clientEnded();
    tap.upstreamEnded();
    tap.close('client-left');
    expect(exchanges.map(contents)).toMatchObject([
      {
        request: { head: '', body: bytes, complete: false },
        response: { body: 'x', complete: true },
        reason: 'conflicting-content-length',
      },
    ]);
  });

  it('an answer', () => {
    const { client, upstream, tap, exchanges } = tapped();
    const bytes = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    client(post('/1'));
    upstream(bytes);
    client(post('/2'), post('/3'));
    upstream('more');
    tap.close('upstream-left');
    expect(exchanges.map(contents)).toMatchObject([
      {
        request: { complete: true },
        response: { head: '', body: `${bytes}more`, complete: false },
        reason: 'length-with-transfer-encoding',
      },
      {
        request: { head: '', body: post('/2') + post('/3') },
        response: null,
        reason: 'length-with-transfer-encoding',
      },
    ]);
  });

  it('an answer to nothing', () => {
    const { client, upstream, tap, exchanges } = tapped();
    client(post('/1'));
    upstream(ok(), 'HTTP/1.1 408 Request Timeout\r\n\r\n');
    tap.close('upstream-left');
    expect(exchanges.map(brief)).toEqual(['POST /1 | 200 | plain', '~ | ~ | response-without-request']);
    expect(exchanges[1]?.responseAfterUs).toBe(0);
  });

  it('a bad chunk in the middle of a body stays with its message', () => {
    const { client, upstream, tap, exchanges } = tapped();
    client('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX', 'Y');
    upstream(ok());
    tap.close('client-left');
    expect(exchanges.map(contents)).toMatchObject([
      {
        request: { body: '3\r\nabcXY', complete: false },
        response: { complete: true },
        reason: 'bad-chunk-end',
      },
    ]);
  });

  it('bytes behind a whole request are an exchange of their own', () => {
    const { client, upstream, tap, exchanges } = tapped();
    client(`${post('/1', 'abc')}\x01more`);
    upstream(ok());
    tap.close('client-left');
    expect(exchanges.map(brief)).toEqual(['POST /1 | 200 | plain', '~ | - | not-http']);
  });

  it('more requests than anyone should pipeline', () => {
    const { client, upstream, tap, exchanges } = tapped();
    const many = 300;
    for (let i = 0; i < many; i++) client(post(`/${i}`));
    expect(tap.openCount).toBe(257);
    for (let i = 0; i < many; i++) upstream(ok());
    tap.close('client-left');
    const told = exchanges.map(brief);
    expect(told.slice(0, 256)).toEqual(Array.from({ length: 256 }, (_, i) => `POST /${i} | 200 | plain`));
    expect(told.slice(256)).toEqual([
      'POST /256~ | 200 | too-many-pending',
      '~ | ~ | response-without-request',
    ]);
  });
});

describe('what is cut', () => {
  it.each([
    ['client-left', 'POST /~ | - | client-left'],
    ['shutdown', 'POST /~ | - | shutdown'],
  ] as const)('%s in the middle of a request', (reason, expected) => {
    const { client, tap, exchanges } = tapped();
    client('POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na');
    tap.close(reason);
    expect(exchanges.map(brief)).toEqual([expected]);
  });

  it('half a head', () => {
    const { client, tap, exchanges } = tapped();
    client('POST / HT');
    tap.clientEnded();
    expect(tap.clearedBytes).toBe(9);
    tap.close('client-left');
    expect(exchanges.map(contents)).toMatchObject([
      { request: { head: '', body: 'POST / HT', complete: false }, response: null, reason: 'client-left' },
    ]);
  });

  it('half a head that took too long goes its way', () => {
    const { client, tap, exchanges } = tapped();
    client(post(), 'POST / HT');
    tap.headTimedOut();
    expect(client('TP/1.1')).toBe(post().length + 15);
    tap.close('idle-timeout');
    expect(exchanges.map(brief)).toEqual(['POST /cgi-bin/once | - | idle-timeout', '~ | - | head-timeout']);
  });

  it('nobody is named who only closed their own side in time', () => {
    const { client, upstream, tap, exchanges } = tapped();
    client(post());
    tap.clientEnded();
    upstream('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab');
    tap.upstreamEnded();
    tap.close('client-left');
    expect(exchanges.map(brief)).toEqual(['POST /cgi-bin/once | 200~ | upstream-left']);
  });

  it('an upstream that dies in the middle of its head', () => {
    const { client, upstream, tap, exchanges } = tapped();
    client(post());
    upstream('HTTP/1.1 20');
    tap.upstreamEnded();
    tap.close('client-left');
    expect(exchanges.map(contents)).toMatchObject([
      { response: { head: '', body: 'HTTP/1.1 20', complete: false }, reason: 'upstream-left' },
    ]);
  });

  it('an answer that runs to the close is whole when its sender closes, and cut otherwise', () => {
    for (const [ends, expected] of [
      [true, 'POST /cgi-bin/once | 200 | plain'],
      [false, 'POST /cgi-bin/once | 200~ | upstream-left'],
    ] as const) {
      const { client, upstream, tap, exchanges } = tapped();
      client(post());
      upstream('HTTP/1.1 200 OK\r\n\r\nab');
      if (ends) tap.upstreamEnded();
      tap.close('upstream-left');
      expect(exchanges.map(brief)).toEqual([expected]);
    }
  });

  it('nothing at all is no exchange, nor are empty lines', () => {
    const { client, tap, exchanges } = tapped();
    client('\r\n', '\n');
    tap.clientEnded();
    tap.close('client-left');
    expect(exchanges).toEqual([]);
  });
});

describe('our own answer', () => {
  it('is that of the oldest request; those behind it get none', () => {
    const { client, tap, exchanges } = tapped();
    client(post('/1') + post('/2'), 'POST /3 HT');
    tap.refuse('connect-refused', refused, no);
    expect(exchanges.map(brief)).toEqual([
      'POST /1 | 421 | connect-refused refused',
      'POST /2 | - | connect-refused refused',
      '~ | - | connect-refused refused',
    ]);
    expect(exchanges.map(contents)[0]).toMatchObject({
      response: { head: refused.toString(), body: 'no\n' },
    });
    expect(tap.openCount).toBe(0);
  });

  it('to half a head', () => {
    const { client, tap, exchanges } = tapped();
    client('POST /3 HT');
    tap.refuse('head-timeout', refused, no);
    expect(exchanges.map(contents)).toMatchObject([
      { request: { head: '', body: 'POST /3 HT' }, response: { complete: true }, reason: 'head-timeout' },
    ]);
    expect(tap.clearedBytes).toBe(10);
  });
});
