import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RawMessage } from '../../../src/model/exchange.js';
import { contentOf } from '../../../src/vendors/raw.js';
import { guard, guards } from '../../../src/vendors/withings/guard.js';
import { captures, exchangesOf, message, text } from './exchanges.js';
import { readBack } from './read-back.js';

const names = ['blc', 'sha1', 'ws', 'kl'];

/** A response with its content in one of the three framings, chunks of `size` bytes. */
function framed(content: string | Buffer, framing: 'length' | 'chunked' | 'close', size = 7): RawMessage {
  const body = Buffer.from(content);
  const start = 'HTTP/1.1 200 OK\r\nServer: Apache\r\nx-wi-srv:FR-EQX-WEB-02\r\n';
  if (framing === 'close') return message(`${start}\r\n`, body);
  if (framing === 'length') return message(`${start}Content-Length: ${body.length}\r\nVary: *\r\n\r\n`, body);
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return message(
    `${start}Transfer-Encoding: chunked\r\nVary: *\r\n\r\n`,
    Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]),
  );
}

const guarded = (content: string) => guard(framed(content, 'close'));

function left(content: string): string | undefined {
  const found = guarded(content);
  return found?.kind === 'changed' ? text(found.response.body) : undefined;
}

const firmware = readFileSync(new URL('../../../captures/session-with-firmware-url.json', import.meta.url));

describe('the reply with a firmware order', () => {
  const without = firmware.toString('latin1').replace(/"blc":"[^"]*",/, '');
  const removed = ['firmware http://fw.withings.net/wbs03_211.bin'];

  test.each(['length', 'chunked', 'close'] as const)('with framing by %s', (framing) => {
    const found = guard(framed(firmware, framing, 50));
    const response = framed(without, framing, without.length);
    expect(found).toEqual({ kind: 'changed', response, removed });
    expect(text(contentOf(readBack(response, 'response')))).toBe(without);
  });

  test('in one chunk for each byte', () => {
    expect(guard(framed(firmware, 'chunked', 1))).toMatchObject({ kind: 'changed', removed });
  });
});

test('real replies have none', () => {
  const replies = captures.flatMap(exchangesOf).flatMap(({ response }) => response ?? []);
  expect(replies.length).toBeGreaterThan(20);
  expect(replies.map(guard).filter((found) => found !== null)).toEqual([]);
});

test('only session replies are looked at', () => {
  expect(guards({ host: 'scalews.withings.net', path: '/cgi-bin/session' })).toBe(true);
  for (const path of ['/cgi-bin/once', '/cgi-bin/measure', '/cgi-bin/maint', '/', ''])
    expect(guards({ host: 'scalews.withings.net', path })).toBe(false);
});

describe('commas and white space', () => {
  test.each([
    ['{"blc":1}', '{}'],
    ['{"a":1,"blc":"x"}', '{"a":1}'],
    ['{"blc":"x","a":1}', '{"a":1}'],
    ['{"a":1,"blc":"x","b":2}', '{"a":1,"b":2}'],
    ['{"blc":1,"ws":2}', '{}'],
    ['{"a":1,"blc":1,"ws":2}', '{"a":1}'],
    ['{"a":1,"blc":1 , "ws":2 ,"kl":3 }', '{"a":1  }'],
    ['{"blc":1,"a":1,"ws":2}', '{"a":1}'],
    ['{ "a" : 1 ,\n "blc" : "x" }', '{ "a" : 1 \n  }'],
    ['{ "blc" : "x" , "a" : 1 }', '{  "a" : 1 }'],
    ['[1,{"blc":1}]', '[1,{}]'],
    ['{"a":{"kl":{"ws":[1,"}"]}},"sha1":null}', '{"a":{}}'],
    ['{"blc":1,"blc":2,"a":3,"blc":4}', '{"a":3}'],
    ['{"bl\\u0063":1,"a":"\\u0062lc"}', '{"a":"\\u0062lc"}'],
    ['{"blc\\u0000x":1}', '{}'],
    ['{"a":"\\"blc\\":1","w\\u0073":2}', '{"a":"\\"blc\\":1"}'],
    ['{"a":"é","kl":"é","b":"é"}', '{"a":"é","b":"é"}'],
  ])('%s becomes %s', (before, after) => {
    expect(left(before)).toBe(Buffer.from(after).toString('latin1'));
  });

  test.each([
    '{"BLC":1}',
    '{"blcx":1,"xkl":2," ws":3}',
    '{"a":"blc","b":["ws","kl"]}',
    '{"a":"\\"blc\\":1"}',
    '{"sn":"Ren\\u00e9"}',
    '["sha1"]',
    '"kl"',
    '<html>captive portal</html>',
    '',
  ])('%s passes', (content) => {
    expect(guarded(content)).toBeNull();
  });
});

describe('what is said of it', () => {
  const removed = (content: string) => {
    const found = guarded(content);
    return found?.kind === 'changed' ? found.removed : undefined;
  };

  test('the values, but no secret', () => {
    const secret = 'fedcba9876543210';
    const content = `{"syp":{"blc":"http://é/x","sha1":"ab12","ws":"h:80/cgi-bin","kl":"${secret}"}}`;
    expect(removed(content)).toEqual([
      'firmware http://é/x',
      'hash of the firmware ab12',
      'server to move to h:80/cgi-bin',
      'new secret',
    ]);
    expect(removed(`{"ws":{"kl":"${secret}"}}`)).toEqual(['server to move to an object']);
  });

  test('short, and nothing that a terminal obeys', () => {
    expect(removed('{"blc":"\\u001b[2J\\n","ws":7}')).toEqual([
      'firmware \\x1b[2J\\x0a',
      'server to move to 7',
    ]);
    expect(removed(`{"blc":"${'x'.repeat(300)}"}`)).toEqual([`firmware ${'x'.repeat(100)}…`]);
  });
});

describe('what cannot be taken apart is withheld', () => {
  const whole = framed(firmware, 'length');
  const coded = (line: string, body = '\x1f\x8b') =>
    guard(message(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`, body));
  const withheld = (why: string) => ({ kind: 'withheld', why });

  test('cut', () => {
    const why = withheld('the reply is cut, and an order may be in the rest');
    expect(guard({ ...whole, complete: false })).toEqual(why);
    expect(guard({ ...whole, bodyBytes: whole.bodyBytes + 1 })).toEqual(why);
    expect(guard({ ...framed('{}', 'length'), complete: false })).toEqual(why);
  });

  test.each([
    ['Content-Encoding: gzip', 'gzip'],
    ['content-encoding:identity, BR', 'br'],
    ['Content-Encoding: a\r\nContent-Encoding: b', 'a, b'],
    ['Transfer-Encoding: gzip, chunked', 'gzip, chunked'],
    ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', 'chunked, chunked'],
    ['Transfer-Encoding: gzip', 'gzip'],
  ])('%s', (line, codings) => {
    expect(coded(line)).toEqual(withheld(`the reply is coded as "${codings}", and an order may be in it`));
  });

  test('but not where there is nothing, or the coding is none', () => {
    expect(coded('Content-Encoding: gzip', '')).toBeNull();
    expect(coded('Content-Encoding: identity', '{"a":1}')).toBeNull();
    expect(coded('Content-Encoding: identity', '{"ws":1}')).toMatchObject({ kind: 'changed' });
  });

  test.each([
    '{"syp":{"blc":"http://x"}',
    '{"syp":{"blc":"http://x"}}\0',
    '\ufeff{"blc":"http://x"}',
    "{'ws':1}",
    '{kl:1}',
    '{"bl\\u0063":1}}',
    '<p>browser</p>',
  ])('%s', (content) => {
    expect(guarded(content)).toEqual(withheld('the reply is not JSON, and may hold an order'));
  });

  test('also where the chunks make no sense', () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(guard(message(head, '{"blc":"http://x"}'))).toMatchObject({ kind: 'withheld' });
  });
});

const name = fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'binary', maxLength: 5 }), fc.string());
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(0, 1.5, null, true, 'blc', '"ws":', '\\', '\u0000', 'é😀'),
    fc.string({ unit: 'binary' }),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(name, tie('tree'), { maxKeys: 6, noNullPrototype: true }),
  ),
}));

/** The same without what a scale would obey. */
function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !names.includes(key.split('\0')[0] ?? ''))
      .map(([key, inner]) => [key, clean(inner)]),
  );
}

/** JSON in another spelling: white space and escapes where they may be. */
function spell(json: string, space: string, escaped: boolean): string {
  const spaced = space === '' ? json : JSON.stringify(JSON.parse(json), null, space);
  if (!escaped) return spaced;
  return spaced.replace(
    /(?<!\\)[bkshlw](?=[^"\\]*")/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const framing = fc.constantFrom('length', 'chunked', 'close') satisfies fc.Arbitrary<string>;

test('only the orders go, whatever the reply', () => {
  let changed = 0;
  fc.assert(
    fc.property(
      tree,
      fc.constantFrom('', ' ', '\t', '\n'),
      fc.boolean(),
      framing,
      fc.integer({ min: 1, max: 40 }),
      (value, space, escaped, how, size) => {
        const json = JSON.stringify(value);
        const spelt = spell(json, space, escaped);
        const before = isJson(spelt) ? spelt : json;
        const response = framed(before, how, size);
        const found = guard(response);
        const wanted = clean(JSON.parse(json));
        if (found === null) {
          expect(JSON.parse(json)).toEqual(wanted);
          return;
        }
        if (found.kind !== 'changed') return expect.unreachable(found.why);
        changed++;
        const content = contentOf(readBack(found.response, 'response')).toString('utf8');
        expect(JSON.parse(content)).toEqual(wanted);
        expect(guard(found.response)).toBeNull();
        const head = (raw: RawMessage) => text(raw.head).replace(/(Content-Length:) \d+/, '$1');
        expect(head(found.response)).toBe(head(response));
      },
    ),
    { numRuns: 1000 },
  );
  expect(changed).toBeGreaterThan(50);
});

function isJson(content: string): boolean {
  try {
    JSON.parse(content);
    return true;
  } catch {
    return false;
  }
}

test('of any bytes nothing with a mark gets through as it is, unless it is JSON without an order', () => {
  const raw = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  const part = fc.constantFrom(
    '{',
    '}',
    '"',
    ':',
    ',',
    'blc',
    'ws',
    '\\u0062lc',
    '1',
    '\r\n',
    '0\r\n\r\n',
    '[',
    ']',
  );
  const content = fc.oneof(
    raw,
    fc.array(part, { maxLength: 15 }).map((parts) => parts.join('')),
  );
  const head = fc.oneof(
    fc.constantFrom('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'),
    raw,
  );
  fc.assert(
    fc.property(head, content, fc.boolean(), (start, body, complete) => {
      const found = guard({ ...message(start, body), complete });
      if (!complete) expect(found?.kind).toBe('withheld');
      if (found?.kind === 'changed') expect(guard(found.response)).toBeNull();
      if (found === null && /blc|ws/.test(body))
        expect(isJson(text(contentOf(message(start, body))))).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('many orders take no longer than many bytes', () => {
  const objects = Array.from({ length: 50_000 }, () => '{"a":1,"kl":2}').join(',');
  expect(left(`[${objects}]`)).toBe(`[${objects.replaceAll(',"kl":2', '')}]`);
  expect(left(`{"blc":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toBe('{}');
});
