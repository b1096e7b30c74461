import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RawMessage } from '../../src/model/exchange.js';
import {
  chunkSegments,
  content,
  contentSegments,
  header,
  isChunked,
  keepsAlive,
  parseHead,
} from '../../src/model/message.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const text = (raw: Uint8Array) => Buffer.from(raw).toString('latin1');

function message(head: string, body: string): RawMessage {
  return { head: bytes(head), body: bytes(body), bodyBytes: body.length, complete: true };
}

const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

test.each([
  ['GET / HTTP/1.1\n\n', true],
  ['HTTP/1.1 200 OK\nConnection: x , Close\n\n', false],
  ['HTTP/1.1 200 OK\nConnection: x\nConnection: close\n\n', false],
  ['HTTP/1.1 200 OK\nConnection: closed\n\n', true],
  ['GET / HTTP/1.0\n\n', false],
  ['GET / HTTP/1.0\nConnection: Keep-Alive\n\n', true],
  ['HTTP/1.0 200 OK\nConnection: keep-alive, close\n\n', false],
])('%j leaves the connection open: %s', (head, open) => {
  expect(keepsAlive(parseHead(bytes(head)))).toBe(open);
});

describe('parseHead', () => {
  test('takes a request apart', () => {
    expect(
      parseHead(bytes('POST /cgi-bin/once HTTP/1.1\r\nHost: a\r\nX-y:  b: c \r\nhost:d\r\n\r\n')),
    ).toEqual({
      start: ['POST', '/cgi-bin/once', 'HTTP/1.1'],
      headers: [
        ['Host', 'a'],
        ['X-y', 'b: c'],
        ['host', 'd'],
      ],
    });
  });

  test('takes a response apart, with spaces in its reason', () => {
    expect(parseHead(bytes('HTTP/1.1 421 Misdirected Request\n\n')).start).toEqual([
      'HTTP/1.1',
      '421',
      'Misdirected Request',
    ]);
  });

  test.each(['', '\r\n', 'x', ':', 'GET / HTTP/1.1\r\n: no name\r\nnothing\r\n\r\n'])(
    '%j has no headers',
    (head) => {
      expect(parseHead(bytes(head)).headers).toEqual([]);
    },
  );

  test('finds the headers that were written', () => {
    const name = fc.stringMatching(/^[A-Za-z-]{1,12}$/);
    const value = fc.stringMatching(/^([!-~]([ -~]{0,12}[!-~])?)?$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), fc.constantFrom('\r\n', '\n'), (headers, end) => {
        const lines = ['GET / HTTP/1.1', ...headers.map(([n, v]) => `${n}: ${v}`), '', ''];
        expect(parseHead(bytes(lines.join(end))).headers).toEqual(headers);
      }),
    );
  });
});

test('header finds the first by any case', () => {
  const { headers } = parseHead(bytes('GET / HTTP/1.1\r\nhOST: a\r\nHost: b\r\n\r\n'));
  expect([header(headers, 'Host'), header(headers, 'other')]).toEqual(['a', undefined]);
});

test.each([
  ['chunked', true],
  ['Chunked', true],
  ['gzip, chunked', true],
  ['gzip\r\nTransfer-Encoding: chunked', true],
  ['chunked, gzip', false],
  ['xchunked', false],
  ['', false],
])('Transfer-Encoding %j: %s', (codings, chunked) => {
  expect(isChunked(parseHead(bytes(`A\r\nTransfer-Encoding: ${codings}\r\n\r\n`)).headers)).toBe(chunked);
});

describe('chunkSegments', () => {
  test.each([
    ['c\r\n{"status":0}\r\n0\r\n\r\n', ['{"status":0}']],
    ['1\r\na\r\n2;x="y"\r\nbc\r\n0\r\nTrailer: t\r\n\r\n', ['a', 'bc']],
    ['A\n0123456789\n0\n\n', ['0123456789']],
    ['5\r\nab', ['ab']],
    ['5\r\n', ['']],
    ['2\r\nabc\r\n', ['ab']],
    ['zz\r\n', []],
    ['-1\r\na\r\n', []],
    ['ffffffffffffffff\r\na', []],
    ['', []],
    ['5', []],
  ])('%j', (body, chunks) => {
    expect(chunkSegments(bytes(body)).map(({ from, length }) => body.slice(from, from + length))).toEqual(
      chunks,
    );
  });

  test('any bytes: segments in order inside the body', () => {
    const anyBody = fc
      .array(fc.constantFrom('1', 'f', '\r\n', '\n', '\r', ';', 'x', ' ', 'fffffff'))
      .map((p) => p.join(''));
    fc.assert(
      fc.property(fc.oneof(anyBody, fc.string()), (body) => {
        let last = 0;
        for (const { from, length } of chunkSegments(bytes(body))) {
          expect(from).toBeGreaterThan(last);
          last = from + length;
          expect(last).toBeLessThanOrEqual(body.length);
        }
      }),
    );
  });
});

describe('content', () => {
  test('is the body without its chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 })), (pieces) => {
        const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${text(piece)}\r\n`).join('');
        expect(text(content(message(chunkedHead, `${chunks}0\r\n\r\n`)))).toBe(pieces.map(text).join(''));
      }),
    );
  });

  test('is the body itself where there are none', () => {
    const plain = message('HTTP/1.1 200 OK\r\n\r\n', '2\r\nab\r\n');
    expect(text(content(plain))).toBe('2\r\nab\r\n');
    expect(contentSegments(plain)).toEqual([{ from: 0, length: 7 }]);
    expect(contentSegments(message('HTTP/1.1 200 OK\r\n\r\n', ''))).toEqual([]);
    expect(content(message(chunkedHead, '')).length).toBe(0);
  });
});
