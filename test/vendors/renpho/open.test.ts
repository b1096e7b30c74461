import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RawMessage } from '../../../src/model/exchange.js';
import { wrap } from '../../../src/vendors/renpho/envelope.js';
import { open, openMessage } from '../../../src/vendors/renpho/open.js';
import { bytes, call, plain, text } from './calls.js';

const seal = (inside: string) => wrap(Buffer.from(inside));

/** A whole answer with these head lines; a body that does not depend on what calls.ts adds. */
function answer(lines: string, body: string | Uint8Array): RawMessage {
  const raw = Buffer.from(body);
  return { head: bytes(`HTTP/1.1 200 OK\r\n${lines}\r\n`), body: raw, bodyBytes: raw.length, complete: true };
}

const chunked = (content: Uint8Array) =>
  Buffer.concat([
    bytes(`${content.length.toString(16)};x=y\r\n`),
    content,
    bytes('\r\n0\r\nTrailer: x\r\n\r\n'),
  ]);

/** Head and body in one text. */
const shown = ({ head, body }: RawMessage) => text(head) + Buffer.from(body).toString('utf8');

describe('open', () => {
  test.each([
    ['{"a":1}', '{"a":1}'],
    ['[{"id":9223372036854775806,"weight":73.250}]', '[{"id":9223372036854775806,"weight":73.250}]'],
    ['', '""'],
    ['"text"', '"text"'],
    ['null', 'null'],
    [' {"name":"Zoë"}\n', ' {"name":"Zoë"}\n'],
  ])('an envelope with %j', (inside, opened) => {
    const message = answer('', `{"encryptData":"${seal(inside)}"}`);
    expect(shown(openMessage(message).message)).toBe(`HTTP/1.1 200 OK\r\n\r\n{"encryptData":${opened}}`);
  });

  test('what stands around the envelope stays as it stood', () => {
    const message = answer(
      'Content-Length: 1\r\n',
      `{ "code" : 101,\n"msg":"d\\u0061ta", "data" :\t"${seal('[]')}" ,"x":[1.0] }`,
    );
    const body = '{ "code" : 101,\n"msg":"d\\u0061ta", "data" :\t[] ,"x":[1.0] }';
    expect(shown(openMessage(message).message)).toBe(
      `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  });

  test('escapes in the name and in the base64 do not hide it', () => {
    const sealed = seal('[1234567]').replaceAll('/', '\\/');
    expect(openMessage(answer('', `{"d\\u0061ta":"${sealed}"}`)).json).toEqual({ data: [1234567] });
  });

  test('of two with one name both are opened, and the last one counts', () => {
    const opened = openMessage(answer('', `{"data":"${seal('[1]')}","data":"${seal('[2]')}"}`));
    expect([text(opened.message.body), opened.json]).toEqual(['{"data":[1],"data":[2]}', { data: [2] }]);
  });

  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('%s, in chunks and not', (name, compress) => {
    const body = compress(Buffer.from(`{"data":"${seal('{}')}"}`));
    const coded = answer(`Content-Encoding: ${name}\r\nContent-Length: ${body.length}\r\nX: y\r\n`, body);
    expect(shown(openMessage(coded).message)).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX: y\r\n\r\n{"data":{}}',
    );
    const inChunks = answer(
      `X: y\r\nTransfer-Encoding: chunked\r\ncontent-encoding: ${name}\r\n`,
      chunked(body),
    );
    expect(shown(openMessage(inChunks).message)).toBe(
      'HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 11\r\n\r\n{"data":{}}',
    );
  });

  test('codings on the way and of the content, several in a row', () => {
    const body = gzipSync(deflateSync(brotliCompressSync(Buffer.from('plain'))));
    const lines = 'Content-Encoding: br\r\nContent-Encoding: deflate\r\nTransfer-Encoding: gzip, chunked\r\n';
    expect(shown(openMessage(answer(lines, chunked(body))).message)).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain',
    );
  });

  test('chunks without end are put together; an empty body of them is empty', () => {
    const lines = 'Transfer-Encoding: chunked\r\n';
    const many = openMessage(answer(lines, '1\r\n{\r\n1\r\n}\r\n0\r\n\r\n'));
    expect([shown(many.message), many.json]).toEqual(['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', {}]);
    expect(shown(openMessage(answer(lines, '0\r\n\r\n')).message)).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    );
  });

  test.each<[string, RawMessage, string[]]>([
    ['plain', answer('Content-Length: 5\r\n', 'plain'), []],
    ['no body', answer('Content-Encoding: gzip\r\n', ''), []],
    ['other JSON', answer('', '{"code":101,"data":null}'), []],
    ['not UTF-8', answer('', Buffer.from([0xff, 0xd8])), []],
    ['no gzip', answer('Content-Encoding: gzip\r\n', 'plain'), ['bad-coding']],
    ['a coding of tomorrow', answer('Content-Encoding: zstd\r\n', 'plain'), ['unknown-coding']],
    ['no chunks', answer('Transfer-Encoding: chunked\r\n', 'plain'), ['bad-chunks']],
    ['chunks that break off', answer('Transfer-Encoding: chunked\r\n', '5\r\nplain\r\n'), ['bad-chunks']],
    ['chunked, and then something', answer('Transfer-Encoding: chunked, gzip\r\n', 'x'), ['unknown-coding']],
    ['no base64', answer('', '{"encryptData":"{}"}'), ['envelope-not-base64']],
    ['no blocks', answer('', '{"encryptData":"AAAA"}'), ['envelope-not-blocks']],
    ['wrong padding', answer('', `{"data":"${'A'.repeat(22)}=="}`), ['envelope-bad-padding']],
    ['no JSON inside', answer('', `{"data":"${seal('{')}"}`), ['envelope-not-json']],
    ['what would end the object', answer('', `{"data":"${seal('1},"x":{"y":1')}"}`), ['envelope-not-json']],
    [
      'no UTF-8 inside',
      answer('', `{"data":"${wrap(Buffer.from([0x22, 0xff, 0x22]))}"}`),
      ['envelope-not-json'],
    ],
    [
      '10,000 levels',
      answer('', `{"data":"${seal('['.repeat(10_000) + ']'.repeat(10_000))}"}`),
      ['envelope-not-json'],
    ],
    ['an envelope in it', answer('', `{"data":"${seal(`"${seal('{}')}"`)}"}`), ['envelope-not-json']],
    ['a cut copy', { ...answer('', `{"data":"${seal('{}')}"}`), bodyBytes: 5000 }, ['body-cut']],
    ['half an answer', { ...answer('', `{"data":"${seal('{}')}"}`), complete: false }, ['body-cut']],
  ])('%s stays as it is', (_, message, refusals) => {
    const opened = openMessage(message);
    expect(opened.message).toBe(message);
    expect(opened.refusals).toEqual(refusals);
  });

  test('an exchange, or that very exchange when there is nothing to open', () => {
    const opened = open(call({ path: 'x', sent: { a: 1 }, got: [2] }));
    expect(text(opened.request.body)).toBe('{"encryptData":{"a":1}}');
    expect(text(opened.response?.body)).toBe('{"code":101,"msg":"success","data":[2]}');
    expect(text(opened.request.head)).toContain('\r\nContent-Length: 23\r\n\r\n');
    expect(open(opened)).toBe(opened);
    const unanswered = { ...call({ path: 'x' }), response: null };
    expect(open(unanswered).response).toBeNull();
  });

  const content = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((raw) => Buffer.from(raw)),
    fc.json({ maxDepth: 3 }).map((json) => Buffer.from(json)),
    fc.json({ maxDepth: 3 }).map((json) => Buffer.from(`{"code":101,"data":"${seal(json)}"}`)),
    fc.json({ maxDepth: 3 }).map((json) => Buffer.from(`{"encryptData":"${seal(json)}","x":${json}}`)),
  );
  const wrapping = fc.constantFrom<[string, (raw: Buffer) => Buffer]>(
    ['', (raw) => raw],
    ['Content-Length: 1\r\n', (raw) => raw],
    ['Content-Encoding: gzip\r\n', (raw) => gzipSync(raw)],
    ['Content-Encoding: gzip\r\n', (raw) => raw],
    ['Transfer-Encoding: chunked\r\n', chunked],
    ['Transfer-Encoding: chunked\r\n', (raw) => raw],
    [
      'Content-Encoding: \r\nTransfer-Encoding: chunked\r\nContent-Encoding: br\r\n',
      (raw) => chunked(brotliCompressSync(raw)),
    ],
  );

  test('what is opened is opened: again it is the same to the byte, and the same JSON', () => {
    fc.assert(
      fc.property(content, wrapping, (raw, [lines, put]) => {
        const once = openMessage(answer(lines, put(raw)));
        const twice = openMessage(once.message);
        expect(shown(twice.message)).toBe(shown(once.message));
        if (once.json !== undefined && once.refusals.length === 0) expect(twice.json).toEqual(once.json);
      }),
      { numRuns: 500 },
    );
  });

  test('any head and body: an exchange, and what stays is what it was', () => {
    const message = fc.record({
      head: fc.uint8Array({ maxLength: 80 }),
      body: fc.uint8Array({ maxLength: 80 }),
      bodyBytes: fc.nat(100),
      complete: fc.boolean(),
    });
    fc.assert(
      fc.property(message, (raw) => {
        const exchange = { ...plain, request: raw, response: raw };
        expect(open(open(exchange))).toEqual(open(exchange));
      }),
    );
  });
});
