import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDump, toDump } from '../../src/transfer/http-dump.js';
import type { Found } from '../../src/transfer/reasons.js';
import { bytes, capture, cut, exchange, message } from './exchanges.js';

const modifiedMs = Date.UTC(2026, 0, 31);
const post = (body: string) => `POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const answer = (body: string, headers = '') =>
  `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;

async function read(data: Buffer | string, places: readonly number[] = []): Promise<Found[]> {
  const whole = typeof data === 'string' ? bytes(data) : data;
  const found: Found[] = [];
  for await (const item of readDump({ name: 'x.http', modifiedMs, chunks: cut(whole, places) }))
    found.push(item);
  return found;
}

/** The parts of each exchange as text, or the problem. */
function told(found: readonly Found[]): unknown[] {
  return found.map((item) => {
    if ('problem' in item) return `${item.problem.reason} at ${item.problem.at}`;
    const { request, interim, response } = item.exchange;
    const text = (part: Uint8Array | undefined) => Buffer.from(part ?? []).toString('latin1');
    const start = text(request.head).split('\r\n')[0];
    return [start, text(request.body), text(interim), response && text(response.body)];
  });
}

describe.each([
  ['ws30-update.http', ['once', 'session', 'maint', 'session']],
  ['ws30-update2.http', ['once', 'session', 'maint', 'session']],
  ['ws30-association.http', ['once', 'session', 'maint', 'association', 'session']],
])('%s', (name, paths) => {
  const file = capture(name);

  test('falls into its exchanges, byte for byte', async () => {
    const found = await read(file);
    const exchanges = found.flatMap((item) => ('exchange' in item ? [item.exchange] : []));
    expect(told(found).map((item) => String(item).split(' ')[1])).toEqual(
      paths.map((path) => `/cgi-bin/${path}`),
    );
    expect(Buffer.concat(exchanges.map((item) => toDump(item) ?? bytes('none')))).toEqual(file);
    const maint = exchanges[2];
    expect(Buffer.from(maint?.interim ?? []).toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect(maint?.request.body).toHaveLength(3349);
  });

  test('does so whatever way it is cut', async () => {
    const whole = told(await read(file));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(file.length), { maxLength: 30 }), async (places) => {
        expect(told(await read(file, places))).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  test('cut short, gives what came before and where it breaks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), async (length) => {
        const whole = told(await read(file));
        const found = told(await read(file.subarray(0, length)));
        const problems = found.filter((item) => typeof item === 'string');
        const rest = found.filter((item) => typeof item !== 'string');
        // The last may stand behind its request: that is an exchange without an answer.
        const answered = rest.filter((item) => Array.isArray(item) && item[3] !== null);
        expect(answered).toEqual(whole.slice(0, answered.length));
        expect(rest.length - answered.length + problems.length).toBeLessThanOrEqual(1);
        for (const problem of problems) expect(problem).toMatch(/^ends-early at \d+$/);
      }),
      { numRuns: 60 },
    );
  });
});

describe('times', () => {
  test('are those of Date, and as many microseconds more as exchanges came before', async () => {
    const date = 'Date: Wed, 20 Mar 2013 03:26:37 GMT\r\n';
    const found = await read(`${post('1')}${answer('', date)}`.repeat(2) + post('2') + answer(''));
    const times = found.map((item) => 'exchange' in item && item.exchange.startedAtUs);
    const start = Date.UTC(2013, 2, 20, 3, 26, 37) * 1000;
    expect(times).toEqual([start, start + 1, start + 2]);
  });

  test.each(['Thu, 01 Jan 1960 00:00:00 GMT', 'Fri, 31 Dec 9999 00:00:00 GMT', ''])(
    'are not those of a Date that is out of range: %j',
    async (date) => {
      const found = await read(post('1') + answer('', `Date: ${date}\r\n`));
      expect(found).toMatchObject([{ exchange: { startedAtUs: modifiedMs * 1000 } }]);
    },
  );

  test('are those of the file when there is no Date, or none that is one', async () => {
    const found = await read(post('1') + answer('', 'Date: yesterday\r\n') + post('1') + answer(''));
    const times = found.map((item) => 'exchange' in item && item.exchange.startedAtUs);
    expect(times).toEqual([modifiedMs * 1000, modifiedMs * 1000 + 1]);
  });
});

describe('order', () => {
  test.each<[string, string, unknown[]]>([
    [
      'an answer without a body',
      `${post('a')}HTTP/1.1 204 No Content\r\n\r\n`,
      [['POST /a HTTP/1.1', 'a', '', '']],
    ],
    [
      'HEAD, whose answer has no body whatever its head says',
      `HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${post('b')}${answer('c')}`,
      [
        ['HEAD /a HTTP/1.1', '', '', ''],
        ['POST /a HTTP/1.1', 'b', '', 'c'],
      ],
    ],
    [
      'interim heads before and behind the body',
      'POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nabHTTP/1.1 102 Processing\r\n\r\n' +
        answer('c'),
      [['POST /a HTTP/1.1', 'ab', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n', 'c']],
    ],
    [
      'a body that runs to the end of the file',
      `${post('a')}HTTP/1.0 200 OK\r\n\r\nall ${post('b')}`,
      [['POST /a HTTP/1.1', 'a', '', `all ${post('b')}`]],
    ],
    [
      'a request at the end',
      `${post('a')}${answer('b')}${post('c')}`,
      [
        ['POST /a HTTP/1.1', 'a', '', 'b'],
        ['POST /a HTTP/1.1', 'c', '', null],
      ],
    ],
    ['empty lines at the end', `${post('a')}${answer('b')}\r\n\r\n`, [['POST /a HTTP/1.1', 'a', '', 'b']]],
    ['nothing', '', []],
  ])('%s', async (_, dump, expected) => {
    expect(told(await read(dump))).toEqual(expected);
  });
});

describe('a broken dump has a name and an offset', () => {
  const good = `${post('a')}${answer('b')}`;

  test.each([
    ['pipelined requests', `${post('a')}${post('b')}${answer('c')}`, `answer-missing at ${post('a').length}`],
    ['an answer first', answer('b'), 'request-missing at 0'],
    ['an answer too many', `${good}${answer('b')}`, `request-missing at ${good.length}`],
    ['another kind of file', 'SQLite format 3\0'.repeat(100), 'request-missing at 0'],
    ['half a head', `${good}POST /a HTT`, `ends-early at ${good.length}`],
    ['half a body', `${good}${post('abc').slice(0, -1)}`, `ends-early at ${good.length}`],
    ['half an answer', `${post('a')}${answer('bcd').slice(0, -1)}`, `ends-early at ${post('a').length}`],
    [
      'two lengths',
      `${good}POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
      `conflicting-content-length at ${good.length}`,
    ],
    [
      'chunks that are none',
      `${post('a')}HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n`,
      `bad-chunk-size at ${post('a').length}`,
    ],
    ['a head without end', `POST /a HTTP/1.1\r\nX: ${'x'.repeat(1_100_000)}`, 'head-too-large at 0'],
  ])('%s', async (_, dump, problem) => {
    const found = told(await read(dump));
    expect(found.at(-1)).toBe(problem);
    expect(found.slice(0, -1)).toEqual(dump.startsWith(good) ? [['POST /a HTTP/1.1', 'a', '', 'b']] : []);
  });

  test('and so have any bytes, in any cuts', async () => {
    const piece = fc.oneof(
      fc.constantFrom(post('a'), answer('b'), 'HTTP/1.1 100 Continue\r\n\r\n', '\r\n', 'POST /', '0\r\n\r\n'),
      fc.string({ unit: 'binary-ascii' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece), fc.array(fc.nat()), async (pieces, places) => {
        const found = await read(pieces.join(''), places);
        const problems = found.filter((item) => 'problem' in item);
        expect(problems.length).toBeLessThanOrEqual(1);
        expect(told(found)).toEqual(told(await read(pieces.join(''))));
      }),
    );
  });
});

describe('what cannot be told apart from what follows is not written', () => {
  const request = message('POST /a HTTP/1.1\r\nContent-Length: 1\r\n\r\n', 'a');

  test.each([
    ['no answer', exchange({ request, response: null })],
    [
      'an answer that runs to the close',
      exchange({ request, response: message('HTTP/1.1 200 OK\r\n\r\n', 'all') }),
    ],
    ['half a request', exchange({ request: { ...request, body: bytes('') } })],
    ['no head', exchange({ request: message('', 'bytes'), reason: 'not-http' })],
    [
      'a body that was cut',
      exchange({ request: message('POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\n', 'abc') }),
    ],
  ])('%s', (_, given) => {
    expect(toDump(given)).toBeNull();
  });

  test('but a whole exchange is', () => {
    expect(toDump(exchange({ request }))?.toString()).toBe(
      'POST /a HTTP/1.1\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    );
  });
});
