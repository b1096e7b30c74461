import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { apiStatus } from '../../src/web/api-status.js';
import type { EventSources } from '../../src/web/events.js';
import { EventStream } from '../../src/web/events.js';
import { statusWith } from './statuses.js';
import { Behind, GOOD, served } from './webs.js';

/** What has come on a stream up to now. */
function reading(answer: IncomingMessage) {
  let come = '';
  answer.on('data', (chunk) => {
    come += chunk;
  });
  answer.on('error', () => {});
  const ended = new Promise<void>((resolve) => answer.once('close', resolve));
  const events = () =>
    come
      .split('\n\n')
      .map((each) => /^event: (.+)\ndata: (.+)$/.exec(each))
      .flatMap((found) => (found === null ? [] : [{ event: found[1], data: JSON.parse(found[2] ?? '') }]));
  return { text: () => come, events, ended };
}

const within = { timeout: 8_000, interval: 10 };

describe('who listens', () => {
  test('is told the status at once, what happens, and the status when it is another', async () => {
    const { open, ask, behind } = await served();
    const answer = await open({ path: '/api/events' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    const { events, text } = reading(answer);
    await vi.waitFor(() => expect(events()).toHaveLength(1), within);
    expect(text()).toMatch(/^retry: \d+\n\n/);
    expect(events()).toEqual([{ event: 'status', data: apiStatus(statusWith()) }]);
    await vi.waitFor(() => expect(behind.followers.size).toBe(1), within);
    for (const follower of behind.followers) follower({ event: 'readings', data: '{}' });
    await vi.waitFor(() => expect(events().at(-1)).toEqual({ event: 'readings', data: {} }), within);
    await ask({ method: 'PUT', path: '/api/mode', body: { mode: 'offline' } });
    await vi.waitFor(() => expect(events().at(-1)?.data).toMatchObject({ mode: 'offline' }), within);
    expect(events()).toHaveLength(3);
  });

  test('is looked after only while there is somebody', async () => {
    const { open, behind } = await served();
    let looked = 0;
    behind.status = async () => statusWith({ startedS: ++looked });
    const first = await open({ path: '/api/events' });
    const { events } = reading(first);
    await vi.waitFor(() => expect(events().length).toBeGreaterThan(1), within);
    expect(behind.followers.size).toBe(1);
    first.destroy();
    await vi.waitFor(() => expect(behind.followers.size).toBe(0), within);
    const before = looked;
    await sleep(2_500);
    expect(looked).toBe(before);
    const again = reading(await open({ path: '/api/events' }));
    await vi.waitFor(() => expect(again.events()).toHaveLength(1), within);
    expect(behind.followers.size).toBe(1);
  });

  test('hears no more after signing out, and others do', async () => {
    const { open, ask, withPassword, behind } = await served();
    const one = await withPassword(GOOD);
    const { cookie: other = '' } = await ask({
      method: 'POST',
      path: '/api/session',
      body: { password: GOOD },
    });
    const [leaving, staying] = [
      reading(await open({ path: '/api/events', cookie: one })),
      reading(await open({ path: '/api/events', cookie: other })),
    ];
    await ask({ method: 'DELETE', path: '/api/session', cookie: one });
    await leaving.ended;
    await vi.waitFor(() => expect(behind.followers.size).toBe(1), within);
    for (const follower of behind.followers) follower({ event: 'people', data: '{}' });
    await vi.waitFor(() => expect(staying.events().at(-1)?.event).toBe('people'), within);
    expect(leaving.events().map(({ event }) => event)).not.toContain('people');
  });

  test('on this machine hears no more when a password is set', async () => {
    const { open, withPassword } = await served();
    const { ended } = reading(await open({ path: '/api/events' }));
    await withPassword(GOOD);
    await ended;
  });

  test('is let go when the server closes, at once', async () => {
    const { open, web } = await served();
    const { ended } = reading(await open({ path: '/api/events' }));
    await web.close();
    await ended;
  });

  test('gets the head alone by HEAD', async () => {
    const { ask, behind } = await served();
    const head = await ask({ method: 'HEAD', path: '/api/events' });
    expect([head.status, head.text, behind.followers.size]).toEqual([200, '', 0]);
  });
});

test('a thousand listen, one more is asked to come again, and the rest goes on', async () => {
  const { open, ask, behind } = await served();
  const all = await Promise.all(
    Array.from({ length: 1_000 }, async () => reading(await open({ path: '/api/events' }))),
  );
  const refused = await ask({ path: '/api/events' });
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '30']);
  expect((await ask({ path: '/healthz' })).status).toBe(200);
  expect(behind.followers.size).toBe(1);
  for (const follower of behind.followers) follower({ event: 'readings', data: '{}' });
  const last = () => all.filter(({ events }) => events().at(-1)?.event === 'readings').length;
  await vi.waitFor(() => expect(last()).toBe(1_000), { timeout: 15_000, interval: 50 });
});

test('who does not read is dropped, and nobody waits for that', async () => {
  const { open, behind, port } = await served();
  const deaf = connect(port, '127.0.0.1');
  deaf.on('error', () => {});
  await once(deaf, 'connect');
  deaf.pause();
  deaf.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const { events } = reading(await open({ path: '/api/events' }));
  await vi.waitFor(() => expect(behind.followers.size).toBe(1), within);
  const gone = new Promise<void>((resolve) => deaf.once('close', () => resolve()));
  const data = JSON.stringify('x'.repeat(65_536));
  // More than the buffers of the system take by themselves.
  for (let i = 0; i < 400; i++) {
    for (const follower of behind.followers) follower({ event: 'exchange', data });
    await sleep(1);
  }
  await vi.waitFor(() => expect(events().length).toBeGreaterThan(400), within);
  deaf.resume();
  await gone;
});

/** A stream that looks and beats fast, at a server of its own. */
async function hurried(sources: Partial<EventSources>, mayStay: () => Promise<boolean>) {
  const { log, lines } = new Behind();
  const stream = new EventStream(
    { status: async () => apiStatus(statusWith()), follow: async () => () => {}, ...sources },
    log,
    { lookMs: 20, beatMs: 20 },
  );
  const server = createServer((_, response) => {
    response.writeHead(200);
    stream.add(response, mayStay);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    stream.close();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  let come = '';
  socket.on('data', (chunk) => {
    come += chunk;
  });
  return { text: () => come, ended: once(socket, 'end'), lines };
}

describe('in the long run', () => {
  test('something is sent in any case', async () => {
    const { text } = await hurried({}, async () => true);
    await vi.waitFor(() => expect(text().split('\n:\n\n').length).toBeGreaterThan(3), within);
    expect(text().match(/event: status/g)).toHaveLength(1);
  });

  test('who may not stay goes at the next beat', async () => {
    let may = true;
    const { text, ended } = await hurried({}, async () => may);
    await vi.waitFor(() => expect(text()).toContain('event: status'), within);
    may = false;
    await ended;
  });

  test('trouble behind it is logged, and ends nothing', async () => {
    let fail = true;
    const { text, lines } = await hurried(
      {
        status: async () => {
          if (fail) throw new Error('no status today');
          return apiStatus(statusWith());
        },
        follow: async () => {
          throw new Error('no views today');
        },
      },
      async () => true,
    );
    await vi.waitFor(() => expect(lines.join('')).toContain('no status today'), within);
    expect(lines.join('')).toContain('no views today');
    fail = false;
    await vi.waitFor(() => expect(text()).toContain('event: status'), within);
  });
});
