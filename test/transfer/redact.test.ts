import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import { isCovered, opened, readerOf, redact } from '../../src/transfer/redact.js';
import { anyExchange, bytes, exchange, message, post } from './exchanges.js';

/** Everything of an exchange that could be shown, as text. */
function all({ request, interim, response }: Exchange): string {
  const parts = [request.head, interim, request.body, response?.head, response?.body];
  return parts.map((part) => Buffer.from(part ?? []).toString('latin1')).join('\n----\n');
}

const secret = 'hunter2hunter2';
const hidden = '*'.repeat(secret.length);
const foreign = 'POST /x?key=hunter2hunter2 HTTP/1.1\r\nHost: elsewhere.example\r\n';

/** Ways in which a secret could get out, each an exchange with `secret` in it. */
const threats: Record<string, Exchange> = {
  'a session id in a form': exchange({
    request: post('/cgi-bin/measure', `action=store&sessionid=${secret}&devtype=1`),
  }),
  'a session id in a reply': exchange({
    request: post('/cgi-bin/session', 'action=new&auth=00:24:e4:00:00:01'),
    response: message(
      'HTTP/1.1 200 OK\r\n\r\n',
      JSON.stringify({ status: 0, body: { sessionid: secret, sp: { users: [] } } }),
    ),
  }),
  'a session id cut by chunks': exchange({
    request: post('/cgi-bin/session', 'action=new&auth=00:24:e4:00:00:01'),
    response: message(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      '1e\r\n{"status":0,"body":{"sessionid\r\n3\r\n":"\r\ne\r\nhunter2hunter2\r\n3\r\n"}}\r\n0\r\n\r\n',
    ),
  }),
  'a new secret in a reply': exchange({
    request: post('/cgi-bin/session', 'action=new'),
    response: message(
      'HTTP/1.1 200 OK\r\n\r\n',
      JSON.stringify({ status: 0, body: { syp: { kl: secret } } }),
    ),
  }),
  'maint data that is no hex': exchange({
    request: post('/cgi-bin/maint', `action=store&source=1&type=1&data=${secret}`),
  }),
  'a body of our vendor that is no form': exchange({ request: post('/cgi-bin/once', `\x00\xff${secret}`) }),
  'a body of our vendor that was cut': exchange({
    request: { ...post('/cgi-bin/session', `action=new&x=${secret}`), complete: false },
  }),
  'a reply of our vendor that is no JSON': exchange({
    request: post('/cgi-bin/once', 'action=get'),
    response: message('HTTP/1.1 200 OK\r\n\r\n', `<html>${secret}`),
  }),
  'a path of our vendor that nobody knows': exchange({
    request: post('/cgi-bin/new', `challenge=${secret}`),
  }),
  'a header of our vendor': exchange({
    request: post('/cgi-bin/once', 'action=get', `Authorization: Basic ${secret}\r\nCookie: a=${secret}\r\n`),
  }),
  'a cookie in an answer': exchange({
    request: post('/cgi-bin/once', 'action=get'),
    response: message(`HTTP/1.1 200 OK\r\nset-cookie: a=${secret}\r\nContent-Length: 0\r\n\r\n`),
  }),
  'a header of an interim answer': exchange({
    request: post('/cgi-bin/once', 'action=get'),
    interim: bytes(`HTTP/1.1 103 Early Hints\r\nLink: <${secret}>\r\n\r\n`),
  }),
  'a host that nobody claims': exchange({
    request: message(`${foreign}Content-Length: 14\r\n\r\n`, secret),
    response: message('HTTP/1.1 200 OK\r\n\r\n', secret),
  }),
  'any header of a host that nobody claims': exchange({
    request: message(`${foreign}X-Anything: ${secret}\r\nReferer: http://x/?${secret}\r\n\r\n`),
    response: message(`HTTP/1.1 302 Found\r\nLocation: /?${secret}\r\n\r\n`),
  }),
  'lines of a head that are no headers': exchange({
    request: message(`${foreign}Accept: a\r\n ${secret}: b\r\n${secret}\r\n\r\n`),
  }),
  'chunk extensions and trailers': exchange({
    request: message(
      `${foreign}Transfer-Encoding: chunked\r\n\r\n`,
      `2;x=${secret}\r\nab\r\n0\r\nX-Sum: ${secret}\r\n\r\n`,
    ),
  }),
  'bytes that are not HTTP': exchange({
    request: { ...message('', `\x16\x03\x01${secret}`), complete: false },
    reason: 'not-http',
    response: null,
  }),
  'a claimed exchange whose body could not be framed': exchange({
    request: {
      ...post('/cgi-bin/once', `action=get&note=${secret}`, 'Transfer-Encoding: chunked\r\n'),
      complete: false,
    },
    reason: 'bad-chunk-size',
  }),
  'a tunnel': exchange({
    request: post('/cgi-bin/once', `action=get&note=${secret}`),
    response: message('HTTP/1.1 101 Switching Protocols\r\n\r\n', secret),
    reason: 'upgraded',
  }),
};

describe.each(Object.entries(threats))('%s', (_, given) => {
  test('is there and is covered', () => {
    expect(all(given)).toContain(secret);
    expect(all(redact(given))).not.toContain(secret);
    expect(all(redact(given))).toContain(hidden);
  });
});

test('what is no secret stays', () => {
  const given = exchange({
    request: post('/cgi-bin/measure', `action=store&sessionid=${secret}&devtype=1`),
    response: message('HTTP/1.1 200 OK\r\n\r\n', '{"status":0}'),
  });
  expect(all(redact(given))).toBe(all(given).replaceAll(secret, hidden));
});

test('of a stranger, the start line and harmless headers stay', () => {
  const given = exchange({
    request: message(`${foreign}Content-Length: 2\r\nX-Key: abc\r\n\r\n`, 'ab'),
  });
  expect(all(redact(given))).toBe(
    'POST /x?****************** HTTP/1.1\r\nHost: elsewhere.example\r\nContent-Length: 2\r\nX-Key: ***\r\n\r\n' +
      '\n----\n\n----\n**\n----\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\n----\n**',
  );
});

test('chunks of a stranger keep their sizes, so that what follows them can be found', () => {
  const head = `${foreign}Transfer-Encoding: chunked\r\n\r\n`;
  const body = '3\r\nabc\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n';
  const covered = redact(exchange({ request: message(head, body) })).request.body;
  expect(Buffer.from(covered).toString()).toBe('3\r\n***\r\n1A\r\n**************************\r\n0\r\n\r\n');
});

test('an error of our own is shown', () => {
  const response = message('HTTP/1.1 421 Misdirected Request\r\n\r\n', 'this host is not allowed');
  const given = exchange({ request: post('/cgi-bin/once', 'action=get'), answered: 'refused', response });
  expect(redact(given).response).toEqual(response);
});

test('lengths hold once it is opened, and nothing but bytes is changed', () => {
  fc.assert(
    fc.property(anyExchange, (given) => {
      const covered = redact(given);
      const lengths = ({ request, interim, response }: Exchange) =>
        [request.head, request.body, interim, response?.head, response?.body].map((part) => part?.length);
      expect(lengths(covered)).toEqual(lengths(opened(given)));
      const rest = ({ request, interim, response, ...others }: Exchange) => others;
      expect(rest(covered)).toEqual(rest(given));
    }),
  );
});

test('no byte of a body shows when nobody can read the exchange', () => {
  fc.assert(
    fc.property(anyExchange, (given) => {
      fc.pre(readerOf(given) === undefined);
      const { request, response } = redact(given);
      for (const { body } of [request, response ?? request])
        expect(body.length === 0 || isCovered(body)).toBe(true);
    }),
  );
});

test('the given exchange is not changed', () => {
  const given = threats['a session id in a form'] ?? exchange({ request: message('') });
  const before = all(given);
  redact(given);
  expect(all(given)).toBe(before);
});
