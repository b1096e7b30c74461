import fc from 'fast-check';

/** Generated HTTP/1.x traffic that is valid, with what a reader must find in it. */

interface GeneratedMessage {
  readonly head: Buffer;
  /** As on the wire, chunk framing included. */
  readonly body: Buffer;
}

export interface GeneratedExchange {
  readonly method: string;
  readonly request: GeneratedMessage;
  readonly interim: readonly Buffer[];
  readonly response: GeneratedMessage;
}

/** What crosses one connection. */
export interface Session {
  readonly exchanges: readonly GeneratedExchange[];
  /** How the last answer ends the connection. */
  readonly last: 'keep-alive' | 'to-close' | 'upgrade';
  /** After an upgrade: what is said in both directions. */
  readonly tunnel: Buffer;
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/);
const value = fc.stringMatching(/^[!-~]{0,12}( [!-~]{1,8})?$/);

const framingNames = ['content-length', 'transfer-encoding', 'host', 'upgrade', 'expect'];
const otherHeaders = fc
  .array(
    fc.tuple(
      word.filter((name) => !framingNames.includes(name.toLowerCase())),
      fc.constantFrom(':', ': ', ':\t', ':   '),
      value,
    ),
    { maxLength: 4 },
  )
  .map((list) => list.map((parts) => parts.join('')));

function head(startLine: string, headers: readonly string[], newline: string): Buffer {
  return latin1([startLine, ...headers, '', ''].join(newline));
}

const newlines = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n');

/** A body with the header that frames it. */
interface Framed {
  readonly headers: readonly string[];
  readonly body: Buffer;
}

const withLength: fc.Arbitrary<Framed> = fc
  .tuple(bytes(80), fc.constantFrom('Content-Length', 'content-length', 'CONTENT-LENGTH'), fc.boolean())
  .map(([body, name, twice]) => {
    const line = `${name}: ${body.length}`;
    return { headers: twice ? [line, `content-Length:${body.length} `] : [line], body };
  });

const chunk = fc
  .tuple(
    bytes(40),
    fc.constantFrom('', ';x', '; name="a b"', ' ;y=1', '  '),
    fc.boolean(),
    fc.nat({ max: 3 }),
  )
  .filter(([data]) => data.length > 0)
  .map(([data, extension, upper, zeros]) => {
    const hex = data.length.toString(16);
    const size = '0'.repeat(zeros) + (upper ? hex.toUpperCase() : hex);
    return Buffer.concat([latin1(`${size}${extension}\r\n`), data, latin1('\r\n')]);
  });

const chunked: fc.Arbitrary<Framed> = fc
  .tuple(
    fc.array(chunk, { maxLength: 4 }),
    fc.constantFrom('0', '000', '0;last'),
    fc.array(fc.tuple(word, value), { maxLength: 2 }),
    fc.constantFrom('chunked', 'Chunked', 'gzip, chunked'),
  )
  .map(([chunks, last, trailers, coding]) => ({
    headers: [`Transfer-Encoding: ${coding}`],
    body: Buffer.concat([
      ...chunks,
      latin1(`${last}\r\n${trailers.map(([name, text]) => `${name}: ${text}\r\n`).join('')}\r\n`),
    ]),
  }));

const noBody: fc.Arbitrary<Framed> = fc.constant({ headers: [], body: Buffer.alloc(0) });

/** Framing headers that say something about a body which does not follow. */
const bodyElsewhere: fc.Arbitrary<Framed> = fc
  .constantFrom<readonly string[]>([], ['Content-Length: 5'], ['Transfer-Encoding: chunked'])
  .map((headers) => ({ headers, body: Buffer.alloc(0) }));

const request = fc
  .record({
    method: fc.constantFrom('POST', 'GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'),
    target: fc.webPath().map((path) => (path.startsWith('/') ? path : `/${path}`)),
    framed: fc.oneof(withLength, chunked, noBody),
    others: otherHeaders,
    expect: fc.boolean(),
    before: fc.constantFrom('', '', '', '\r\n'),
    newline: newlines,
  })
  .map(({ method, target, framed, others, expect, before, newline }) => ({
    method,
    message: {
      head: Buffer.concat([
        latin1(before),
        head(
          `${method} ${target} HTTP/1.1`,
          [
            'Host: scalews.withings.net',
            ...others,
            ...framed.headers,
            ...(expect ? ['Expect: 100-continue'] : []),
          ],
          newline,
        ),
      ]),
      body: framed.body,
    },
  }));

const interim = fc
  .tuple(fc.constantFrom('100 Continue', '102 Processing', '103 Early Hints'), otherHeaders)
  .map(([status, headers]) => head(`HTTP/1.1 ${status}`, headers, '\r\n'));

function response(
  status: fc.Arbitrary<string>,
  framed: fc.Arbitrary<Framed>,
): fc.Arbitrary<GeneratedMessage> {
  return fc
    .record({ status, framed, others: otherHeaders, newline: newlines })
    .map(({ status, framed, others, newline }) => ({
      head: head(`HTTP/1.1 ${status}`, [...others, ...framed.headers], newline),
      body: framed.body,
    }));
}

const ordinary = fc.constantFrom('200 OK', '201', '404 Not Found', '500 ', '302 Found');

const exchange: fc.Arbitrary<GeneratedExchange> = request.chain(({ method, message }) =>
  fc
    .record({
      interim: fc.array(interim, { maxLength: 3 }),
      response:
        method === 'HEAD'
          ? response(ordinary, bodyElsewhere)
          : fc.oneof(
              { weight: 3, arbitrary: response(ordinary, fc.oneof(withLength, chunked)) },
              response(fc.constantFrom('204 No Content', '304 Not Modified'), bodyElsewhere),
            ),
    })
    .map((answer) => ({ method, request: message, ...answer })),
);

const get: GeneratedExchange['request'] = {
  head: latin1('GET /last HTTP/1.1\r\nHost: scalews.withings.net\r\nUpgrade: thing\r\n\r\n'),
  body: Buffer.alloc(0),
};

const lastToClose: fc.Arbitrary<GeneratedExchange> = fc
  .tuple(
    bytes(100),
    fc.constantFrom<readonly string[]>([], ['Transfer-Encoding: gzip'], ['Connection: close']),
  )
  .map(([body, headers]) => ({
    method: 'GET',
    request: get,
    interim: [],
    response: { head: head('HTTP/1.1 200 OK', headers, '\r\n'), body },
  }));

const upgrade: GeneratedExchange = {
  method: 'GET',
  request: get,
  interim: [],
  response: {
    head: latin1('HTTP/1.1 101 Switching Protocols\r\nUpgrade: thing\r\n\r\n'),
    body: Buffer.alloc(0),
  },
};

/** Exchanges on one connection; the last one may end it or make another protocol of it. */
export const session: fc.Arbitrary<Session> = fc
  .tuple(
    fc.array(exchange, { maxLength: 4 }),
    fc.constantFrom<Session['last']>('keep-alive', 'to-close', 'upgrade'),
    lastToClose,
    bytes(60),
  )
  .map(([exchanges, last, closing, tunnel]) => ({
    exchanges: last === 'keep-alive' ? exchanges : [...exchanges, last === 'to-close' ? closing : upgrade],
    last,
    tunnel: last === 'upgrade' ? tunnel : Buffer.alloc(0),
  }));

export function clientBytes({ exchanges, tunnel }: Session): Buffer {
  return Buffer.concat([...exchanges.flatMap(({ request: { head, body } }) => [head, body]), tunnel]);
}

export function upstreamBytes({ exchanges, tunnel }: Session): Buffer {
  return Buffer.concat([
    ...exchanges.flatMap(({ interim, response: { head, body } }) => [...interim, head, body]),
    tunnel,
  ]);
}
