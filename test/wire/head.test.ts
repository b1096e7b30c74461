import { describe, expect, it } from 'vitest';
import { findHeadEnd, mayBeHead, readHead } from '../../src/wire/head.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('findHeadEnd', () => {
  it.each([
    ['GET / HTTP/1.1\r\nA: b\r\n\r\nbody', 24],
    ['GET / HTTP/1.1\nA: b\n\nbody', 21],
    ['GET / HTTP/1.1\r\nA: b\n\r\nbody', 23],
    ['\r\n\r\nGET / HTTP/1.1\r\n\r\n', 22],
    ['GET / HTTP/1.1\r\nA: b\r\n', -1],
    ['GET / HTTP/1.1\r\nA: b\r\n\r', -1],
    ['\r\n\r\n\r\n', -1],
    ['', -1],
  ])('%j ends at %i', (text, end) => {
    expect(findHeadEnd(bytes(text), 0)).toBe(end);
  });

  it('starts where it is told, and passes over what was searched', () => {
    const two = bytes('A / HTTP/1.1\r\n\r\nB / HTTP/1.1\r\n\r\n');
    expect(findHeadEnd(two, 16)).toBe(32);
    expect(findHeadEnd(two, 0, 20)).toBe(32);
  });
});

describe('mayBeHead', () => {
  const whole = (text: string): boolean => mayBeHead(bytes(text), 0, text.length);

  it.each(['', 'P', 'POST', 'POST /x', 'HTTP/1.1 200', '\r'])('%j may become one', (text) => {
    expect(whole(text)).toBe(true);
  });

  it.each([' GET', '\x16\x03\x01', 'GET\x00', 'GET\r\n', '\rG', 'caf\xe9 /', 'A'.repeat(34)])(
    '%j is none',
    (text) => {
      expect(whole(text)).toBe(false);
    },
  );
});

describe('readHead', () => {
  const read = (text: string, kind: 'request' | 'response' = 'request') =>
    readHead(bytes(text), 0, text.length, kind);
  const get = (...headers: string[]) => read(['GET / HTTP/1.1', ...headers, '', ''].join('\r\n'));
  const facts = {
    method: 'GET',
    target: '/',
    status: 0,
    contentLength: -1,
    transfer: 'none',
    host: undefined,
  };

  it('reads a request', () => {
    expect(
      read('POST /cgi-bin/once?a=b HTTP/1.1\r\nHost: h.example:80\r\nContent-Length: 10\r\n\r\n'),
    ).toEqual({
      method: 'POST',
      target: '/cgi-bin/once?a=b',
      status: 0,
      contentLength: 10,
      transfer: 'none',
      host: 'h.example:80',
    });
  });

  it('reads a response', () => {
    const status = { ...facts, method: '', target: '', status: 200 };
    expect(read('HTTP/1.1 200 OK\r\n\r\n', 'response')).toEqual(status);
    expect(read('HTTP/1.1 200\r\n\r\n', 'response')).toEqual(status);
    expect(read('HTTP/1.0  200 \n\n', 'response')).toEqual(status);
    expect(read('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n', 'response')).toEqual({
      ...status,
      transfer: 'chunked',
    });
    expect(read('HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n', 'response')).toEqual({
      ...status,
      transfer: 'other',
    });
  });

  it.each([
    'GET  /  HTTP/1.1 \r\n\r\n',
    'GET / HTTP/1.1\n\n',
    'GET / HTTP/1.0\r\nX-Content-Length: 5\r\nHos: a\r\nHostt: b\r\n\r\n',
  ])('takes %j', (text) => {
    expect(read(text)).toEqual(facts);
  });

  it.each([
    ['Content-Length: 5'],
    ['CONTENT-LENGTH:\t5 \t'],
    ['content-length:5, 5'],
    ['Content-Length: 5', 'Content-Length: 005'],
  ])('takes the length of %j', (...headers) => {
    expect(get(...headers)).toEqual({ ...facts, contentLength: 5 });
  });

  it('takes the Host as it stands', () => {
    expect(get('Host:')).toEqual({ ...facts, host: '' });
    expect(get('hOST: a.example', 'Host:a.example ')).toEqual({ ...facts, host: 'a.example' });
    expect(get('Host: a', 'Host: b', 'Host: b')).toEqual({ ...facts, host: null });
  });

  it.each([
    ['not-http', 'GET /\r\n\r\n'],
    ['not-http', 'GET / HTTP/2.0\r\n\r\n'],
    ['not-http', 'GET / HTTP/1.10\r\n\r\n'],
    ['not-http', 'GET / HTTP/1.1 x\r\n\r\n'],
    ['not-http', 'GET /a b HTTP/1.1\r\n\r\n'],
    ['not-http', 'GET /\rx HTTP/1.1\r\n\r\n'],
    ['nul-in-head', 'GET /\0 HTTP/1.1\r\n\r\n'],
    ['nul-in-head', 'GET / HTTP/1.1\r\nA\0: b\r\n\r\n'],
    ['nul-in-head', 'GET / HTTP/1.1\r\nA: b\0\r\n\r\n'],
    ['bad-header-line', 'GET / HTTP/1.1\r\nno colon\r\n\r\n'],
    ['bad-header-line', 'GET / HTTP/1.1\r\nA : b\r\n\r\n'],
    ['bad-header-line', 'GET / HTTP/1.1\r\n: b\r\n\r\n'],
    ['bad-header-line', 'GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n'],
    ['bad-header-line', 'GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n'],
    ['bad-content-length', 'GET / HTTP/1.1\r\nContent-Length: +5\r\n\r\n'],
    ['bad-content-length', 'GET / HTTP/1.1\r\nContent-Length: 5x\r\n\r\n'],
    ['bad-content-length', 'GET / HTTP/1.1\r\nContent-Length: 5 5\r\n\r\n'],
    ['bad-content-length', 'GET / HTTP/1.1\r\nContent-Length: 5,\r\n\r\n'],
    ['bad-content-length', 'GET / HTTP/1.1\r\nContent-Length:\r\n\r\n'],
    ['bad-content-length', 'GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n'],
    ['bad-content-length', 'GET / HTTP/1.1\r\nContent-Length: 9007199254740992\r\n\r\n'],
    ['conflicting-content-length', 'GET / HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\n'],
    ['conflicting-content-length', 'GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'],
    [
      'length-with-transfer-encoding',
      'GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['unknown-transfer-encoding', 'GET / HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n'],
    ['unknown-transfer-encoding', 'GET / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n'],
    ['unknown-transfer-encoding', 'GET / HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n\r\n'],
    ['unknown-transfer-encoding', 'GET / HTTP/1.1\r\nTransfer-Encoding: chunked, \x0bchunked\r\n\r\n'],
    ['unknown-transfer-encoding', 'GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ])('says %s of %j', (reason, text) => {
    expect(read(text)).toBe(reason);
  });

  it.each([
    ['not-http', 'HTTP/1.1 2x0 OK\r\n\r\n'],
    ['not-http', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['not-http', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['not-http', 'HTTP/1.1200 OK\r\n\r\n'],
    ['not-http', 'ICY 200 OK\r\n\r\n'],
    ['nul-in-head', 'HTTP/1.1 200 O\0K\r\n\r\n'],
  ])('says %s of the answer %j', (reason, text) => {
    expect(read(text, 'response')).toBe(reason);
  });
});
