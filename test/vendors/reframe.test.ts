import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codings, editHead, withValue } from '../../src/vendors/reframe.js';
import { bytes, text } from './withings/exchanges.js';

describe('single lines of a head', () => {
  const shout = (head: string) =>
    text(editHead(bytes(head), (name, line) => (name === 'a' ? `${name}!\n` : line)));

  test.each([
    ['GET / HTTP/1.1\r\nA: b\r\na:c\r\nB: a\r\n\r\n', 'GET / HTTP/1.1\r\na!\na!\nB: a\r\n\r\n'],
    ['GET / HTTP/1.1\nA: b\n\n', 'GET / HTTP/1.1\na!\n\n'],
    // The start line is no header, and may have empty lines before it.
    ['a: b\r\nc: d\r\n\r\n', 'a: b\r\nc: d\r\n\r\n'],
    ['\r\n\na: b\r\na: c\r\n\r\n', '\r\n\na: b\r\na!\n\r\n'],
    ['', ''],
  ])('%j', (head, edited) => {
    expect(shout(head)).toBe(edited);
  });

  test('whatever the bytes, lines that are not touched stay', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (head) => {
        expect(Uint8Array.from(editHead(head, (_, line) => line))).toEqual(head);
      }),
    );
  });
});

test.each([
  ['Content-Length: 5\r\n', 'Content-Length: 17\r\n'],
  ['content-length:5  \n', 'content-length:17\n'],
  ['Content-Length:\t\r\n', 'Content-Length:\t17\r\n'],
])('another value in %j', (line, edited) => {
  expect(withValue(line, 17)).toBe(edited);
});

test.each([
  ['', []],
  ['Transfer-Encoding: chunked\r\n', ['chunked']],
  ['Transfer-Encoding: GZip , chunked\r\nx: y\r\ntransfer-encoding:a,,b\r\n', ['gzip', 'chunked', 'a', 'b']],
  ['Transfer-Encoding:\r\nContent-Encoding: gzip\r\n', []],
])('codings of %j', (lines, found) => {
  expect(codings(bytes(`HTTP/1.1 200 OK\r\n${lines}\r\n`), 'transfer-encoding')).toEqual(found);
});
