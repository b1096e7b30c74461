import type { Socket } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Retraction } from '../../../src/model/retraction.js';
import { DatabaseSink } from '../../../src/sinks/influx/database-sink.js';
import { failureOf } from '../../../src/sinks/influx/failure.js';
import type { Outcome } from '../../../src/sinks/sink.js';
import { keptWeights } from '../readings.js';
import { listen, refused, response, retry } from './answers.js';
import { contextOf } from './sinks.js';

// What no real InfluxDB 1.x does on order: raw sockets that answer with given bytes, or not at all. What the real
// one can do is in sink.test.ts and database-sink.test.ts.

const warnings: string[] = [];
afterEach(() => {
  warnings.length = 0;
});

/** A sink whose server does what the test says with every request. */
async function sinkAt(
  answer: (socket: Socket, request: string) => void,
  timeoutMs = 5_000,
): Promise<DatabaseSink> {
  const port = await listen((socket, bytes) => answer(socket, bytes.toString()));
  return sinkOn(port, timeoutMs);
}

function sinkOn(port: number, timeoutMs = 5_000, host = '127.0.0.1'): DatabaseSink {
  const target = { protocol: 'http', host, port, database: 'scales', user: 'joe', password: 'hush' } as const;
  const sink = new DatabaseSink(target, contextOf(warnings), timeoutMs);
  onTestFinished(() => sink.close());
  return sink;
}

async function outcomeOf(bytes: string): Promise<Outcome> {
  const sink = await sinkAt((socket) => socket.write(bytes));
  return sink.deliver(keptWeights(3));
}

const fromInflux = 'X-Influxdb-Version: 1.6.7';

describe('answers', () => {
  test.each<[string, string, object]>([
    [
      '500',
      response('500 Internal Server Error', [], '{"error":"timeout"}'),
      retry('server-error', /Internal Server Error/),
    ],
    ['503 without a reason phrase', response('503 '), retry('server-error', /the server answers/)],
    [
      '401',
      response('401 Unauthorized', [], '{"error":"authorization failed"}'),
      retry('unauthorized', /401.*authorization failed/),
    ],
    ['403', response('403 Forbidden', [], 'no'), retry('unauthorized', /403 no/)],
    [
      'a 404 that is not about a database',
      response('404 Not Found', [], '<html>\n<h1>nginx'),
      retry('missing-target', /404 <html> <h1>nginx: is that InfluxDB's address/),
    ],
    [
      'a redirect',
      response('302 Found', ['Location: https://nas/login']),
      retry('missing-target', /redirects to https:\/\/nas\/login/),
    ],
    [
      '429',
      response('429 Too Many Requests', ['Retry-After: 17']),
      { ...retry('server-error', /429/), afterMs: 17_000 },
    ],
    [
      '429 with a date',
      response('429 Too Many Requests', ['Retry-After: Fri, 20 Nov 2026 07:00:00 GMT']),
      retry('server-error', /429/),
    ],
    ['418', response("418 I'm a teapot"), retry('server-error', /unexpected answer 418/)],
    [
      'a 400 of InfluxDB',
      response('400 Bad Request', [fromInflux], '{"error":"partial write: x"}'),
      refused(/400 .*partial write: x/),
    ],
    // What Go's server says to http where it speaks https: no verdict on any reading.
    [
      'a 400 of somebody else',
      response('400 Bad Request', [], 'Client sent an HTTP request to an HTTPS server.'),
      retry('server-error', /HTTPS server/),
    ],
    ['413 of a proxy', response('413 Payload Too Large', [], '<html>'), refused(/413/)],
    [
      'an endless message',
      response('403 Forbidden', [], 'x'.repeat(100_000)),
      retry('unauthorized', /^403 x{300}…$/),
    ],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', retry('unreachable', /Parse Error/)],
  ])('%s', async (_, bytes, expected) => {
    expect(await outcomeOf(bytes)).toEqual(expected);
  });
});

describe('the database', () => {
  const notFound = response('404 Not Found', [fromInflux, 'X-Influxdb-Error: database not found: "scales"']);
  const done = response('204 No Content');
  const created = response('200 OK', [], '{"results":[{"statement_id":0}]}');

  /** Answers in turn, and gives the request lines. */
  async function conversation(answers: string[]): Promise<{ outcome: Outcome; requests: string[] }> {
    const requests: string[] = [];
    const sink = await sinkAt((socket, request) => {
      requests.push(request.split(' HTTP/')[0] ?? '');
      socket.write(answers[requests.length - 1] ?? done);
    });
    return { outcome: await sink.deliver(keptWeights(1)), requests };
  }

  const write = 'POST /write?db=scales&precision=ms&rp=';
  const create = 'POST /query?q=create%20database%20%22scales%22';

  test('is not asked for when the write goes through', async () => {
    const { outcome, requests } = await conversation([done]);
    expect(outcome).toEqual({ kind: 'delivered' });
    expect(requests).toEqual([write]);
  });

  test('is created once when missing, and the batch written again', async () => {
    const { outcome, requests } = await conversation([notFound, created, done]);
    expect(outcome).toEqual({ kind: 'delivered' });
    expect(requests).toEqual([write, create, write]);
  });

  test('that is still missing after that is a missing target', async () => {
    const { outcome, requests } = await conversation([notFound, created, notFound, created, done]);
    expect(outcome).toMatchObject({ kind: 'retry', cause: 'missing-target' });
    expect(requests).toHaveLength(3);
  });

  test('that cannot be created for weather is tried later', async () => {
    const { outcome } = await conversation([notFound, response('503 Service Unavailable')]);
    expect(outcome).toMatchObject({ kind: 'retry', cause: 'server-error' });
  });
});

describe('no answer', () => {
  const timeout = { kind: 'retry', cause: 'timeout', message: 'no answer within 0.3 s' };

  test.each([
    ['a silent server', () => {}],
    ['an answer cut in its head', (socket: Socket) => socket.write('HTTP/1.1 204 No Con')],
    [
      'an answer that stops in its body',
      (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{'),
    ],
    [
      'an answer cut in its body',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{'),
    ],
    [
      'an error cut in its body',
      (socket: Socket) => socket.end('HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\n{'),
    ],
    ['a drip', (socket: Socket) => void drip(socket)],
  ])('%s is a time-out', async (_, answer) => {
    const sink = await sinkAt(answer, 300);
    const before = Date.now();
    expect(await sink.deliver(keptWeights(1))).toEqual(timeout);
    expect(Date.now() - before).toBeLessThan(1_500);
  });

  test('a connection closed before the answer is unreachable', async () => {
    const sink = await sinkAt((socket) => socket.end());
    expect(await sink.deliver(keptWeights(1))).toMatchObject({
      cause: 'unreachable',
      message: 'socket hang up',
    });
  });

  test('a server that is down is unreachable, each time anew', async () => {
    const sink = sinkOn(1);
    for (let i = 0; i < 3; i++) {
      const outcome = await sink.deliver(keptWeights(1));
      expect(outcome).toMatchObject({ cause: 'unreachable', message: 'connect ECONNREFUSED 127.0.0.1:1' });
    }
  });

  // As Node makes it; here localhost has one address only.
  test('a name with several addresses, all down, says so', () => {
    const errors = [new Error('connect ECONNREFUSED ::1:1'), new Error('connect ECONNREFUSED 127.0.0.1:1')];
    const error = Object.assign(new AggregateError(errors), { code: 'ECONNREFUSED' });
    expect(failureOf(error)).toEqual({
      kind: 'retry',
      cause: 'unreachable',
      message: 'connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127.0.0.1:1',
    });
  });

  test('an unknown name is unreachable', async () => {
    const outcome = await sinkOn(8086, 15_000, 'no-such-host.invalid').deliver(keptWeights(1));
    expect(outcome).toMatchObject({
      cause: 'unreachable',
      message: expect.stringContaining('no-such-host.invalid'),
    });
  });

  test('close ends a delivery that is under way', async () => {
    const sink = await sinkAt(() => {});
    const outcome = sink.deliver(keptWeights(1));
    await sink.close();
    expect(await outcome).toMatchObject({ kind: 'retry', cause: 'timeout' });
  });

  /** A byte every 50 ms: never silent, never done. */
  async function drip(socket: Socket): Promise<void> {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
    const timer = setInterval(() => socket.write('x'), 50);
    socket.once('close', () => clearInterval(timer));
  }
});

test('a server that recovers is written to at once: only the loop decides when', async () => {
  let calls = 0;
  const sink = await sinkAt((socket) => {
    calls++;
    socket.write(calls < 4 ? response('500 Internal Server Error') : response('204 No Content'));
  });
  const outcomes: string[] = [];
  for (let i = 0; i < 4; i++) outcomes.push((await sink.deliver(keptWeights(1))).kind);
  expect(outcomes).toEqual(['retry', 'retry', 'retry', 'delivered']);
  expect(calls).toBe(4);
});

test('a long list of what is to be taken back goes on where it has got to, until something is delivered', async () => {
  const asked: number[][] = [];
  let answers = 1;
  const done = response('200 OK', [fromInflux], '{"results":[{"statement_id":0}]}');
  const sink = await sinkAt((socket, request) => {
    if (request.startsWith('POST /write')) return void socket.write(response('204 No Content'));
    asked.push([...request.matchAll(/time%20%3D%20(\d+)ms/g)].map(([, time]) => Number(time)));
    if (answers-- > 0) socket.write(done);
  }, 300);
  const times = Array.from({ length: 50 }, (_, i) => i + 1);
  const list = times.map((timeMs): Retraction => {
    return { of: 'weigh-in', vendor: 'withings', device: 'x', timeMs, owner: null };
  });
  expect(await sink.retract(list)).toMatchObject({ kind: 'retry', cause: 'timeout' });
  answers = 9;
  expect(await sink.retract(list)).toEqual({ kind: 'delivered' });
  expect(asked).toEqual([times.slice(0, 20), times.slice(20, 40), times.slice(20, 40), times.slice(40)]);
  expect(await sink.deliver(keptWeights(1))).toEqual({ kind: 'delivered' });
  await sink.retract(list.slice(0, 1));
  expect(asked.at(-1)).toEqual([1]);
});

test.each([
  [
    'a server that deletes nothing',
    response('404 Not Found'),
    response('204 No Content'),
    { kind: 'delivered' },
    1,
  ],
  [
    'one that does not take the statement',
    response('400 Bad Request', [fromInflux], '{"error":"error parsing query"}'),
    response('204 No Content'),
    { kind: 'delivered' },
    1,
  ],
  [
    'one that takes no points either',
    response('404 Not Found'),
    response('404 Not Found'),
    { kind: 'retry', cause: 'missing-target' },
    0,
  ],
  [
    'trouble',
    response('503 Service Unavailable'),
    response('204 No Content'),
    { kind: 'retry', cause: 'server-error' },
    0,
  ],
])('taking back at %s', async (_, query, write, expected, count) => {
  const sink = await sinkAt((socket, request) =>
    socket.write(request.startsWith('POST /query') ? query : write),
  );
  for (let i = 0; i < 2; i++)
    expect(await sink.retract([{ of: 'person', owner: 'Ann' }])).toMatchObject(expected);
  expect(warnings).toHaveLength(count);
});

test('the password goes out only in the header for it', async () => {
  let seen = '';
  const sink = await sinkAt((socket, request) => {
    seen = request;
    socket.write(response('401 Unauthorized', [], '{"error":"authorization failed"}'));
  });
  const outcome = await sink.deliver(keptWeights(1));
  expect(seen).toContain(`Authorization: Basic ${Buffer.from('joe:hush').toString('base64')}`);
  expect(JSON.stringify([sink.name, outcome])).not.toContain('hush');
  expect(seen).not.toContain('hush');
});
