import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RawMessage } from '../../../src/model/exchange.js';
import { judge } from '../../../src/vendors/withings/judge.js';
import { statuses } from '../../../src/vendors/withings/status.js';
import { captures, exchangesOf, message, post } from './exchanges.js';

const ok = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n';
const okChunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const opening = 'action=new&auth=00:24:e4:00:00:01&hash=x';
const fine = { good: true, status: 0, final: false, session: null };

const asked = (path: string, form: string) => post(path, form, null).request;
const of = (path: string, form: string, reply: string | RawMessage) =>
  judge(asked(path, form), typeof reply === 'string' ? message(ok, reply) : reply);
const measured = (reply: string | RawMessage) => of('measure', 'action=store&sessionid=4-5', reply);
const notProtocol = (detail: string) => ({ good: false, reason: 'not-protocol', detail });

describe('real replies', () => {
  test.each(captures)('%s', (capture) => {
    const exchanges = exchangesOf(capture);
    const judged = exchanges.map(({ request, response }) => response && judge(request, response));
    const sessions = judged.flatMap((j) => (j?.good && j.session !== null ? [j.session] : []));
    expect(sessions).toHaveLength(1);
    // 205 asks for the pairing code.
    const association = capture === 'ws30-association.http' ? [0, 0, 0, 205, 0] : undefined;
    expect(judged.map((j) => j?.good && j.status)).toEqual(association ?? exchanges.map(() => 0));
  });
});

describe('what the scale needs', () => {
  test.each([
    ['measure', 'action=store', '{"status":0}', fine],
    ['measure', 'action=store', ' {"status": 0, "body": {"updatetime": 1}}', fine],
    ['session', 'action=delete&sessionid=4-5', '{"status":0}', fine],
    ['session', opening, '{"status":0}', notProtocol('status 0 without body.sessionid')],
    [
      'session',
      opening,
      '{"status":0,"body":{"sessionid":7}}',
      notProtocol('status 0 without body.sessionid'),
    ],
    [
      'session',
      opening,
      '{"status":0,"body":{"sessionid":""}}',
      notProtocol('status 0 without body.sessionid'),
    ],
    ['session', opening, '{"status":0,"body":{"sessionid":"4-5"}}', { ...fine, session: '4-5' }],
    ['session', opening, '{"status":100,"body":{"sessionid":"4-5"}}', { ...fine, status: 100 }],
    ['once', 'action=get', '{"status":0}', notProtocol('status 0 without body.once')],
    ['once', 'action=get', '{"status":0,"body":{"once":"a-b"}}', fine],
    ['once', 'action=get', '{"status":601}', { ...fine, status: 601 }],
    ['once', 'action=probe', '{"status":0}', fine],
    ['once', 'action=probe', '{"status":255}', { ...fine, status: 255 }],
    ['once', 'action=probe', '[]', fine],
    ['once', 'action=probe', 'true', fine],
    ['once', 'action=probe', '<html>', notProtocol('not JSON (text/plain, 6 bytes)')],
    ['v2/weather', '', '{"status":0,"body":{"series":[]}}', fine],
    ['v2/weather', '', '{"status":0,"body":{{"series":[]}}}', fine],
  ])('%s %s %s', (path, form, reply, judgement) => {
    expect(of(path, form, reply)).toEqual(judgement);
  });
});

describe('not the vendor', () => {
  const page = (start: string, body = '<html></html>') =>
    message(`${start}\r\nContent-Type: text/html\r\n\r\n`, body);

  test.each([
    ['', 'no body'],
    ['[]', 'JSON that is no object'],
    ['null', 'JSON that is no object'],
    ['{}', 'JSON without status'],
    ['{"status":"ok"}', 'status is "ok"'],
    ['{"status":0.5}', 'status is 0.5'],
    ['{"status":null}', 'status is null'],
    ['{"status":0}x', 'not JSON (text/plain, 13 bytes)'],
    ['\ufeff{"status":0}', 'not JSON (text/plain, 13 bytes)'],
  ])('%s', (reply, detail) => {
    expect(measured(reply)).toEqual(notProtocol(detail));
  });

  test.each([
    ['HTTP/1.1 200 OK', '<html></html>', 'not JSON (text/html, 13 bytes)'],
    ['HTTP/1.1 302 Found', '', 'HTTP status 302'],
    ['HTTP/1.1 302 Found', '{"status":0}', 'HTTP status 302'],
    ['HTTP/1.1 204 No Content', '', 'no body'],
    ['HTTP/1.1 404 Not Found', '<html></html>', 'not JSON (text/html, 13 bytes)'],
    ['HTTP/1.1 404 Not Found', '{"status":404,"error":"Not Found"}', 'HTTP status 404 and status 404'],
    ['HTTP/1.1 403 Forbidden', '{"status":0}', 'HTTP status 403 and status 0'],
  ])('%s %s', (start, body, detail) => {
    expect(measured(page(start, body))).toEqual(notProtocol(detail));
  });

  test('HTTP status with a reply of the vendor', () => {
    expect(measured(page('HTTP/1.1 401 Unauthorized', '{"status":100}'))).toEqual({ ...fine, status: 100 });
    expect(measured(page('HTTP/1.1 201 Created', '{"status":0}'))).toEqual(fine);
    expect(measured(page('HTTP/1.1  200', '{"status":0}'))).toEqual(fine);
  });

  test('a server that is in trouble, whatever it says', () => {
    for (const body of ['', '<html></html>', '{"status":0}']) {
      const detail = 'HTTP status 503';
      expect(measured(page('HTTP/1.1 503 Busy', body))).toEqual({
        good: false,
        reason: 'server-error',
        detail,
      });
    }
  });

  test('a body that is compressed or cut', () => {
    const gzip = message(
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n\r\n',
      '\x1f\x8b\x08',
    );
    expect(measured(gzip)).toEqual(notProtocol('not JSON (text/plain, gzip, 3 bytes)'));
    const whole = message(ok, '{"status":0}');
    expect(measured({ ...whole, complete: false })).toEqual(notProtocol('body is cut'));
    expect(measured({ ...whole, bodyBytes: 13 })).toEqual(notProtocol('body is cut'));
  });

  test('no reply of a captive portal gets into the detail but its kind', () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/html; token=\x1b[2J\r\n\r\n';
    expect(measured(message(head, 'Welcome, Jane'))).toEqual(
      notProtocol('not JSON (text/html; token=\\x1b[2j, 13 bytes)'),
    );
  });

  test('of a path that we do not know nothing is asked', () => {
    const get = message('GET /wbs03_211.bin HTTP/1.1\r\nHost: fw.withings.net\r\n\r\n', '');
    expect(judge(get, message(ok, '\0\x01\x02'))).toEqual(fine);
    expect(judge(get, page('HTTP/1.1 502 Bad Gateway'))).toMatchObject({ reason: 'server-error' });
  });
});

test('the quick way and the slow one judge alike', () => {
  expect(measured(message(okChunked, 'c\r\n{"status":0}\r\n0\r\n\r\n'))).toEqual(fine);
  expect(measured(message(okChunked, '5\r\n{"sta\r\n7\r\ntus":0}\r\n0\r\n\r\n'))).toEqual(fine);
  // Framing of the other kind.
  expect(measured('c\r\n{"status":0}\r\n0\r\n\r\n')).toMatchObject({ good: false });
  expect(measured(message(okChunked, '{"status":0}'))).toEqual(notProtocol('no body'));
});

describe('statuses', () => {
  const judged = (status: number) => measured(`{"status":${status}}`);

  test.each([201, 202, 206, 211, 212, 225, 246, 247])('%i is about what was sent', (status) => {
    expect(judged(status)).toMatchObject({ good: true, status, final: true });
  });

  test.each([
    ...[100, 200, 205, 239, 250, 253, 501, 507, 519, 525, 601, 602, 2551, 2552, 2553, 2554, 2555, 2556],
    ...[2557, 2558, 4, -1, 123456],
  ])('%i is not, or may be not', (status) => {
    expect(judged(status)).toMatchObject({ good: true, status, final: false });
  });

  test('no final status is without a name that says what is wrong', () => {
    const final = [...Array(20_000).keys()].filter((status) => {
      const judgement = judged(status);
      return judgement.good && judgement.final;
    });
    expect(
      final.filter(
        (status) => !/^(?:WRONG|ILLEGAL|INVALID_|TOOBIG|MSG_TOO)/.test(statuses.get(status) ?? ''),
      ),
    ).toEqual([]);
    expect(final.length).toBeGreaterThan(8);
  });
});

test('any bytes give a judgement', () => {
  const raw = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  const json = fc.json().map((text) => Buffer.from(text));
  const head = fc.oneof(
    fc.constantFrom(ok, okChunked, 'HTTP/1.1 404 Not Found\r\n\r\n', ''),
    fc.string({ maxLength: 60 }),
  );
  const request = fc.constantFrom(
    asked('once', 'action=get'),
    asked('once', 'action=probe'),
    asked('session', opening),
    asked('measure', 'action=store'),
    message('', ''),
  );
  fc.assert(
    fc.property(request, head, fc.oneof(raw, json), fc.boolean(), (asks, start, body, complete) => {
      const judgement = judge(asks, { ...message(start, body), complete });
      if (judgement.good) expect(judgement.status).toSatisfy(Number.isSafeInteger);
      else expect(judgement.detail).toMatch(/^[\x20-\x7e…]{1,160}$/);
    }),
    { numRuns: 500 },
  );
});
