import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Exchange, RawMessage } from '../../../src/model/exchange.js';
import { chunkSegments, content } from '../../../src/model/message.js';
import { messageOf } from '../../../src/vendors/vendor.js';
import { withings } from '../../../src/vendors/withings/index.js';
import { captures, exchangesOf, mask, message, post, record, requestHead, text } from './exchanges.js';

const masked = (exchange: Exchange) => {
  const { request, response } = mask(exchange);
  return [text(request.body), text(response?.body)];
};
const stars = (length: number) => '*'.repeat(length);

/** The same message in chunks that end where `cuts` say, with an extension on each and a trailer. */
function rechunk(raw: RawMessage, cuts: readonly number[], extra = false): RawMessage {
  const body = Buffer.from(content(raw));
  const ends = [...new Set(cuts.map((cut) => cut % (body.length + 1))), body.length].sort((a, b) => a - b);
  let from = 0;
  const parts: string[] = [];
  for (const end of ends) {
    if (end <= from) continue;
    parts.push(`${(end - from).toString(16)}${extra ? `;x=${secrets[0]}` : ''}\r\n`);
    parts.push(`${body.toString('latin1', from, end)}\r\n`);
    from = end;
  }
  parts.push(extra ? `0\r\nSession: ${secrets[0]}\r\n\r\n` : '0\r\n\r\n');
  const head = text(raw.head)
    .replace(/content-length:.*\r\n/i, '')
    .replace(/transfer-encoding:.*\r\n/i, '')
    .replace('\r\n', '\r\nTransfer-Encoding: chunked\r\n');
  return message(head, parts.join(''));
}

/** Every secret that is in the captures, as text or as the hex of a maint post. */
const secrets = [
  Buffer.from('0123456789abcdef').toString('hex'),
  '0102030405060708090a0b0c0d0e0f10',
  'e61c251b17236e00874a1546de455541',
  '6256-51492c6d-5483c37e',
  '4924-51493147-1813ac3d',
  '3046-5148e2c9-6e4d325e',
  '546-4c818c8e-3b918091',
  '4079-f5f75535-2f5ea8eb',
];

/** Those that can be seen in a message, raw or without its chunks. */
function leaks(raw: RawMessage | null | undefined): string[] {
  if (!raw) return [];
  const all = [text(raw.head), text(raw.body), text(content(raw))];
  return secrets.filter((secret) => all.some((part) => part.includes(secret)));
}

describe('captures', () => {
  const all = captures.flatMap(exchangesOf);

  test('hold secrets, and none once they are masked', () => {
    expect(new Set(all.flatMap((e) => [...leaks(e.request), ...leaks(e.response)]))).toEqual(
      new Set(secrets),
    );
    for (const exchange of all.map((e) => mask(e))) {
      expect([...leaks(exchange.request), ...leaks(exchange.response)]).toEqual([]);
    }
  });

  test('nor when they come in other chunks, which stay whole', () => {
    const cuts = fc.array(fc.nat(4000), { maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(...all), cuts, cuts, fc.boolean(), (exchange, a, b, extra) => {
        const chunked = {
          ...exchange,
          request: rechunk(exchange.request, a, extra),
          response: exchange.response && rechunk(exchange.response, b, extra),
        };
        const after = mask(chunked);
        expect([...leaks(after.request), ...leaks(after.response)]).toEqual([]);
        expect(chunkSegments(after.request.body)).toEqual(chunkSegments(chunked.request.body));
        // What is masked does not depend on the chunks.
        expect(text(content(after.request))).toBe(text(content(mask(exchange).request)));
      }),
    );
  });

  test('spans are in order, apart, inside and not empty', () => {
    for (const exchange of all) {
      const spans = withings.secrets(exchange);
      spans.forEach(({ message: name, part, from, to }, i) => {
        const raw = messageOf(exchange, name);
        const before = spans[i - 1];
        expect(to).toBeGreaterThan(from);
        expect(to).toBeLessThanOrEqual(raw?.[part].length ?? -1);
        if (before?.message === name && before.part === part) expect(from).toBeGreaterThan(before.to);
      });
    }
  });

  test('nothing else is masked in them', () => {
    const [, open, maint] = exchangesOf('ws30-update.http');
    if (open === undefined || maint === undefined) throw new Error('capture changed');
    expect(masked(open)[0]).toBe(text(open.request.body));
    expect(masked(open)[1]).toBe(text(open.response?.body).replace('6256-51492c6d-5483c37e', stars(22)));
    const count = masked(maint)[0]?.match(/\*/g)?.length;
    // Session id; secret, Wi-Fi key, Bluetooth key and register dump in hex.
    expect(count).toBe(22 + 2 * (17 + 64 + 16 + 28));
  });
});

describe('maint', () => {
  const of = (data: string, numbers = 'source=1&type=1') =>
    masked(post('maint', `action=store&${numbers}&data=${data}`, null))[0]?.split('data=')[1];
  const plain = record(22, Buffer.from('US\0\0'));
  const head = (type: number, length: number) => record(type, Buffer.alloc(length)).slice(0, 8);

  test.each([3, 24, 0x79, 0x99, 18, 26, 39, 4711])('record %d is masked whole', (type) => {
    expect(of(plain + record(type, Buffer.alloc(20, 7)) + plain)).toBe(
      plain + head(type, 20) + stars(40) + plain,
    );
  });

  test.each([1, 2, 5, 6, 7, 12, 25, 0x68])('record %d is not', (type) => {
    expect(of(record(type, Buffer.alloc(20, 7)))).toBe(record(type, Buffer.alloc(20, 7)));
  });

  test('of the Wi-Fi record its key, of the Bluetooth record its link key', () => {
    const wifi = record(9, Buffer.alloc(108, 7));
    expect(of(wifi)).toBe(wifi.slice(0, 80) + stars(128) + wifi.slice(208));
    const bluetooth = record(28, Buffer.alloc(22, 7));
    expect(of(bluetooth)).toBe(bluetooth.slice(0, 8) + stars(32) + bluetooth.slice(40));
  });

  test('in another length the key may be anywhere', () => {
    expect(of(record(9, Buffer.alloc(110, 7)))).toBe(head(9, 110) + stars(220));
    expect(of(record(28, Buffer.alloc(6, 7)))).toBe(head(28, 6) + stars(12));
  });

  test.each([
    ['0300ff0061', 'a record that runs past the end'],
    ['03', 'a piece of a record'],
    ['0300020061zz', 'a digit that is none'],
    ['030002006162a', 'half a byte'],
    ['%30%33', 'digits in percent-encoding'],
  ])('%s: from %s on everything is masked', (rest) => {
    const shown = of(plain + rest) ?? '';
    expect(shown.startsWith(plain)).toBe(true);
    expect(shown.slice(plain.length)).toMatch(/^(03000200)?\*+$/);
    expect(shown).toHaveLength(plain.length + rest.length);
  });

  test.each(['source=4&type=1', 'source=1&type=2', 'source=1', 'source=1&source=1&type=1', ''])(
    'data of another kind (%s) is masked whole',
    (numbers) => {
      expect(of(plain, numbers)).toBe(stars(plain.length));
    },
  );
});

describe('replies', () => {
  const of = (reply: string, path = 'session') => masked(post(path, '', reply))[1];

  test.each([
    ['{"status":0,"body":{"syp":{"kl":"abc","utc":1}}}', '{"status":0,"body":{"syp":{"kl":"***","utc":1}}}'],
    ['{"a":{"sessionid":"x\\"y"},"b":"z"}', '{"a":{"sessionid":"****"},"b":"z"}'],
    ['{"\\u0073essionid" : "x" }', '{"\\u0073essionid" : "*" }'],
    ['{"sessionid":12,"b":3}', '{"sessionid":**,"b":3}'],
    ['{"sessionid":12}', '{"sessionid":**}'],
    ['{"sessionid":{"a":["}"]},"b":3}', `{"sessionid":${stars(11)},"b":3}`],
    ['{"sessionid":[[1],2],"b":3}', `{"sessionid":${stars(7)},"b":3}`],
    ['{"sessionid":"","b":"sessionid"}', '{"sessionid":"","b":"sessionid"}'],
    ['["sessionid","x"]', '["sessionid","x"]'],
    ['{"sessionid":"a","sessionid":"b"}', '{"sessionid":"*","sessionid":"*"}'],
    [
      '{"newPassword":"p","klSecret":"q","session_id":"r"}',
      '{"newPassword":"*","klSecret":"*","session_id":"*"}',
    ],
    ['<html>', stars(6)],
    ['{"sessionid":"a"', stars(16)],
    ['', ''],
  ])('%s', (reply, shown) => {
    expect(of(reply)).toBe(shown);
  });

  test('an unknown path hides all that sounds secret', () => {
    expect(of('{"hash":"a","key":{"b":1},"c":"d"}', 'auth')).toBe('{"hash":"*","key":*******,"c":"d"}');
    expect(of('{"hash":"a"}')).toBe('{"hash":"a"}');
  });

  test('an error of our own is shown', () => {
    const exchange = { ...post('once', '', 'no upstream'), answered: 'refused' as const };
    expect(masked(exchange)[1]).toBe('no upstream');
  });
});

describe('requests', () => {
  const of = (form: string, path = 'measure') => masked(post(path, form, null))[0];

  test.each([
    ['action=store&sessionid=4-5&userid=7', 'action=store&sessionid=***&userid=7'],
    ['sessionid=a&sessionid=%62', 'sessionid=*&sessionid=***'],
    ['%73essionid=a', '%73essionid=*'],
    ['sessionid=', 'sessionid='],
    ['hello', stars(5)],
    ['a=1&sessionid', stars(13)],
    ['a=%&b=2', stars(7)],
    ['a=\x00', stars(3)],
    ['a=ÿ', stars(3)],
    ['', ''],
  ])('%s', (form, shown) => {
    expect(of(form)).toBe(shown);
  });

  test('an unknown path hides all that sounds secret', () => {
    expect(of('action=login&email=a&password=b&hash=c&data=d', 'auth')).toBe(
      'action=login&email=a&password=*&hash=*&data=*',
    );
  });

  test('a cut body is masked whole', () => {
    const request = message(requestHead('/cgi-bin/once'), 'action=get');
    const exchange = post('once', 'action=get', null);
    for (const cut of [
      { ...request, complete: false },
      { ...request, bodyBytes: 11 },
    ]) {
      expect(masked({ ...exchange, request: cut })[0]).toBe(stars(10));
    }
  });
});

test.each([
  [
    'POST /cgi-bin/once?action=get&sessionid=abc HTTP/1.1',
    'POST /cgi-bin/once?action=get&sessionid=*** HTTP/1.1',
  ],
  ['GET /cgi-bin/auth?what HTTP/1.1', 'GET /cgi-bin/auth?**** HTTP/1.1'],
  ['GET /x HTTP/1.1\r\nCookie: a=b; c\r\nX: y', 'GET /x HTTP/1.1\r\nCookie: ******\r\nX: y'],
  ['GET /x HTTP/1.1\nAuthorization:abc\nX: y', 'GET /x HTTP/1.1\nAuthorization:***\nX: y'],
])('head %j', (head, shown) => {
  const exchange = { ...post('once', '', null), request: message(`${head}\r\n\r\n`, '') };
  expect(text(mask(exchange).request.head)).toBe(`${shown}\r\n\r\n`);
});

test.each([
  ['5\r\nab', '5\r\n**'],
  ['zz\r\nsecret', '**\r\n******'],
  ['2;note=s\r\n{}\r\n0\r\nKey: s\r\n\r\n', '2;******\r\n{}\r\n0\r\n******\r\n\r\n'],
  ['2\r\n{}\r\n0\r\n\r\nsecret', '2\r\n{}\r\n0\r\n\r\n******'],
])('chunks %j are shown as %j', (body, shown) => {
  const chunked = message('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', body);
  expect(masked({ ...post('once', '', null), response: chunked })[1]).toBe(shown);
});
