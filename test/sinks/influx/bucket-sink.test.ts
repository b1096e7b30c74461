import type { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { BucketSink } from '../../../src/sinks/influx/bucket-sink.js';
import { parseInfluxUrl } from '../../../src/sinks/influx/url.js';
import { type WriteApi, writeApi2, writeApi3 } from '../../../src/sinks/influx/write-api.js';
import type { Outcome } from '../../../src/sinks/sink.js';
import { freePort } from '../../servers/ports.js';
import { keptWeights } from '../readings.js';
import { listen, refused, response, retry } from './answers.js';
import { contextOf } from './sinks.js';

// The answers of InfluxDB 2 and 3, as docs.influxdata.com and the servers' sources have them, from raw sockets: no
// real server of these versions can be had. What a real 1.x makes of the points is in sink.test.ts.

const token = 'hush-hush-4711==';

const warnings: string[] = [];
afterEach(() => {
  warnings.length = 0;
});

function sinkOn(port: number, version: '2' | '3' = '2', timeoutMs = 5_000, host = '127.0.0.1'): BucketSink {
  const target = parseInfluxUrl(`http://${host}:${port}/my%20scales`, version);
  if ('reason' in target) throw new Error(target.message);
  const api: WriteApi = version === '2' ? writeApi2(target, token, 'our house') : writeApi3(target, token);
  const sink = new BucketSink({ name: 'influx', target, token }, api, contextOf(warnings), timeoutMs);
  onTestFinished(() => sink.close());
  return sink;
}

async function outcomeOf(bytes: string | Buffer, version: '2' | '3' = '2'): Promise<Outcome> {
  return sinkOn(await listen((socket) => socket.write(bytes)), version).deliver(keptWeights(3));
}

describe('requests', () => {
  async function requestOf(version: '2' | '3', count: number): Promise<{ head: string; body: Buffer }> {
    const chunks: Buffer[] = [];
    const port = await listen((socket, bytes) => {
      chunks.push(bytes);
      const all = Buffer.concat(chunks);
      const length = Number(/content-length: (\d+)/i.exec(all.toString('latin1'))?.[1]);
      const end = all.indexOf('\r\n\r\n');
      if (end > 0 && all.length - end - 4 === length) socket.write(response('204 No Content'));
    });
    expect(await sinkOn(port, version).deliver(keptWeights(count))).toEqual({ kind: 'delivered' });
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    return { head: all.subarray(0, end).toString('latin1'), body: all.subarray(end + 4) };
  }

  const line = 'scaletap,device=00:24:e4:06:59:dc,vendor=withings,person=1744475 weight_kg=1 1363749900000';

  test('of 2', async () => {
    const { head, body } = await requestOf('2', 1);
    expect(head).toMatch(/^POST \/api\/v2\/write\?org=our\+house&bucket=my\+scales&precision=ms HTTP/);
    expect(head).toMatch(/^authorization: Token hush-hush-4711==$/m);
    expect(head).not.toMatch(/content-encoding/i);
    expect(body.toString()).toBe(line);
  });

  test('of 3', async () => {
    const { head, body } = await requestOf('3', 1);
    expect(head).toMatch(/^POST \/api\/v3\/write_lp\?db=my\+scales&precision=millisecond HTTP/);
    expect(head).toMatch(/^authorization: Bearer hush-hush-4711==$/m);
    // Written empty too, over what may have been taken back there.
    expect(body.toString()).toBe(line.replace('weight', 'quality="",weight'));
  });

  test('are compressed when they are large', async () => {
    const { head, body } = await requestOf('2', 500);
    expect(head).toMatch(/^content-encoding: gzip$/m);
    expect(body.length).toBeLessThan(8_000);
    const lines = gunzipSync(body).toString().split('\n');
    expect(lines).toHaveLength(500);
    expect(lines[0]).toBe(line);
  });
});

const json = (status: string, body: object) => response(status, [], JSON.stringify(body));

describe('answers of both', () => {
  test.each<[string, string, object]>([
    ['204', response('204 No Content'), { kind: 'delivered' }],
    [
      '401',
      json('401 Unauthorized', { code: 'unauthorized', message: 'unauthorized access' }),
      retry('unauthorized', /^401 unauthorized access$/),
    ],
    [
      '403',
      json('403 Forbidden', { code: 'forbidden', message: 'insufficient permissions' }),
      retry('unauthorized', /^403 insufficient/),
    ],
    [
      '404 of another server',
      response('404 Not Found', [], '<html>\n<h1>nginx'),
      retry('missing-target', /^404 <html> <h1>nginx: is that InfluxDB's address, and its version\?$/),
    ],
    ['405', response('405 Method Not Allowed'), retry('missing-target', /^405 : is that InfluxDB's address/)],
    [
      'the page of a captive portal',
      response('200 OK', [], '<html>Welcome'),
      retry('missing-target', /^200 <html>Welcome: is that/),
    ],
    [
      'a redirect',
      response('307 Temporary Redirect', ['Location: https://nas/login']),
      retry('missing-target', /redirects to https:\/\/nas\/login: put that/),
    ],
    [
      '413',
      json('413 Request Entity Too Large', { code: 'request too large', message: 'too large' }),
      refused(/^413 too large$/),
    ],
    ['413 of a proxy', response('413 Payload Too Large', [], '<html>'), refused(/^413 <html>$/)],
    [
      '429',
      response('429 Too Many Requests', ['Retry-After: 17']),
      { ...retry('server-error', /^429/), afterMs: 17_000 },
    ],
    [
      '429 with a date',
      response('429 Too Many Requests', ['Retry-After: Fri, 20 Nov 2026 07:00:00 GMT']),
      retry('server-error', /^429/),
    ],
    [
      '503 that says when',
      response('503 Service Unavailable', ['Retry-After: 30'], 'busy'),
      { ...retry('server-error', /503 busy/), afterMs: 30_000 },
    ],
    [
      '500',
      json('500 Internal Server Error', { code: 'internal error', message: 'no space left on device' }),
      retry('server-error', /500 no space left/),
    ],
    [
      '400 of another server',
      response('400 Bad Request', [], 'Client sent an HTTP request to an HTTPS server.'),
      retry('server-error', /HTTPS server/),
    ],
    ['418', response("418 I'm a teapot"), retry('server-error', /unexpected answer 418/)],
    [
      'an endless message',
      response('403 Forbidden', [], 'x'.repeat(100_000)),
      retry('unauthorized', /^403 x{300}…$/),
    ],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', retry('unreachable', /./)],
  ])('%s', async (_, bytes, expected) => {
    expect(await outcomeOf(bytes, '2')).toEqual(expected);
    expect(await outcomeOf(bytes, '3')).toEqual(expected);
  });
});

describe('answers of 2', () => {
  test.each<[string, string, object]>([
    [
      'a bucket that is missing',
      json('404 Not Found', { code: 'not found', message: 'bucket "b" not found' }),
      retry('missing-target', /^404 bucket "b" not found: /),
    ],
    [
      'a line that cannot be read',
      json('400 Bad Request', { code: 'invalid', message: 'unable to parse x' }),
      refused(/^400 unable to parse x$/),
    ],
    [
      'points that conflict or are too old',
      json('422 Unprocessable Entity', {
        code: 'unprocessable entity',
        message: 'partial write: points beyond retention policy dropped=1',
      }),
      refused(/^422 partial write/),
    ],
    [
      'the same in the first releases',
      json('500 Internal Server Error', {
        code: 'internal error',
        message: 'unexpected error writing points to database: partial write: field type conflict',
      }),
      refused(/^500 .*field type conflict/),
    ],
    [
      'a 422 of another server',
      response('422 Unprocessable Entity', [], 'no'),
      retry('server-error', /422 no/),
    ],
  ])('%s', async (_, bytes, expected) => {
    expect(await outcomeOf(bytes, '2')).toEqual(expected);
  });
});

describe('answers of 3', () => {
  const data = [{ original_line: 'scaletap …', line_number: 2, error_message: 'invalid column type' }];
  test.each<[string, string, object]>([
    [
      'lines that it does not take',
      json('400 Bad Request', { error: 'partial write of line protocol occurred', data }),
      refused(/^400 partial write of line protocol occurred: invalid column type$/),
    ],
    [
      'the first such line',
      json('400 Bad Request', { error: 'parsing failed', data: data[0] }),
      refused(/^400 parsing failed: invalid column type$/),
    ],
    [
      'a request that is wrong as a whole',
      json('400 Bad Request', { error: 'invalid database name', data: null }),
      retry('server-error', /400 invalid database name/),
    ],
  ])('%s', async (_, bytes, expected) => {
    expect(await outcomeOf(bytes, '3')).toEqual(expected);
  });
});

describe('answers of 2 to a deletion', () => {
  const request = { of: 'weigh-in', vendor: 'withings', device: 'a"b', timeMs: -1, owner: 'Ann' } as const;
  const noPoints = json('400 Bad Request', { code: 'invalid', message: 'writing requires points' });
  const nowhere = response('404 Not Found', [], '404 page not found');

  /** What becomes of a deletion that is answered so, and a write of no points thus. */
  async function deleting(answer: string, toWrite = noPoints) {
    const asked: string[] = [];
    const port = await listen((socket, bytes) => {
      asked.push(bytes.toString());
      socket.write(bytes.toString().startsWith('POST /api/v2/write') ? toWrite : answer);
    });
    const outcome = await sinkOn(port).retract([request, { of: 'person', owner: 'Ann' }]);
    return { outcome, asked, said: warnings.length };
  }

  test('204: one request each, with the tags in double quotes and a time', async () => {
    const { outcome, asked, said } = await deleting(response('204 No Content'));
    expect([outcome, said]).toEqual([{ kind: 'delivered' }, 0]);
    expect(asked[0]).toMatch(/^POST \/api\/v2\/delete\?org=our\+house&bucket=my\+scales HTTP/);
    expect(asked.map((text) => JSON.parse(text.split('\r\n\r\n')[1] ?? ''))).toEqual([
      {
        start: '1969-12-31T23:59:59.999Z',
        stop: '1969-12-31T23:59:59.999000001Z',
        predicate: '_measurement="scaletap" AND "vendor"="withings" AND "device"="a\\"b"',
      },
      {
        start: '1677-09-21T00:12:43.146Z',
        stop: '2262-04-11T23:47:16.854000001Z',
        predicate: '_measurement="scaletap" AND "person"="Ann"',
      },
    ]);
  });

  test.each<[string, string, object, number]>([
    [
      'no such bucket',
      json('404 Not Found', { code: 'not found', message: 'bucket "b" not found' }),
      { kind: 'delivered' },
      0,
    ],
    [
      'no such path',
      json('404 Not Found', { code: 'not found', message: 'path not found' }),
      { kind: 'delivered' },
      1,
    ],
    ['a page that is not there', nowhere, { kind: 'delivered' }, 1],
    ['not implemented', response('501 Not Implemented'), { kind: 'delivered' }, 1],
    ['not allowed', response('405 Method Not Allowed'), { kind: 'delivered' }, 1],
    [
      'a predicate that it does not read',
      json('400 Bad Request', { code: 'invalid', message: 'bad tag value' }),
      { kind: 'delivered' },
      1,
    ],
    [
      'no right',
      json('403 Forbidden', { code: 'forbidden', message: 'insufficient permissions to delete' }),
      retry('unauthorized', /^403 insufficient/),
      0,
    ],
    [
      'trouble',
      json('500 Internal Server Error', { code: 'internal error', message: 'unable to delete: x' }),
      retry('server-error', /500 unable to delete/),
      0,
    ],
    ['a page', response('200 OK', [], 'Welcome'), { kind: 'delivered' }, 1],
  ])('%s', async (_, answer, expected, count) => {
    expect(await deleting(answer)).toMatchObject({ outcome: expected, said: count });
  });

  test('where nothing is written either, it is tried again', async () => {
    const { outcome, said } = await deleting(nowhere, nowhere);
    expect(outcome).toEqual(retry('missing-target', /^404 404 page not found: is that InfluxDB's address/));
    expect(said).toBe(0);
  });
});

test('any bytes for an answer give an outcome, which never is that all was delivered or refused', async () => {
  const body = fc.oneof(fc.string(), fc.json(), fc.constantFrom('{"code":', '[]', 'null', '{"data":[null]}'));
  for (const version of ['2', '3'] as const) {
    let bytes = '';
    const sink = sinkOn(await listen((socket) => socket.end(bytes)), version, 2_000);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(200, 302, 400, 404, 422, 500, 503), body, async (status, text) => {
        bytes = response(`${status} X`, ['Connection: close'], text);
        expect(await sink.deliver(keptWeights(1))).toMatchObject({
          kind: 'retry',
          message: expect.any(String),
        });
      }),
      { numRuns: 60 },
    );
  }
});

describe('no answer', () => {
  test.each([
    ['a silent server', () => {}],
    ['an answer cut in its head', (socket: Socket) => socket.write('HTTP/1.1 204 No Con')],
    [
      'one that stops in its body',
      (socket: Socket) => socket.write('HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n{'),
    ],
    ['a drip', (socket: Socket) => drip(socket)],
  ])('%s is a time-out', async (_, answer) => {
    const sink = sinkOn(await listen(answer), '2', 300);
    const outcome = await sink.deliver(keptWeights(1));
    expect(outcome).toEqual({ kind: 'retry', cause: 'timeout', message: 'no answer within 0.3 s' });
  });

  test.each([
    ['before the answer', (socket: Socket) => socket.end()],
    ['in its body', (socket: Socket) => socket.end('HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\n{')],
  ])('a connection that is closed %s is unreachable', async (_, answer) => {
    const sink = sinkOn(await listen(answer));
    expect(await sink.deliver(keptWeights(1))).toMatchObject({ cause: 'unreachable' });
  });

  test('a server that is down is unreachable each time, and is written to as soon as it is there', async () => {
    const port = await freePort();
    const sink = sinkOn(port);
    for (let i = 0; i < 3; i++) {
      const outcome = await sink.deliver(keptWeights(1));
      expect(outcome).toEqual(retry('unreachable', /^connect ECONNREFUSED 127\.0\.0\.1:/));
    }
    await listen((socket) => socket.write(response('204 No Content')), port);
    expect(await sink.deliver(keptWeights(1))).toEqual({ kind: 'delivered' });
  });

  test('an unknown name is unreachable', async () => {
    const outcome = await sinkOn(8086, '2', 15_000, 'no-such-host.invalid').deliver(keptWeights(1));
    expect(outcome).toEqual(retry('unreachable', /no-such-host\.invalid/));
  });

  test('close ends a delivery that is under way', async () => {
    const sink = sinkOn(await listen(() => {}));
    const outcome = sink.deliver(keptWeights(1));
    await sink.close();
    expect(await outcome).toMatchObject({ kind: 'retry', cause: 'timeout' });
  });

  /** A byte every 50 ms: never silent, never done. */
  function drip(socket: Socket): void {
    socket.write('HTTP/1.1 500 No\r\nContent-Length: 1000\r\n\r\n');
    const timer = setInterval(() => socket.write('x'), 50);
    socket.once('close', () => clearInterval(timer));
  }
});

test('a server that repeats the token does not get it into a message, nor a part of it', async () => {
  for (const bytes of [
    json('401 Unauthorized', { code: 'unauthorized', message: `unknown token ${token}` }),
    json('400 Bad Request', { error: `${'x'.repeat(290)} token ${token}` }),
    response('403 Forbidden', [], `<h1>not with token ${token}`),
    response('302 Found', [`Location: http://nas/?token=${token}`]),
  ]) {
    const said = JSON.stringify(await outcomeOf(bytes));
    expect(said).toMatch(/token.\*\*\*/);
    expect(said).not.toContain(token.slice(0, 4));
  }
});
