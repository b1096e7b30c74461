import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../../src/model/exchange.js';
import { wrap } from '../../../src/vendors/renpho/envelope.js';
import { open } from '../../../src/vendors/renpho/open.js';
import { secretSpans } from '../../../src/vendors/renpho/redaction.js';
import { messageOf } from '../../../src/vendors/vendor.js';
import { account, appHeaders, call, capture, get, json, message, plain, signIn, text } from './calls.js';

/** An exchange as an export without secrets has it. */
function mask(crossed: Exchange): Exchange {
  const exchange = open(crossed);
  const parts = { request: copy(exchange.request), response: copy(exchange.response) };
  for (const { message: name, part, from, to, cover = 0x2a } of secretSpans(exchange)) {
    parts[name]?.[part].fill(cover, from, to);
  }
  return {
    ...exchange,
    request: { ...exchange.request, ...parts.request },
    response: exchange.response && { ...exchange.response, ...parts.response },
  };
}

const copy = (raw: Exchange['response']) => ({
  head: Uint8Array.from(raw?.head ?? []),
  body: Uint8Array.from(raw?.body ?? []),
});

const asked = (exchange: Exchange) => text(mask(exchange).request.body);
const answered = (exchange: Exchange) => text(mask(exchange).response?.body);
const stars = (length: number) => '*'.repeat(length);

/** The answer of a call to a described endpoint, out of its envelope and covered. */
const got = (value: unknown) => {
  const body = answered(call({ path: 'renpho-aggregation/user/login', got: value }));
  return body.replace(/^\{"code":101,"msg":"success","data":|\}$/g, '');
};

describe('captures', () => {
  test('of a login: who it is, and what they could sign in with', () => {
    const login = capture('new_login_object_fixture.json').trim();
    expect(got(JSON.parse(login))).toBe(
      login
        .replaceAll('SECRET', stars(6))
        .replace('a@b.co', stars(6))
        .replace('Aidan', stars(5))
        .replace('1990-05-04', stars(10))
        .replace('1.2.3.4', stars(7)),
    );
  });

  test('of a weigh-in: the birthday', () => {
    const row = capture('new_measurement_record_full_fixture.json').trim();
    expect(got(JSON.parse(row))).toBe(row.replace('1990-05-04', stars(10)));
  });

  test.each([
    'new_body_composition_page_minimal.json',
    'new_measurement_page_minimal.json',
    'new_measurements_discountdarcy_fixture.json',
    'new_device_count_fixture.json',
    'new_girth_upload_record_SHAPE.json',
  ])('of %s: nothing', (name) => {
    const body = capture(name);
    const exchange = { ...plain, ...call({ path: 'x' }), response: message('HTTP/1.1 200 OK\r\n', body) };
    const known = { ...exchange, request: call({ path: 'renpho-aggregation/device/count' }).request };
    expect(answered(known)).toBe(body);
  });

  test('of a sign-in: password and e-mail address', () => {
    const [head = '', form = ''] = capture('old_app_request_sign_in.http')
      .trimEnd()
      .split(/\r?\n\r?\n/);
    const request = message(`${head.replaceAll(/\r?\n/g, '\r\n')}\r\n`, form);
    expect(asked({ ...plain, request, response: null })).toBe(
      form.replace('{EMAIL}', stars(7)).replace('{BASE64_RSA_CIPHERTEXT}', stars(23)),
    );
  });

  test('of its answer: the key and what names or finds the person', () => {
    const shape = JSON.parse(capture('old_sign_in_response_SHAPE.json'));
    const after = JSON.parse(answered(signIn('email=a', shape)));
    const covered = (of: Readonly<Record<string, unknown>>) =>
      Object.keys(of).filter((name) => /^\*+$/.test(String(of[name])));
    expect(covered(after).sort()).toEqual(
      (
        'account_name avatar_url birthday email facebook_account line_account phone ' +
        'terminal_user_session_key twitter_account user_code'
      ).split(' '),
    );
    expect(covered(after.device_binds_ary[0])).toEqual(['uuid', 'wifi_name']);
  });

  test('of a list of the old API: the key in its address', () => {
    const head = capture('old_app_request_measurements_list.http').trimEnd().replaceAll(/\r?\n/g, '\r\n');
    const request = message(`${head}\r\n`);
    expect(text(mask({ ...plain, request, response: null }).request.head)).toBe(
      `${head}\r\n\r\n`.replace('{KEY}', stars(5)),
    );
  });
});

test('headers: the token and the phone, not the user or what the app is', () => {
  const exchange = call({ path: 'x', token: 'T0kenT0ken' });
  expect(text(mask(exchange).request.head).replace(/Content-Length: \d+/, 'Content-Length: 2')).toBe(
    text(exchange.request.head)
      .replace('T0kenT0ken', stars(10))
      .replace('Pixel 7', stars(7))
      .replace('5f1c2d3e4a5b6c7d', stars(16))
      .replace(/Content-Length: \d+/, 'Content-Length: 2'),
  );
});

describe('JSON stays JSON', () => {
  test.each([
    ['a string with escapes', '{"token":"a\\"b\\u00e9"}', `{"token":"${stars(10)}"}`],
    ['a name with escapes', '{"\\u0074oken":"abc"}', '{"\\u0074oken":"***"}'],
    ['a number', '{"phone":-49.1e3,"a":1}', '{"phone":1111111,"a":1}'],
    ['a word', '{"fitBitAuth":true}', '{"fitBitAuth":1111}'],
    [
      'a list and an object',
      '{"auth":[1,"]"],"key":{"a":{}},"b":2}',
      '{"auth":1111111,"key":11111111,"b":2}',
    ],
    [
      'nothing',
      '{"token":"","phone":null,"key":[],"auth":{ }}',
      '{"token":"","phone":null,"key":[],"auth":{ }}',
    ],
    [
      'pairs',
      '[["userId","7"],["token","abc"],["Cookie", 12]]',
      '[["userId","7"],["token","***"],["Cookie", 11]]',
    ],
    [
      'JSON in a string',
      '{"a":"{\\"token\\":1}","b":"{\\"c\\":1}"}',
      `{"a":"${stars(13)}","b":"{\\"c\\":1}"}`,
    ],
    ['what only looks like JSON', '{"a":"{\\"b\\":","c":"[d]"}', '{"a":"*******","c":"[d]"}'],
    [
      'an address with a token',
      '{"a":"https://x/y?b=1&token=c","d":"e=f"}',
      `{"a":"${stars(23)}","d":"e=f"}`,
    ],
    ['an e-mail address anywhere', '{"msg":"no a@b.co here"}', `{"msg":"${stars(14)}"}`],
    [
      'names in any spelling',
      '{"session_key":"a","ClientIp":"b","e-mail":"c"}',
      '{"session_key":"*","ClientIp":"*","e-mail":"*"}',
    ],
    ['one name twice', '{"token":"a","token":"b"}', '{"token":"*","token":"*"}'],
    ['names as values', '{"a":"token","b":["x","token"]}', '{"a":"token","b":["x","token"]}'],
  ])('%s', (_, body, shown) => {
    const request = message(
      'POST /api/v3/users/sign_in.json HTTP/1.1\r\nHost: renpho.qnclouds.com\r\n',
      body,
    );
    const after = asked({ ...plain, request, response: null });
    expect(after).toBe(shown);
    expect(() => JSON.parse(after)).not.toThrow();
  });

  test('in a field of a form, too', () => {
    const exchange = signIn(
      'rows_json=%5B%7B%22weight%22%3A80%2C%22email%22:%22%C3%A9%22%2C%22phone%22%3A12%7D%5D',
      {},
    );
    expect(asked(exchange)).toContain(
      'rows_json=%5B%7B%22weight%22%3A80%2C%22email%22:%22******%22%2C%22phone%22%3A11%7D%5D',
    );
  });
});

test('whatever stands beside it, JSON stays JSON and a weigh-in stays what it was', () => {
  const name = fc.constantFrom(
    'token',
    'e-mail',
    'phone',
    'fitBitAuth',
    'key',
    'data',
    'a',
    'b\n"',
    '\u00e9',
    'list',
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue(),
      fc.array(tie('tree')),
      fc.dictionary(name, tie('tree')),
    ),
  }));
  const row = { timeStamp: 1_781_160_072, weight: 88.15, bUserId: account };
  fc.assert(
    fc.property(tree, tree, (before, after) => {
      // Which `json` would make bare numbers of.
      fc.pre(!JSON.stringify([before, after]).includes('"#'));
      const page = call({ path: 'x', got: [before, row, after] });
      const { code, data } = JSON.parse(answered(page));
      expect(code).toBe(101);
      expect(data).toHaveLength(3);
      expect(data[1]).toEqual(row);
    }),
  );
});

test('what nobody has described loses its free text besides, but not its weigh-ins', () => {
  const row = {
    timeStamp: 1_790_000_000,
    weight: 80,
    scaleName: 'Elis 1',
    note: 'after lunch',
    labelUrl: 'x',
  };
  const body = answered(call({ path: 'RenphoHealth/scale/upload', got: row }));
  expect(body).toContain(json({ ...row, note: stars(11), labelUrl: '*' }));
  expect(got(row)).toBe(json(row));
});

describe('what cannot be read is covered as a whole', () => {
  const answers = (response: Exchange['response']) => answered({ ...call({ path: 'x' }), response });

  test.each([
    ['an answer that is not JSON', message('HTTP/1.1 200 OK\r\n', '<p>hunter2</p>')],
    ['one that was cut', { ...message('HTTP/1.1 200 OK\r\n', '{"a":"hunter2"}'), complete: false }],
    ['one whose copy was cut', { ...message('HTTP/1.1 200 OK\r\n', '{"a":"hunter2"}'), bodyBytes: 99 }],
    ['a text that says nothing of itself', message('HTTP/1.1 200 OK\r\n', '"hunter2"')],
    ['an unknown compression', message('HTTP/1.1 200 OK\r\nContent-Encoding: zz\r\n', '{"a":"hunter2"}')],
    [
      'a compression that is not there',
      message('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n', '{"a":"hunter2"}'),
    ],
    [
      'JSON that is too deep',
      message('HTTP/1.1 200 OK\r\n', `${'['.repeat(9999)}"hunter2"${']'.repeat(9999)}`),
    ],
  ])('%s', (_, response) => {
    expect(answers(response)).toBe(stars(response.body.length));
  });

  test('chunks that are none keep nothing either', () => {
    const response = message('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n', 'zz\r\nhunter2');
    expect(answers(response)).toBe('**\r\n*******');
  });

  test('an envelope that does not open', () => {
    const sealed = wrap(Buffer.from('{"weight":80,"password":"hunter2"}'));
    const request = (data: string) =>
      asked({ ...call({ path: 'x' }), request: message(`POST /x HTTP/1.1\r\n${appHeaders}`, data) });
    for (const broken of [sealed.slice(0, -4), sealed.slice(4), `${sealed.slice(0, -6)}AAAA==`]) {
      expect(request(`{"encryptData":"${broken}"}`)).toBe(`{"encryptData":"${stars(broken.length)}"}`);
      expect(request(`encryptData=${encodeURIComponent(broken)}`)).toMatch(/^encryptData=\*+$/);
      expect(answers(message('HTTP/1.1 200 OK\r\n', `{"code":101,"data":"${broken}"}`))).toBe(
        `{"code":101,"data":"${stars(broken.length)}"}`,
      );
    }
  });

  test('a request that is neither JSON nor a form, or a form with other bytes', () => {
    for (const body of ['hunter2', 'a=1&hunter2', 'a=%', 'a=\x00']) {
      expect(asked(signIn('', {}, { request: message('POST /x HTTP/1.1\r\n', body) }))).toBe(
        stars(body.length),
      );
    }
  });
});

test.each([
  ['GET /x?key=ab&app_id=R HTTP/1.1', 'GET /x?key=**&app_id=R HTTP/1.1'],
  ['GET /x?what HTTP/1.1', 'GET /x?**** HTTP/1.1'],
  ['GET /x?a=%7B%22token%22:1%7D HTTP/1.1', 'GET /x?a=******************* HTTP/1.1'],
  ['GET /u/a@b.co/x HTTP/1.1', 'GET /u/******/x HTTP/1.1'],
  [
    'GET /u/5f1c2d3e4a5b6c7d/5245536005636456320 HTTP/1.1',
    'GET /u/****************/5245536005636456320 HTTP/1.1',
  ],
  ['GET /x?a=%7B%22b%22:1,&c=%5Bd HTTP/1.1', 'GET /x?a=*************&c=%5Bd HTTP/1.1'],
  ['GET /x?next=y%3Ftoken%3Dab&c=d HTTP/1.1', 'GET /x?next=**************&c=d HTTP/1.1'],
  [
    'GET /x HTTP/1.1\r\nX-Log: {"token":1}\r\nX-At: [1]',
    'GET /x HTTP/1.1\r\nX-Log: ***********\r\nX-At: [1]',
  ],
  ['GET /x HTTP/1.1\r\nX-Real-IP: 1.2.3.4', 'GET /x HTTP/1.1\r\nX-Real-IP: *******'],
  [
    'GET /x HTTP/1.1\r\nReferer: https://x/y?token=a&b=c',
    'GET /x HTTP/1.1\r\nReferer: https://x/y?token=*&b=c',
  ],
  ['GET /x HTTP/1.1\r\nAuthorization: Bearer a', 'GET /x HTTP/1.1\r\nAuthorization: ********'],
  ['GET /x HTTP/1.1\r\n folded', 'GET /x HTTP/1.1\r\n*******'],
])('head %j', (head, shown) => {
  const exchange = { ...plain, request: message(`${head}\r\n`), response: null };
  expect(text(mask(exchange).request.head)).toBe(`${shown}\r\n\r\n`);
});

test('an error of our own is shown', () => {
  const response = message('HTTP/1.1 502 Bad Gateway\r\n', 'cloud.renpho.com cannot be reached');
  const after = mask({ ...call({ path: 'x' }), answered: 'refused', response });
  expect(text(after.response?.body)).toBe(text(response.body));
});

/** Places in which a secret may cross, each an exchange with it. */
const places: Readonly<Record<string, (secret: string) => Exchange>> = {
  'the header token': (secret) => call({ path: 'x', token: secret }),
  'the token again, under another name': (secret) =>
    call({ path: 'x', token: secret, got: { t: `<${secret}>` } }),
  'the request, enveloped': (secret) => call({ path: 'x', sent: { login: { password: secret, a: [1] } } }),
  'the answer, enveloped': (secret) => call({ path: 'x', got: [{ list: [{ token: secret }] }] }),
  'the answer, enveloped and gzip-ed': (secret) =>
    packed(secret, (body) => gzipSync(body), 'Content-Encoding: gzip'),
  'the answer, enveloped and in chunks': (secret) => packed(secret, chunks, 'Transfer-Encoding: chunked'),
  'the query': (secret) => get('x', `&terminal_user_session_key=${encodeURIComponent(secret)}`, {}),
  'a form': (secret) => signIn(`password=${encodeURIComponent(secret)}`, {}),
  'JSON in a form': (secret) => signIn(`a_json=${encodeURIComponent(json([{ email: secret }]))}`, {}),
  'plain JSON': (secret) => signIn('a=b', { status_code: '20000', terminal_user_session_key: secret }),
  'JSON in JSON': (secret) => signIn('a=b', { log: json({ deeper: json({ phone: secret }) }) }),
};

function packed(secret: string, pack: (body: Buffer) => Buffer, header: string): Exchange {
  const data = wrap(Buffer.from(json({ token: secret })));
  const response = message(
    `HTTP/1.1 200 OK\r\n${header}\r\n`,
    pack(Buffer.from(`{"code":101,"data":"${data}"}`)),
  );
  return { ...call({ path: 'x' }), response };
}

function chunks(body: Buffer): Buffer {
  const half = body.length >> 1;
  const chunk = (part: Buffer) => `${part.length.toString(16)};x=1\r\n${part}\r\n`;
  return Buffer.from(`${chunk(body.subarray(0, half))}${chunk(body.subarray(half))}0\r\n\r\n`);
}

/** Everything of an exchange that could be seen, as it stands and without percent-encoding. */
function visible({ request, response }: Exchange): string {
  const raw = [request.head, request.body, response?.head, response?.body].map(text).join('\n');
  return `${raw}\n${decodeURIComponent(raw.replace(/%(?![2-7][\da-f])/gi, '%25'))}`;
}

test.each(Object.entries(places))('nothing of a secret is left in %s', (_, place) => {
  fc.assert(
    fc.property(fc.stringMatching(/^[!#-)+-[\]-~]{12,40}$/), (secret) => {
      const crossed = place(secret);
      expect(visible(open(crossed))).toContain(secret);
      expect(visible(mask(crossed))).not.toContain(secret.slice(0, 8));
      expect(visible(mask(crossed))).not.toContain(secret.slice(-8));
    }),
    { numRuns: 40 },
  );
});

test('spans are in order, apart, inside and not empty, whatever the bytes are', () => {
  const raw = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.json().map((value) => Buffer.from(value)),
    fc.json().map((value) => Buffer.from(`{"encryptData":"${wrap(Buffer.from(value))}"}`)),
    fc.webQueryParameters().map((value) => Buffer.from(value)),
  );
  const head = fc.oneof(
    fc.constant(Buffer.from(`POST /a?token=1 HTTP/1.1\r\ntoken: ${account}\r\n${appHeaders}\r\n`)),
    fc.constant(Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')),
    fc.uint8Array({ maxLength: 80 }),
  );
  const any = fc
    .record({ head, body: raw, complete: fc.boolean() })
    .map((part) => ({ ...part, bodyBytes: part.body.length }));
  fc.assert(
    fc.property(any, fc.option(any), (request, response) => {
      const exchange = open({ ...plain, request, response });
      secretSpans(exchange).forEach(({ message: name, part, from, to }, i, spans) => {
        const before = spans[i - 1];
        expect(to).toBeGreaterThan(from);
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThanOrEqual(messageOf(exchange, name)?.[part].length ?? -1);
        if (before?.message === name && before.part === part) expect(from).toBeGreaterThanOrEqual(before.to);
      });
    }),
  );
});

/** Texts of a megabyte that make a careless search start over at every byte. */
const endless: readonly (readonly [what: string, body: string])[] = [
  ['letters before =', `{"a":"${'a'.repeat(1e6)} ="}`],
  ['letters behind @', `{"a":"@${'a'.repeat(1e6)}"}`],
  ['@ after @', `{"a":"${'a@'.repeat(5e5)}"}`],
  ['= after =', `{"a":"${'a='.repeat(5e5)}"}`],
  ['brackets in a string', `{"a":"${'[{'.repeat(5e5)}"}`],
  ['quotes in a string', `{"a":"${'\\"'.repeat(5e5)}"}`],
  ['secret names in a list', `[${'"token",'.repeat(1e5)}1]`],
  ['white space', `[${' '.repeat(5e5)}"token",${' '.repeat(5e5)}1]`],
  ['fields of a form', 'a=[{&'.repeat(2e5)],
];

test.each(endless)('%s are looked through once', (_, body) => {
  const began = performance.now();
  const exchange = signIn('', {}, { request: message('POST /x HTTP/1.1\r\n', body) });
  expect(asked(exchange)).toHaveLength(body.length);
  // What takes a second here would take hours if each byte were looked at from each other one.
  expect(performance.now() - began).toBeLessThan(10_000);
});
