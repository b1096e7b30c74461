import { describe, expect, it } from 'vitest';
import { captures, said } from './captures.js';
import { cutAt, requests, responses, Transcript } from './transcript.js';

describe('requests', () => {
  it('one after the other, each with its body', () => {
    expect(
      requests(
        'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc',
        'GET /b HTTP/1.1\r\nHost: h\r\n\r\nPOST /c HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
      ),
    ).toEqual([
      'head 0 POST /a host h',
      'body abc',
      'end',
      'head 51 GET /b host h',
      'end',
      'head 79 POST /c',
      'end',
    ]);
  });

  it('with chunks and trailers', () => {
    expect(
      requests(
        'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nA: b\r\n\r\nGET / HTTP/1.1\r\n\r\n',
      ),
    ).toEqual(['head 0 POST /', 'body 3;x\r\nabc\r\n0\r\nA: b\r\n\r\n', 'end', 'head 68 GET /', 'end']);
  });

  it('empty lines before a head are of the head', () => {
    expect(requests('\r\n', '\r', '\n', 'GET / HTTP/1.1\r\n\r\n')).toEqual(['head 0 GET /', 'end']);
  });

  it('what cannot be framed is a tunnel from there on, with everything behind it', () => {
    expect(
      requests('GET / HTTP/1.1\r\n\r\n', 'GET / HTTP/1.1\r\n folded\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n'),
    ).toEqual([
      'head 0 GET /',
      'end',
      'refused bad-header-line',
      'tunnel GET / HTTP/1.1\r\n folded\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    ]);
    expect(requests('POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabc')).toEqual([
      'refused unknown-transfer-encoding',
      'tunnel POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabc',
    ]);
  });

  it('a TLS hello is seen by its first byte', () => {
    expect(requests('\x16')).toEqual(['refused not-http', 'tunnel \x16']);
  });

  it('a bad chunk is a tunnel from the bad byte on', () => {
    expect(requests('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n')).toEqual([
      'head 0 POST /',
      'body 3\r\nabc',
      'refused bad-chunk-end',
      'tunnel X\r\n',
    ]);
  });

  it('a head over the limit is a tunnel, whether its end has come or not', () => {
    const long = `GET / HTTP/1.1\r\nA: ${'x'.repeat(1024)}`;
    expect(requests(long)).toEqual(['refused head-too-large', `tunnel ${long}`]);
    expect(requests(`${long}\r\n\r\n`)).toEqual(['refused head-too-large', `tunnel ${long}\r\n\r\n`]);
  });

  it('half a head that nobody waits for any more is a tunnel', () => {
    const transcript = new Transcript(null);
    transcript.of('GET / HT');
    expect(transcript.reader.partialBytes).toBe(8);
    transcript.reader.becomeTunnel('head-timeout');
    expect(transcript.reader.partialBytes).toBe(0);
    transcript.reader.becomeTunnel('client-left');
    expect(transcript.of('TP/1.1')).toEqual(['refused head-timeout', 'tunnel GET / HTTP/1.1']);
  });

  it('empty lines alone are no head that anyone waits for', () => {
    const transcript = new Transcript(null);
    transcript.of('\r\n\r\n');
    expect(transcript.reader.partialBytes).toBe(0);
    transcript.of('G');
    expect(transcript.reader.partialBytes).toBe(5);
  });
});

describe('responses', () => {
  it('by length, by chunks, and without a body', () => {
    expect(
      responses(
        ['POST', 'POST', 'HEAD', 'GET', 'GET'],
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\n',
        'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n',
        'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
        'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n',
      ),
    ).toEqual([
      'head 0 200',
      'body ab',
      'end',
      'head 40 200',
      'body 1\r\nc\r\n0\r\n\r\n',
      'end',
      'head 98 200',
      'end',
      'head 138 204',
      'end',
      'head 184 304',
      'end',
    ]);
  });

  it('after any number of interim ones', () => {
    expect(
      responses(
        ['POST'],
        'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n',
        'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      ),
    ).toEqual(['interim 100', 'interim 103', 'head 62 200', 'end']);
  });

  it('to the close', () => {
    const transcript = new Transcript(['GET']);
    transcript.of('HTTP/1.0 200 OK\r\n\r\nab', 'HTTP/1.1 200 OK\r\n\r\n');
    transcript.reader.end();
    expect(transcript.lines).toEqual(['head 0 200', 'body abHTTP/1.1 200 OK\r\n\r\n', 'end']);
  });

  it('cut in the middle of a body of known length: no end', () => {
    const transcript = new Transcript(['GET']);
    transcript.of('HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nab');
    transcript.reader.end();
    expect(transcript.lines).toEqual(['head 0 200', 'body ab']);
  });

  it('101 makes a tunnel', () => {
    expect(responses(['GET'], 'HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 bytes')).toEqual([
      'head 0 101',
      'refused upgraded',
      'tunnel HTTP/1.1 bytes',
    ]);
  });

  it('and so does a successful CONNECT', () => {
    expect(responses(['CONNECT'], 'HTTP/1.1 200 OK\r\n\r\n\x16\x03')).toEqual([
      'head 0 200',
      'refused upgraded',
      'tunnel \x16\x03',
    ]);
    expect(responses(['CONNECT'], 'HTTP/1.1 403 No\r\nContent-Length: 1\r\n\r\nx')).toEqual([
      'head 0 403',
      'body x',
      'end',
    ]);
  });

  it('without a request', () => {
    expect(responses([], 'HTTP/1.1 408 Request Timeout\r\n\r\nbye')).toEqual([
      'refused response-without-request',
      'tunnel HTTP/1.1 408 Request Timeout\r\n\r\nbye',
    ]);
  });

  it('a body that is longer than said is no answer to anything', () => {
    expect(responses(['GET', 'GET'], 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab{cd')).toEqual([
      'head 0 200',
      'body ab',
      'end',
    ]);
    expect(responses(['GET'], 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab\x01cd')).toEqual([
      'head 0 200',
      'body ab',
      'end',
      'refused not-http',
      'tunnel \x01cd',
    ]);
  });
});

describe('the captures', () => {
  it.each(captures())('$name is framed to its last byte, whole and byte by byte', (capture) => {
    const methods = Array<string>(capture.exchanges).fill('POST');
    for (const [bytes, asked] of [
      [said(capture, 'client'), null],
      [said(capture, 'upstream'), methods],
    ] as const) {
      const whole = new Transcript(asked, 65_536);
      const trickling = new Transcript(asked, 65_536);
      expect(whole.of(bytes)).toEqual(trickling.of(...cutAt(bytes, [...bytes.keys()])));
      expect(whole.lines.filter((line) => line === 'end')).toHaveLength(capture.exchanges);
      expect(whole.bytes.equals(bytes)).toBe(true);
    }
  });
});
