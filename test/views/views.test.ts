import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
// The thread of the views is a worker, which needs the built file.
import { Views } from '../../dist/views/views.js';
import type { Happening } from '../../src/views/messages.js';
import type { ViewsLimits } from '../../src/views/views.js';
import { folder, openRaw, openStore, weight } from '../store/stores.js';
import { answerOf, captures, exchangesOf, storeOf } from './houses.js';

const people = { view: 'people' } as const;

/** Views of a folder, closed after the test, with what they have logged. */
function viewsOf(dataDir: string, limits: Partial<ViewsLimits> = {}) {
  const logged: string[] = [];
  const at = (level: string) => (line: string) => {
    logged.push(`${level} ${line}`);
  };
  const log = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  const views = new Views({ dataDir }, log, limits);
  onTestFinished(() => views.close());
  return { views, logged };
}

/** The threads that are started from here on. */
function threads() {
  const post = vi.spyOn(Worker.prototype, 'postMessage');
  onTestFinished(() => post.mockRestore());
  return () => [...new Set(post.mock.contexts as Worker[])];
}

/** Until the thread has taken its first look, from which on it sees what happens. */
async function following(views: Views) {
  for (let round = 0; round < 3; round++) {
    await views.get(people);
    await sleep(20);
  }
}

const textOf = (body: Uint8Array) => Buffer.from(body).toString();

test('answers what is asked, several at once too', async () => {
  const { dataDir } = storeOf(weight(1), weight(2, { person: '2' }));
  const { views, logged } = viewsOf(dataDir);
  const replies = await Promise.all([
    views.get(people),
    views.get({ view: 'weigh-ins', query: { limit: 1 } }),
    views.get({ view: 'person', key: 'ana' }),
    views.get({ view: 'kinds', query: {} }),
  ]);
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 404, 400]);
  const [first] = replies;
  expect(first && answerOf('people', first).people.map(({ weighIns }) => weighIns)).toEqual([1, 1]);
  expect(logged).toEqual([]);
});

test('says that there is no database, and answers when there is', async () => {
  const dataDir = folder();
  const { views } = viewsOf(dataDir);
  const { status, body } = await views.get(people);
  expect(status).toBe(503);
  expect(textOf(body)).toContain('there is no database');
  openStore(dataDir);
  expect((await views.get(people)).status).toBe(200);
});

test('sees what was committed before it was asked, each time', async () => {
  const { dataDir, add } = storeOf();
  const { views } = viewsOf(dataDir);
  for (let index = 1; index < 5; index++) {
    add(weight(index));
    const { people: found } = answerOf('people', await views.get(people));
    expect(found[0]?.weighIns).toBe(index);
  }
});

test('what is read holds up no checkpoint of what is written', async () => {
  const { dataDir, store, add } = storeOf(weight(1));
  const { views } = viewsOf(dataDir);
  views.follow(() => undefined);
  await views.get(people);
  add(weight(2));
  await views.get({ view: 'exchanges', query: { limit: 5 } });
  await sleep(600);
  add(weight(3));
  const raw = openRaw(store.file);
  expect(raw.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()).toEqual([
    { busy: 0, log: 0, checkpointed: 0 },
  ]);
});

describe('those who follow', () => {
  test('are told what happens, until they do not want to be', async () => {
    const dataDir = folder();
    const store = openStore(dataDir);
    const { views } = viewsOf(dataDir);
    const seen: Happening[] = [];
    const other: string[] = [];
    const leave = views.follow((happening) => seen.push(happening));
    const stop = views.follow(({ event }) => other.push(event));
    await following(views);
    stop();
    store.journal.commit(await exchangesOf(...captures.slice(0, 1)));
    await vi.waitFor(() => expect(seen.length).toBeGreaterThanOrEqual(6), 5_000);
    expect(seen.map(({ event }) => event)).toEqual([...Array(5).fill('exchange'), 'readings']);
    expect(other).toEqual([]);
    leave();
    await sleep(50);
    const count = seen.length;
    store.journal.commit(await exchangesOf(...captures.slice(1, 2)));
    await sleep(600);
    expect(seen.length).toBe(count);
  });

  test('are told by the next thread when one has died', async () => {
    const { dataDir, add } = storeOf(weight(1));
    const { views } = viewsOf(dataDir, { restartMs: 10 });
    const started = threads();
    const seen: string[] = [];
    views.follow(({ event }) => seen.push(event));
    const [thread] = started();
    await thread?.terminate();
    await vi.waitFor(() => expect(started().length).toBe(2), 5_000);
    await following(views);
    add(weight(2));
    await vi.waitFor(() => expect(seen).toEqual(['exchange', 'readings']), 5_000);
  });

  test('do each other no harm', async () => {
    const { dataDir, add } = storeOf(weight(1));
    const { views, logged } = viewsOf(dataDir);
    const seen: string[] = [];
    views.follow(() => {
      throw new Error('a page is broken');
    });
    views.follow(({ event }) => seen.push(event));
    await following(views);
    add(weight(1));
    await vi.waitFor(() => expect(seen).toEqual(['exchange']), 5_000);
    expect(logged).toEqual([
      expect.stringMatching(/^error a page was not told of exchange: Error: a page is broken/),
    ]);
  });
});

describe('the thread', () => {
  test('that dies leaves nobody waiting, and the next request has another', async () => {
    const { dataDir } = storeOf(weight(1));
    const { views } = viewsOf(dataDir);
    const started = threads();
    const asked = views.get(people);
    const [thread] = started();
    await thread?.terminate();
    expect(await asked).toMatchObject({ status: 503 });
    expect(await views.get(people)).toMatchObject({ status: 200 });
    expect(started().length).toBe(2);
  });

  test('that hangs is given up, and replaced', async () => {
    const dataDir = folder();
    const { views, logged } = viewsOf(dataDir, { replyMs: 300 });
    const started = threads();
    // What another program has to itself is waited for.
    const raw = openRaw(join(dataDir, 'scaletap.db'));
    raw.exec('BEGIN EXCLUSIVE');
    const { status, body } = await views.get(people);
    expect({ status, text: textOf(body) }).toMatchObject({
      status: 503,
      text: expect.stringContaining('in time'),
    });
    // Until SQLite waits no longer, and the thread that was given up has to live through that.
    await sleep(1_500);
    raw.exec('COMMIT');
    raw.close();
    await vi.waitFor(async () => expect(await views.get(people)).toMatchObject({ status: 200 }), 15_000);
    const [first] = started();
    await vi.waitFor(() => expect(first?.threadId).toBe(-1), 5_000);
    expect(logged[0]).toBe('warn what is read for the page hangs; it is started again');
  });

  test('is started at the first request, and ended when nobody asks any more', async () => {
    const { dataDir } = storeOf(weight(1));
    const { views } = viewsOf(dataDir, { idleMs: 30 });
    const started = threads();
    expect(started()).toEqual([]);
    await views.get(people);
    const [first] = started();
    if (first === undefined) throw new Error('no thread was started');
    expect(await once(first, 'exit')).toEqual([0]);
    expect(await views.get(people)).toMatchObject({ status: 200 });
    expect(started().length).toBe(2);
  });

  test('stays while somebody follows', async () => {
    const { dataDir, add } = storeOf(weight(1));
    const { views } = viewsOf(dataDir, { idleMs: 30 });
    const seen: string[] = [];
    const leave = views.follow(({ event }) => seen.push(event));
    const started = threads();
    await views.get(people);
    await sleep(100);
    add(weight(1));
    await vi.waitFor(() => expect(seen).toEqual(['exchange']), 5_000);
    const [thread] = started();
    leave();
    if (thread) expect(await once(thread, 'exit')).toEqual([0]);
  });
});

test('more than may wait at once are told so', async () => {
  const { dataDir } = storeOf(weight(1));
  const { views } = viewsOf(dataDir, { waiting: 2 });
  const replies = await Promise.all([1, 2, 3].map(() => views.get(people)));
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 503]);
  expect(textOf(replies[2]?.body ?? Buffer.of())).toContain('too much');
});

test('when it is closed, nobody waits and nothing is started', async () => {
  const { dataDir } = storeOf(weight(1));
  const { views } = viewsOf(dataDir);
  const started = threads();
  const asked = views.get(people);
  await views.close();
  expect(await asked).toMatchObject({ status: 503 });
  expect(await views.get(people)).toMatchObject({ status: 503 });
  views.follow(() => undefined);
  expect(started().length).toBe(1);
});

test('a row that cannot be read is told, and is no reason to die', async () => {
  const { store, dataDir } = storeOf(weight(1));
  openRaw(store.file).exec("UPDATE exchange SET refusals = 'no list'");
  const { views, logged } = viewsOf(dataDir);
  const { status, body } = await views.get({ view: 'exchanges', query: { limit: 1 } });
  expect({ status, text: textOf(body) }).toEqual({
    status: 503,
    text: '{"message":"this cannot be shown for a fault in scaletap, which its log tells"}',
  });
  expect(logged).toEqual([expect.stringMatching(/^error the view of exchanges failed: SyntaxError/)]);
  expect((await views.get(people)).status).toBe(200);
});
