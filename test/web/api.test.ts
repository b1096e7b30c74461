import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { UserError } from '../../src/model/errors.js';
import { Behind, json, served } from './webs.js';

describe('a path', () => {
  test.each([
    ['GET', '/api', 404],
    ['GET', '/api/', 404],
    ['GET', '/api/nothing', 404],
    ['GET', '/api/people/', 404],
    ['GET', '/api/people/ana/more', 404],
    ['GET', '/api/people/%E0%A4', 404],
    ['GET', '/api//people', 404],
    ['POST', '/api/people/ana', 405],
    ['PUT', '/api/people', 405],
    ['OPTIONS', '/api/people', 405],
    ['TRACE', '/api/people', 405],
  ])('%s %s is answered with %i, as a problem', async (method, path, status) => {
    const { ask } = await served();
    const refused = await ask({ method, path });
    expect(refused.status).toBe(status);
    expect(refused.json()).toEqual({ message: expect.any(String) });
    expect(refused.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
  });

  test('that takes other methods names them', async () => {
    const { ask } = await served();
    const refused = await ask({ method: 'PUT', path: '/api/people/ana' });
    expect(refused.headers.allow).toBe('HEAD, GET, PATCH, DELETE');
  });

  test.each([
    ['ana', 'ana'],
    ['a%2Fb', 'a/b'],
    ['%2e%2e', '..'],
    ['%00', '\0'],
    ['%F0%9F%98%80', '\u{1f600}'],
  ])('has its part %s taken as %j', async (part, key) => {
    const { ask, behind } = await served();
    await ask({ path: `/api/people/${part}` });
    expect(behind.asked).toEqual([{ view: 'person', key }]);
  });

  test('is answered to HEAD without a body', async () => {
    const { ask, behind } = await served();
    behind.view = async () => json(200, { devices: [] });
    const [head, whole] = [
      await ask({ method: 'HEAD', path: '/api/devices' }),
      await ask({ path: '/api/devices' }),
    ];
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(String(whole.bytes.length));
  });
});

describe('a query', () => {
  test('is judged by its shape, with what it leaves out', async () => {
    const { ask, behind } = await served();
    await ask({ path: '/api/weigh-ins?person=nobody' });
    await ask({ path: '/api/series?device=withings%2000:24:e4:00:00:01&kinds=co2,battery&sinceMs=5' });
    expect(behind.asked).toEqual([
      { view: 'weigh-ins', query: { person: 'nobody', limit: 50 } },
      {
        view: 'series',
        query: { device: 'withings 00:24:e4:00:00:01', kinds: ['co2', 'battery'], sinceMs: 5 },
      },
    ]);
  });

  test.each([
    ['/api/weigh-ins?limit=501', 'limit: is too large; at most 500'],
    ['/api/weigh-ins?limit=x', 'limit: is not a number'],
    ['/api/weigh-ins?limit=5&limit=6', 'something in the query is given twice'],
    ['/api/weigh-ins?x=1', 'x: is not known here'],
    ['/api/series', 'kinds: is missing'],
    ['/api/exchanges?__proto__=1', '__proto__: is not known here'],
  ])('%s is refused: %s', async (path, message) => {
    const { ask, behind } = await served();
    const refused = await ask({ path });
    expect([refused.status, refused.json()]).toEqual([400, { message }]);
    expect(behind.asked).toEqual([]);
  });
});

describe('a body', () => {
  const send = (body: unknown, headers = {}) => ({ method: 'POST', path: '/api/people', body, headers });

  test('is judged by its shape, with what it leaves out', async () => {
    const { ask, behind } = await served();
    await ask(send({ name: '  Ana ' }));
    const facts = { shortName: null, colour: null, ids: [], heightM: null, birthDate: null, sex: null };
    expect(behind.changes).toEqual([{ change: 'add-person', person: { name: 'Ana', ...facts } }]);
  });

  test.each<[unknown, string]>([
    [{}, 'name: is missing'],
    [{ name: 5 }, 'name: is not a text'],
    [{ name: '' }, 'name: is too short; at least 1 characters'],
    [{ name: 'x'.repeat(65) }, 'name: is too long; at most 64 characters'],
    [{ name: 'a\nb' }, 'name: has characters that cannot be shown'],
    [{ name: '\u202Egnp' }, 'name: has characters that cannot be shown'],
    [{ name: '\u200B\u3164\u0301' }, 'name: has nothing in it that can be seen'],
    [{ name: 'Ana', heightM: 17 }, 'heightM: is too large; at most 2.5'],
    [{ name: 'Ana', birthDate: '2023-02-29' }, 'birthDate: is not a day such as 1992-08-14'],
    [{ name: 'Ana', sex: 'x' }, 'sex: is none of female, male'],
    [{ name: 'Ana', ids: [{ vendor: 'acme', id: '1' }] }, 'ids.0.vendor: is none of withings, renpho'],
    [
      { name: 'Ana', ids: Array(21).fill({ vendor: 'renpho', id: '1' }) },
      'ids: is too long; at most 20 members',
    ],
    [{ name: 'Ana', colour: 'red' }, 'colour: does not match /^#[0-9a-f]{6}$/'],
    [{ name: 'Ana', wieght: 1, '\u001b[2J': 2 }, 'wieght, \\x1b[2J: is not known here'],
    ['{"name":"Ana","__proto__":{"x":1}}', '__proto__: is not known here'],
    ['[]', 'is not an object with members'],
    ['null', 'is not an object with members'],
    ['', 'the body is not JSON'],
    ['{"name":', 'the body is not JSON'],
    ["{'name':1}", 'the body is not JSON'],
  ])('%j is refused: %s', async (body, message) => {
    const { ask, behind } = await served();
    const refused = await ask(send(body));
    expect([refused.status, refused.json()]).toEqual([400, { message }]);
    expect(behind.changes).toEqual([]);
  });

  test.each(['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset="utf-8"'])(
    'may be %s',
    async (type) => {
      const { ask, behind } = await served();
      await ask(send({ name: 'Ana' }, { 'Content-Type': type }));
      expect(behind.changes).toHaveLength(1);
    },
  );

  test('that is compressed, or in another charset, is refused', async () => {
    const { ask } = await served();
    expect((await ask(send('{}', { 'Content-Encoding': 'gzip' }))).status).toBe(415);
    expect((await ask(send('{}', { 'Content-Type': 'application/json; charset=utf-16' }))).status).toBe(415);
  });

  test('of any bytes is taken or refused, and never harms', async () => {
    const { behind, port } = await served();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.json().map(Buffer.from)),
        async (bytes) => {
          const body = Buffer.from(bytes);
          const socket = connect(port, '127.0.0.1');
          socket.write(
            'PATCH /api/people/ana HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
              `Connection: close\r\nContent-Length: ${body.length}\r\n\r\n`,
          );
          socket.write(body);
          expect(await text(socket)).toMatch(/^HTTP\/1\.1 (?:200|400) /);
        },
      ),
      { numRuns: 150 },
    );
    expect(behind.lines).toEqual([]);
  });

  test.each([
    ['says that it is huge', 'Content-Length: 999999999\r\n\r\n{'],
    [
      'is huge without saying so',
      `Transfer-Encoding: chunked\r\n\r\n${`4000\r\n${' '.repeat(16_384)}\r\n`.repeat(5)}`,
    ],
  ])('that %s is refused before it has come', async (_, rest) => {
    const { port, behind } = await served();
    const socket = connect(port, '127.0.0.1');
    socket.write(`POST /api/people HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${rest}`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 /);
    expect(behind.changes).toEqual([]);
  });

  test('that comes too slowly is not waited for', async () => {
    const { port, ask } = await served();
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(
      'POST /api/people HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
    );
    const drip = setInterval(() => socket.write(' '), 1_000);
    const answer = await text(socket).finally(() => clearInterval(drip));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect((await ask({ path: '/api/people' })).status).toBe(200);
  }, 30_000);

  test('that breaks off is forgotten', async () => {
    const { port, ask, behind } = await served();
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'POST /api/people HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
      () => socket.resetAndDestroy(),
    );
    await once(socket, 'close');
    expect((await ask({ path: '/api/people' })).status).toBe(200);
    expect([behind.changes, behind.lines]).toEqual([[], []]);
  });
});

describe('an answer', () => {
  const long = { people: [{ name: 'x'.repeat(5_000) }] };

  test.each([
    ['br, gzip', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
  ] as const)('is sent small to who takes %s', async (accepted, coding, decode) => {
    const { ask, behind } = await served();
    behind.view = async () => json(200, long);
    const { headers, bytes } = await ask({ path: '/api/people', headers: { 'Accept-Encoding': accepted } });
    expect([headers['content-encoding'], headers.vary]).toEqual([coding, 'Accept-Encoding']);
    expect(bytes.length).toBeLessThan(200);
    expect(JSON.parse(decode(bytes).toString())).toEqual(long);
  });

  test('to HEAD says how it would be sent, and not how long that is', async () => {
    const { ask, behind } = await served();
    behind.view = async () => json(200, long);
    const head = { method: 'HEAD', path: '/api/people', headers: { 'Accept-Encoding': 'br' } };
    const { headers, text } = await ask(head);
    expect([headers['content-encoding'], headers['content-length'], text]).toEqual(['br', undefined, '']);
  });

  test('is sent as it is to others, and when it is short', async () => {
    const { ask, behind } = await served();
    expect(
      (await ask({ path: '/api/people', headers: { 'Accept-Encoding': 'br' } })).headers['content-encoding'],
    ).toBeUndefined();
    behind.view = async () => json(200, long);
    expect((await ask({ path: '/api/people' })).json()).toEqual(long);
  });

  test.each([
    [{ done: false, why: 'unknown', message: 'there is no person ana' }, 404],
    [{ done: false, why: 'conflict', message: 'Ana has weigh-ins' }, 409],
  ] as const)('to a change that cannot be made says why: %j', async (changed, status) => {
    const { ask, behind } = await served();
    behind.change = async () => changed;
    const refused = await ask({ method: 'DELETE', path: '/api/people/ana' });
    expect([refused.status, refused.json()]).toEqual([status, { message: changed.message }]);
  });

  test('to a change that the store has not confirmed is 503', async () => {
    const { ask, behind } = await served();
    behind.change = async () => undefined;
    expect((await ask({ method: 'DELETE', path: '/api/people/ana' })).status).toBe(503);
  });

  test.each([
    [new Error('no view today'), 500],
    [new UserError('/secret/path: no view today'), 503],
  ])('that cannot be made has the reason in the log alone: %s', async (error, status) => {
    const { ask, behind } = await served();
    behind.view = () => Promise.reject(error);
    const refused = await ask({ path: '/api/people' });
    expect(refused.status).toBe(status);
    expect(refused.text).not.toContain('today');
    expect(behind.lines.join('')).toContain('no view today');
  });

  test('changes only what was given', async () => {
    const { ask, behind } = await served();
    await ask({ method: 'PATCH', path: '/api/people/ana', body: { heightM: null } });
    await ask({ method: 'PATCH', path: '/api/weigh-ins/w', body: { person: null } });
    await ask({ method: 'PATCH', path: '/api/weigh-ins/w', body: { counts: false } });
    expect(behind.changes).toEqual([
      { change: 'edit-person', key: 'ana', person: { heightM: null } },
      { change: 'weigh-in', weighIn: 'w', owner: null },
      { change: 'weigh-in', weighIn: 'w', counts: false },
    ]);
  });

  test('to who has left meanwhile harms nobody', async () => {
    const { port, behind, ask } = await served();
    const told: (() => void)[] = [];
    behind.view = () => new Promise((resolve) => told.push(() => resolve(json(200, {}))));
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /api/people HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await vi.waitFor(() => expect(told).toHaveLength(1));
    socket.resetAndDestroy();
    await once(socket, 'close');
    for (const tell of told) tell();
    behind.view = async () => json(200, {});
    expect((await ask({ path: '/api/people' })).status).toBe(200);
    expect(behind.lines).toEqual([]);
  });
});

test('a flood of heads does not keep others out', async () => {
  const { port, ask } = await served(new Behind());
  const sockets = Array.from({ length: 300 }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET /api/people HTTP/1.1\r\nHost: localhost\r\nX-A: ');
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  expect((await ask({ path: '/api/people' })).status).toBe(200);
  for (const socket of sockets) socket.destroy();
});

test('what a browser asks for first is looked up while it reads the page, and not for a probe', async () => {
  const { ask, behind } = await served();
  await ask({ path: '/' });
  expect(behind.asked).toEqual([]);
  await ask({ path: '/', headers: { 'sec-fetch-dest': 'document' } });
  await vi.waitFor(() => expect(behind.asked).toEqual([{ view: 'people' }]));
});
