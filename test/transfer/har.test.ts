import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import { fromHarEntry } from '../../src/transfer/har-read.js';
import { toHarEntry } from '../../src/transfer/har-write.js';
import { bytes, exchange, message, post } from './exchanges.js';

const form = post('/cgi-bin/once?v=1&w=%20', 'action=get', 'X-Two: a\r\nx-two: b\r\n');

/** An entry as it stands in a file. */
function written(given: Exchange): Record<string, unknown> {
  return JSON.parse(JSON.stringify(toHarEntry(given, false)));
}

describe('an entry of ours', () => {
  test('has what HAR 1.2 asks for', () => {
    const response = message(
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n',
      '3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n',
    );
    const { _scaletap, ...entry } = written(exchange({ request: form, response }));
    expect(entry).toEqual({
      startedDateTime: '2026-01-01T00:00:00.000Z',
      time: 2.5,
      request: {
        method: 'POST',
        url: 'http://scalews.withings.net/cgi-bin/once?v=1&w=%20',
        httpVersion: 'HTTP/1.1',
        cookies: [],
        headers: [
          { name: 'Host', value: 'scalews.withings.net' },
          { name: 'X-Two', value: 'a' },
          { name: 'x-two', value: 'b' },
          { name: 'Content-Length', value: '10' },
        ],
        queryString: [
          { name: 'v', value: '1' },
          { name: 'w', value: ' ' },
        ],
        postData: { mimeType: 'application/octet-stream', text: 'action=get' },
        headersSize: form.head.length,
        bodySize: 10,
      },
      response: {
        status: 200,
        statusText: 'OK',
        httpVersion: 'HTTP/1.1',
        cookies: [],
        headers: [
          { name: 'Content-Type', value: 'text/plain' },
          { name: 'Transfer-Encoding', value: 'chunked' },
        ],
        content: { size: 7, mimeType: 'text/plain', text: '{"a":1}' },
        redirectURL: '',
        headersSize: response.head.length,
        bodySize: response.body.length,
      },
      cache: {},
      timings: { send: 0, wait: 1.5, receive: 1 },
      connection: 'c1',
    });
  });

  test('holds bytes that are no text as base64', () => {
    const response = message('HTTP/1.1 200 OK\r\n\r\n', '\xff\xfe');
    expect(written(exchange({ request: form, response }))).toMatchObject({
      response: { content: { text: '//4=', encoding: 'base64', size: 2 } },
    });
  });

  test('without answer has status 0', () => {
    expect(written(exchange({ request: form, response: null, responseAfterUs: null }))).toMatchObject({
      response: { status: 0, headersSize: -1, bodySize: -1 },
      timings: { wait: 2.5, receive: 0 },
    });
  });

  test('that is not HTTP is one all the same', () => {
    const given = exchange({ request: message('', '\x16\x03'), reason: 'not-http', response: null });
    expect(written(given)).toMatchObject({
      request: { method: 'UNKNOWN', url: 'http://scalews.withings.net/', headersSize: 0 },
    });
  });

  test('comes back exactly', () => {
    const given = exchange({ request: form, interim: bytes('HTTP/1.1 100 Continue\r\n\r\n') });
    const read = fromHarEntry(written(given), 'x.har', 0);
    expect('exchange' in read && read.exchange).toEqual(given);
  });

  test('that was tampered with has a name', () => {
    const entry = { ...written(exchange({ request: form })), _scaletap: { scaletap: 1, masked: false } };
    expect(fromHarEntry(entry, 'x.har', 7)).toEqual({
      problem: { reason: 'bad-record', at: 7, detail: '_scaletap: answered' },
    });
  });
});

/** An entry as a browser or another proxy writes it. */
const foreign = {
  startedDateTime: '2026-01-31T07:30:00.123456+01:00',
  time: 40.5,
  connection: '5',
  request: {
    method: 'POST',
    url: 'https://scale.example/api/v1?x=1#part',
    httpVersion: 'h2',
    headers: [
      { name: ':authority', value: 'scale.example' },
      { name: 'content-type', value: 'text/plain' },
      { name: 'content-length', value: '999' },
    ],
    postData: { mimeType: 'text/plain', text: 'grüß' },
  },
  response: {
    status: 200,
    statusText: '',
    httpVersion: 'h2',
    headers: [
      { name: 'content-encoding', value: 'gzip' },
      { name: 'Transfer-Encoding', value: 'chunked' },
      { name: 'Set-Cookie', value: 'a=1' },
      { name: 'Set-Cookie', value: 'b=2' },
    ],
    content: { size: 3, mimeType: 'x', text: 'YWJj', encoding: 'base64' },
  },
  timings: { blocked: -1, dns: 1, connect: 2, send: 3, wait: 4, receive: 30.5 },
};

function rebuilt(entry: unknown): Exchange {
  const read = fromHarEntry(entry, 'x.har', 0);
  if ('exchange' in read) return read.exchange;
  throw new Error(read.problem.detail);
}

const text = (part: Uint8Array | undefined) => Buffer.from(part ?? []).toString();

describe('an entry of another tool', () => {
  test('gets heads that agree with its bodies', () => {
    const { request, response } = rebuilt(foreign);
    expect(text(request.head)).toBe(
      'POST /api/v1?x=1 HTTP/1.1\r\nHost: scale.example\r\ncontent-type: text/plain\r\nContent-Length: 6\r\n\r\n',
    );
    expect(text(request.body)).toBe('grüß');
    expect(text(response?.head)).toBe(
      'HTTP/1.1 200 \r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 3\r\n\r\n',
    );
    expect(text(response?.body)).toBe('abc');
  });

  test('keeps its times, to the microsecond', () => {
    expect(rebuilt(foreign)).toMatchObject({
      source: 'x.har',
      connection: 'x.har 5',
      startedAtUs: Date.UTC(2026, 0, 31, 6, 30) * 1000 + 123_456,
      responseAfterUs: 10_000,
      endedAfterUs: 40_500,
    });
  });

  test('may have a form as parameters', () => {
    const params = [
      { name: 'a b', value: 'ä' },
      { name: 'c', value: '' },
    ];
    const request = { ...foreign.request, postData: { mimeType: 'x', params } };
    expect(text(rebuilt({ ...foreign, request }).request.body)).toBe('a+b=%C3%A4&c=');
  });

  test('may have no body, no answer, or a body that was not kept', () => {
    const { postData: _, ...get } = { ...foreign.request, method: 'GET' };
    expect(text(rebuilt({ ...foreign, request: get }).request.head)).not.toContain('Content-Length');
    expect(rebuilt({ ...foreign, response: { ...foreign.response, status: 0 } }).response).toBeNull();
    const lost = { ...foreign.response, content: { size: 5000, mimeType: 'x' } };
    const { response } = rebuilt({ ...foreign, response: lost });
    expect(response).toMatchObject({ bodyBytes: 5000, complete: false });
    expect(text(response?.head)).toContain('Content-Length: 5000');
    const empty = { ...foreign.response, status: 204, content: { size: 0 } };
    expect(text(rebuilt({ ...foreign, response: empty }).response?.head)).not.toContain('Content-Length');
  });

  test('may have senseless durations', () => {
    const odd = { ...foreign, time: 1e308, timings: { wait: Number.NaN, send: 'soon' } };
    expect(rebuilt(odd)).toMatchObject({ responseAfterUs: 0, endedAfterUs: 0 });
  });
});

describe('a wrong entry has a name', () => {
  const { request, response } = foreign;

  test.each<[string, unknown]>([
    ['the entry is not an object', 7],
    ['the entry is not an object', [foreign]],
    ['request is not an object', { ...foreign, request: null }],
    ['response is not an object', { ...foreign, response: 'none' }],
    ['startedDateTime is not a time', { ...foreign, startedDateTime: 'yesterday' }],
    ['startedDateTime is not a time', { ...foreign, startedDateTime: 12 }],
    ['startedDateTime is not a time', { ...foreign, startedDateTime: '-271821-04-20T00:00:00Z' }],
    ['request.method is not a method', { ...foreign, request: { ...request, method: 'GET /\r\nX: y' } }],
    ['request.url is not a URL with a host', { ...foreign, request: { ...request, url: '/a' } }],
    ['request.url is not a URL with a host', { ...foreign, request: { ...request, url: 'data:,x' } }],
    ['request.headers is not a list', { ...foreign, request: { ...request, headers: {} } }],
    ['request.headers is not an object', { ...foreign, request: { ...request, headers: [null] } }],
    [
      'request.headers: not two texts',
      { ...foreign, request: { ...request, headers: [{ name: 'a', value: 1 }] } },
    ],
    [
      'response.headers: cannot stand in a head',
      { ...foreign, response: { ...response, headers: [{ name: 'a', value: 'b\r\nEvil: c' }] } },
    ],
    [
      'response.headers: cannot stand in a head',
      { ...foreign, response: { ...response, headers: [{ name: 'a b', value: '' }] } },
    ],
    [
      'response.status is not a status from 200 to 999',
      { ...foreign, response: { ...response, status: 1e99 } },
    ],
    [
      'response.status is not a status from 200 to 999',
      { ...foreign, response: { ...response, status: '200' } },
    ],
    ['response.content is not an object', { ...foreign, response: { ...response, content: [] } }],
    ['timings is not an object', { ...foreign, timings: 7 }],
  ])('%s', (detail, entry) => {
    expect(fromHarEntry(entry, 'x.har', 7)).toEqual({ problem: { reason: 'bad-entry', at: 7, detail } });
  });
});
