import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  loggedIn,
  newSession,
  oldSession,
  paramsOf,
  sessionMark,
  sessionOf,
  sessionText,
} from '../../../src/vendors/renpho/session.js';
import { account, call, capture, message, signIn } from './calls.js';

const names = (pairs: readonly (readonly [string, string])[] | undefined) => pairs?.map(([name]) => name);

describe('of the new API', () => {
  const { request } = call({ path: 'x', token: 'T0ken' });

  test('it is the token, the user and all headers that are not of the one call, as they stood', () => {
    const session = newSession(request);
    expect(session).toMatchObject({ api: 'new', token: 'T0ken', userId: account });
    expect(names(session?.headers)).toEqual(
      (
        'token userId User-Agent language languageCode area userArea timeZone zoneId systemVersion phone devId ' +
        'appVersion platform Content-Type Accept-Encoding'
      ).split(' '),
    );
    expect(session?.headers).toContainEqual(['timeZone', '1']);
  });

  test('names are found in any case, and kept in their own', () => {
    const session = newSession(message('POST / HTTP/1.1\r\nTOKEN: a\r\nuserid: 7\r\nHost: x\r\n'));
    expect(session).toEqual({
      api: 'new',
      token: 'a',
      userId: '7',
      headers: [
        ['TOKEN', 'a'],
        ['userid', '7'],
      ],
    });
  });

  test.each(['token: a\r\n', 'userId: 7\r\n', 'token: \r\nuserId: 7\r\n', 'token: a\r\nuserId: me\r\n'])(
    'there is none in %j',
    (headers) => {
      expect(newSession(message(`POST / HTTP/1.1\r\n${headers}`))).toBeNull();
    },
  );

  test('a login opens one with the headers of its request', () => {
    const session = loggedIn(
      call({ path: 'renpho-aggregation/user/login', token: 'old' }).request,
      'new',
      '8',
    );
    expect(session).toMatchObject({ token: 'new', userId: '8' });
    expect(session?.headers.filter(([name]) => /token|userid/i.test(name))).toEqual([
      ['token', 'new'],
      ['userId', '8'],
    ]);
  });
});

test('of the old API it is the key and the parameters of every call, out of the captured request', () => {
  const request = message(capture('old_app_request_measurements_list.http').replaceAll(/\r?\n/g, '\r\n'));
  const params = new Map(paramsOf(request));
  expect(params.get('terminal_user_session_key')).toBe('{KEY}');
  expect(oldSession(request, 'k', '7')).toEqual({
    api: 'old',
    key: 'k',
    userId: '7',
    query: [
      ['address', ''],
      ['app_id', 'Renpho'],
      ['app_revision', '3.11.10'],
      ['area_code', 'BE'],
      ['cellphone_type', 'iPhone14,2'],
      ['locale', 'en'],
      ['platform', 'iphone'],
      ['system_type', '15.4.1'],
      ['zone', 'Europe/Brussels'],
    ],
    headers: [
      ['User-Agent', 'Renpho/3.11.10 (iPhone; iOS 15.4.1; Scale/3.00)'],
      ['Accept', '*/*'],
      ['Accept-Language', 'en-BE;q=1, nl-BE;q=0.9'],
      ['Accept-Encoding', 'gzip, deflate'],
    ],
  });
});

test('a sign-in gives the same parameters, without the password', () => {
  const { request } = signIn('email=a%40b.co&password=cGFzcw%3D%3D&secure_flag=1', {});
  const session = oldSession(request, 'k', '7');
  expect(session?.api === 'old' && names(session.query)).toEqual(
    'address app_id app_revision area_code cellphone_type locale platform system_type zone'.split(' '),
  );
  expect(names(session?.headers)).not.toContain('Content-Type');
});

test('a text is a session again, and nothing else is one', () => {
  const both = [
    newSession(call({ path: 'x', token: 'a' }).request),
    oldSession(message('GET / HTTP/1.1\r\n'), 'k', '7'),
  ];
  for (const session of both) {
    if (session === null) throw new Error('no session to test with');
    expect(sessionOf(sessionText(session))).toEqual(session);
  }
  for (const wrong of [
    '',
    '{}',
    '{"api":"new","token":"****","userId":"7","headers":[]}',
    '{"api":"new","token":"a\\nb","userId":"7","headers":[]}',
    '{"api":"new","token":"a","userId":"seven","headers":[]}',
    '{"api":"new","token":"a","userId":"7","headers":[["a"]]}',
    '{"api":"old","key":"a","userId":"7","headers":[]}',
    '{"api":"newer","token":"a","userId":"7","headers":[]}',
  ]) {
    expect(sessionOf(wrong), wrong).toBeNull();
  }
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (any) => {
      const session = sessionOf(any);
      if (session !== null) expect(sessionOf(sessionText(session))).toEqual(session);
    }),
  );
});

test('a mark tells sessions apart and does not hold the token', () => {
  const mark = (token: string) =>
    sessionMark({ api: 'new', token, userId: '7', headers: [['token', token]] });
  expect(mark('aaaa')).not.toBe(mark('aaab'));
  expect(mark('aaaa')).toMatch(/^[\w-]{12}$/);
  expect(mark('aaaa')).not.toContain('aaaa');
});
