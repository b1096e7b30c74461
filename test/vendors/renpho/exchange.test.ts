import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { renphoExchange } from '../../../src/vendors/renpho/exchange.js';
import { open } from '../../../src/vendors/renpho/open.js';
import { bytes, call, capture, get, message, plain, signIn } from './calls.js';

const jsonHead = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

describe('a call of the new cloud', () => {
  const exchange = call({
    path: 'RenphoHealth/scale/queryAllMeasureDataList?x=1&x=2&y=%41',
    sent: { userIds: ['#9223372036854775806'] },
    token: 't',
    got: [{ id: '#5919278420902642176' }],
  });

  test('is taken apart', () => {
    expect(renphoExchange(exchange)).toEqual({
      exchange,
      api: 'new',
      path: '/RenphoHealth/scale/queryAllMeasureDataList',
      query: new Map([
        ['x', '1'],
        ['y', 'A'],
      ]),
      form: new Map(),
      sent: { userIds: ['9223372036854775806'] },
      got: [{ id: '5919278420902642176' }],
      code: '101',
      status: 200,
      refusals: [],
    });
  });

  test('is the same when it was opened before', () => {
    const opened = open(exchange);
    expect(renphoExchange(opened)).toEqual({ ...renphoExchange(exchange), exchange: opened });
  });

  test('with nothing in the envelope', () => {
    const { sent, got } = renphoExchange(call({ path: 'renpho-aggregation/device/count' }));
    expect([sent, got]).toEqual([undefined, null]);
  });

  test.each([0, 101, 200, 20000])('code %d is a success', (code) => {
    expect(renphoExchange(call({ path: 'x', code, got: [1] })).got).toEqual([1]);
  });

  test.each([401, 403, -114, 500, 1])('code %d is none: there is nothing to be read', (code) => {
    const { got, code: said } = renphoExchange(call({ path: 'x', code, got: [1] }));
    expect([got, said]).toEqual([undefined, String(code)]);
  });

  test('an answer that does not say how it went is taken as it is', () => {
    const response = message(jsonHead, '[{"weight":1}]');
    const { got, code } = renphoExchange(call({ path: 'x' }, { response }));
    expect([got, code]).toEqual([[{ weight: 1 }], null]);
  });

  test('an answer that we have made up counts for nothing', () => {
    const { got, code, status, sent } = renphoExchange(
      call({ path: 'x', sent: { a: 1 }, got: [1], status: 502 }, { answered: 'refused' }),
    );
    expect([got, code, status, sent]).toEqual([undefined, null, 0, { a: 1 }]);
  });

  test('no answer', () => {
    const { got, code, status, refusals } = renphoExchange({ ...exchange, response: null });
    expect([got, code, status, refusals]).toEqual([undefined, null, 0, []]);
  });
});

describe('a call of the old cloud', () => {
  test('a list', () => {
    const renpho = renphoExchange(
      get(
        'api/v2/measurements/list.json',
        '&user_id=7',
        JSON.parse(capture('old_list_scale_user_empty.json')),
      ),
    );
    expect(renpho).toMatchObject({
      api: 'old',
      path: '/api/v2/measurements/list.json',
      code: '20000',
      sent: undefined,
    });
    expect([renpho.query.get('user_id'), renpho.query.get('zone'), renpho.query.get('address')]).toEqual([
      '7',
      'Europe/Brussels',
      '',
    ]);
    expect(renpho.got).toEqual({ status_code: '20000', status_message: 'ok', scale_users: [] });
  });

  test('a form', () => {
    const { form, sent, refusals } = renphoExchange(
      signIn('email=a%40b.co&password=a%2Bb%3D&x=%', { status_code: '50000' }),
    );
    expect([form.get('email'), form.get('password'), form.get('x'), sent]).toEqual([
      'a@b.co',
      'a+b=',
      '%',
      undefined,
    ]);
    expect(refusals).toEqual([]);
  });

  test('a sign-in as JSON', () => {
    const request = message(
      'POST /api/v3/users/sign_in.json?app_id=Renpho HTTP/1.1\r\nHost: renpho.qnclouds.com\r\nContent-Type: application/json\r\n',
      '{"email":"a@b.co"}',
    );
    const { form, sent } = renphoExchange({ ...plain, request, response: null });
    expect([form.size, sent]).toEqual([0, { email: 'a@b.co' }]);
  });

  test('a sister app says code, in numbers', () => {
    const response = message(jsonHead, '{"code":20000,"msg":"ok","data":{"a":1}}');
    const { code, got } = renphoExchange(get('x', '', null, { response }));
    expect([code, got]).toEqual(['20000', { code: 20000, msg: 'ok', data: { a: 1 } }]);
  });
});

test('plain HTTP through a proxy names the host in the target', () => {
  const request = message(
    'GET http://renpho.qnclouds.com:80/api/v2/measurements/list.json?user_id=7 HTTP/1.1\r\nHost: renpho.qnclouds.com\r\n',
  );
  const { path, query } = renphoExchange({ ...plain, request, response: null });
  expect([path, query.get('user_id')]).toEqual(['/api/v2/measurements/list.json', '7']);
});

describe('what cannot be read has a name', () => {
  test.each<[string, Uint8Array | string, string]>([
    ['Content-Encoding: gzip\r\n', '{"code":101}', 'bad-coding'],
    ['Content-Encoding: gzip\r\n', gzipSync('{"code":101'), 'not-json'],
    ['', '{"code":101', 'not-json'],
    ['Content-Type: application/json\r\n', '<html>', 'not-json'],
    ['', `{"code":101,"data":"${'A'.repeat(22)}=="}`, 'envelope-bad-padding'],
  ])('%s%j: %s', (lines, body, reason) => {
    const response = message(`HTTP/1.1 200 OK\r\n${lines}`, body);
    expect(renphoExchange(get('x', '', null, { response })).refusals).toEqual([
      { reason, detail: 'body of the answer' },
    ]);
  });

  test('and what is not meant to be JSON is no fault', () => {
    const response = message('HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n', bytes('\x89PNG'));
    expect(renphoExchange(get('x', '', null, { response })).refusals).toEqual([]);
  });
});
