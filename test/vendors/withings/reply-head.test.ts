import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { content, isChunked, parseHead } from '../../../src/model/message.js';
import { isHead, linesToLearn, replyMessage } from '../../../src/vendors/withings/reply-head.js';
import { text } from './exchanges.js';

const at = Date.UTC(2016, 2, 20, 12);
const date = 'Date: Sun, 20 Mar 2016 12:00:00 GMT';
const json = '{"status":0}';

describe('lines to learn', () => {
  const learnt = (...lines: string[]) =>
    linesToLearn(`${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`)?.slice(1);

  test('stay in order and case; date and length lose their value', () => {
    expect(learnt('date: Tue', 'SERVER:Apache', 'Content-length: 5', 'Server: again')).toEqual([
      'date:',
      'SERVER:Apache',
      'Content-length:',
      'Server: again',
    ]);
  });

  test.each([
    'Set-Cookie: a=b',
    'set-cookie2: a=b',
    'ETag: "x"',
    'Last-Modified: Tue',
    'Expires: 0',
    'Age: 5',
    'Connection: close',
    'Keep-Alive: timeout=15, max=99',
    'Trailer: X',
    'Content-Encoding: identity',
    'X-Request-Id: 1',
    'Request-ID: 1',
    'CF-RAY: 1',
    'X-Session: 1',
    'X-Auth-Token: 1',
    'X-Cache: HIT',
    'X-Trace-Id: 1',
    ' folded: line',
    'no colon',
    'X-Bell: \x07',
    '',
  ])('%j is not one', (line) => {
    expect(learnt('A: 1', line, 'B: 2')).toEqual(['A: 1', 'B: 2']);
  });

  test.each([
    'X-WI-SRV: FR-EQX-WEB-09',
    'Access-Control-Allow-Credentials: true',
    'Cache-Control: no-cache',
    'Idle: 1',
  ])('%j is one', (line) => {
    expect(learnt(line)).toEqual([line]);
  });

  test.each(['HTTP/1.0 200 OK', 'HTTP/1.1 404 Not Found', 'HTTP/1.1 2000', 'HTTP/2 200', ''])(
    'not of %j',
    (start) => {
      expect(linesToLearn(`${start}\r\nA: 1\r\n\r\n`)).toBeUndefined();
    },
  );
});

describe('a message', () => {
  const made = (lines: readonly string[] | undefined, name: 'once' | 'measure' = 'measure') => {
    const { head, body } = replyMessage(name, lines, json, at);
    return [text(head).split('\r\n'), text(body)];
  };
  const chunked = `c\r\n${json}\r\n0\r\n\r\n`;

  test('has its framing in the place and case of the learnt one', () => {
    expect(made(['HTTP/1.1 200 OK', 'transfer-ENCODING: chunked', 'A: 1'])).toEqual([
      ['HTTP/1.1 200 OK', 'transfer-ENCODING: chunked', 'A: 1', '', ''],
      chunked,
    ]);
    expect(made(['HTTP/1.1 200', 'A: 1', 'content-length:', 'date:'])).toEqual([
      ['HTTP/1.1 200', 'A: 1', 'content-length: 12', `${date.replace('D', 'd')}`, '', ''],
      json,
    ]);
  });

  test('has one framing, however many were learnt', () => {
    expect(
      made(['HTTP/1.1 200 OK', 'Content-Length:', 'B: 2', 'Transfer-Encoding: chunked', 'content-length: 7']),
    ).toEqual([['HTTP/1.1 200 OK', 'Content-Length: 12', 'B: 2', '', ''], json]);
    expect(
      made(['HTTP/1.1 200 OK', 'A: 1', 'Transfer-Encoding: gzip, chunked', 'Content-Length: 7']),
    ).toEqual([['HTTP/1.1 200 OK', 'A: 1', 'Transfer-Encoding: chunked', '', ''], chunked]);
  });

  test('has a length for once and chunks for others when none was learnt', () => {
    expect(made(['HTTP/1.1 200 OK'], 'once')).toEqual([
      ['HTTP/1.1 200 OK', 'Content-Length: 12', '', ''],
      json,
    ]);
    expect(made(['HTTP/1.1 200 OK', 'Date:'])).toEqual([
      ['HTTP/1.1 200 OK', date, 'Transfer-Encoding: chunked', '', ''],
      chunked,
    ]);
  });

  test('with a time that is none', () => {
    expect(text(replyMessage('once', undefined, json, Number.NaN).head)).toContain('Date: Thu, 01 Jan 1970');
  });
});

test.each([
  ['no list', 'HTTP/1.1 200 OK'],
  ['no start line', []],
  ['another start line', ['HTTP/1.1 500 No']],
  ['a line that is no text', ['HTTP/1.1 200 OK', 5]],
  ['a line end in a line', ['HTTP/1.1 200 OK', 'A: 1\r\nB: 2']],
  ['a cookie', ['HTTP/1.1 200 OK', 'Set-Cookie: a=b']],
  ['a character that is no byte', ['HTTP/1.1 200 OK', 'A: \u0100']],
])('%s is no head', (_, lines) => {
  expect(isHead(lines)).toBe(false);
});

test('what is learnt of any head is one that can be sent, and holds the same JSON', () => {
  const line = fc.oneof(
    fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) }),
    fc
      .tuple(
        fc.constantFrom('Date', 'content-length', 'Transfer-Encoding', 'X', 'Content-Encoding'),
        fc.string(),
      )
      .map(([name, value]) => `${name}: ${value}`),
  );
  const heads = fc
    .array(line, { maxLength: 8 })
    .map((lines) => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n'));
  fc.assert(
    fc.property(heads, fc.constantFrom('once', 'measure'), (head, name) => {
      const lines = linesToLearn(head);
      expect(isHead(lines)).toBe(true);
      const made = replyMessage(name, lines, json, at);
      expect(text(content(made))).toBe(json);
      const { headers } = parseHead(made.head);
      const framing = headers.filter(([key]) => /^(content-length|transfer-encoding)$/i.test(key));
      expect(framing.map(([, value]) => value)).toEqual([isChunked(headers) ? 'chunked' : '12']);
    }),
  );
});
