import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { describe, expect, test, vi } from 'vitest';
import type { Exchange, RawMessage } from '../../src/model/exchange.js';
import { content } from '../../src/model/message.js';
import type { StoreStatus } from '../../src/recorder/messages.js';
import { canMount, fill, smallDisk } from '../e2e/small-disk.js';
import { folder, openRaw, openStore } from '../store/stores.js';
import { exchange, message, post } from '../transfer/exchanges.js';
import { exchangesOf } from '../vendors/withings/exchanges.js';
import { recorderOf, stored } from './recorders.js';

/**
 * What the relay's thread asks the store's: answered behind all that was recorded before; given up after a time, or
 * when the thread dies; and not held up by exchanges that cannot be written. How an owed measure ended is written
 * down however long that takes.
 */

const threads: Worker[] = vi.hoisted(() => []);
vi.mock(import('node:worker_threads'), async (original) => {
  const real = await original();
  /** A real thread, which a test can have die, and before that not hear what it is told. */
  class Known extends real.Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      threads.push(this);
    }

    override postMessage(...given: Parameters<Worker['postMessage']>): void {
      if (threads.includes(this)) super.postMessage(...given);
    }
  }
  return { ...real, Worker: Known };
});

const scale = '00:24:e4:00:00:01';

/** A measure of a minute, as the relay has it before it is answered. */
function measure(minute: number): Exchange {
  const measures = encodeURIComponent('{"measures":[{"value":66850,"type":1,"unit":-3}]}');
  const who = `action=store&sessionid=x&macaddress=${scale}&userid=1744475&devtype=1&attribstatus=0`;
  return exchange({
    request: post('/cgi-bin/measure', `${who}&meastime=${1_400_000_000 + 60 * minute}&measures=${measures}`),
    startedAtUs: Date.now() * 1000,
    ...{ answered: 'replayed', reason: 'upstream-timeout', upstream: '', response: null },
  });
}

const ok = message('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n', '{"status":0}');
/** One that we have answered. */
const replayed = (minute: number): Exchange => ({ ...measure(minute), response: ok });

const text = (raw: RawMessage | undefined) => Buffer.from(raw ? content(raw) : []).toString('latin1');
const valuesOf = { ask: 'values', vendor: 'withings', device: scale } as const;

/** A started recorder of a folder. */
async function asking(dataDir = folder(), given: Parameters<typeof recorderOf>[1] = {}) {
  const house = recorderOf(dataDir, given);
  await house.recorder.start();
  return { dataDir, ...house };
}

/** Has nobody else write to a database, until it is called. */
function lock(dataDir: string): () => void {
  const other = openRaw(`${dataDir}/scaletap.db`);
  other.exec('BEGIN IMMEDIATE');
  return () => other.exec('COMMIT');
}

describe('the answer to a question', () => {
  test('knows all that was recorded before it', async () => {
    const { recorder, logged } = await asking();
    expect(await recorder.ask(valuesOf)).toEqual(new Map());
    for (const each of exchangesOf('ws30-update2.http')) recorder.record(each);
    const asked = recorder.ask(valuesOf);
    recorder.record(replayed(1));
    const values = await asked;
    expect(values?.get('gravity')).toBe('97918');
    expect(values?.get('secret')).toBe('0123456789abcdef');
    expect(logged).toEqual([]);
  });

  test('also of what came before the store was open, and of what needs several commits', async () => {
    const { recorder } = recorderOf(folder());
    for (const each of exchangesOf('ws30-update2.http')) recorder.record(each);
    const large = message('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(1024 * 1024));
    for (let count = 0; count < 3; count++) recorder.record({ ...replayed(count), response: large });
    const asked = recorder.ask(valuesOf);
    await recorder.start();
    expect((await asked)?.has('session')).toBe(true);
  });

  test('comes in the order of the questions', async () => {
    const { recorder } = await asking();
    recorder.record(replayed(1));
    const events: string[] = [];
    await Promise.all([
      recorder.ask({ ask: 'answer', exchange: measure(2) }).then(() => events.push('answer')),
      recorder.next('withings', scale).then((item) => events.push(`owed ${item?.id}`)),
      recorder.next('withings', scale).then((item) => events.push(`owed ${item?.id}`)),
      recorder.ask(valuesOf).then(() => events.push('values')),
    ]);
    expect(events).toEqual(['answer', 'owed 1', 'owed undefined', 'values']);
  });

  test('is how the store does, and what was counted', async () => {
    const { recorder } = await asking();
    const given = exchangesOf('ws30-update2.http');
    for (const each of given) recorder.record(each);
    const status = await recorder.ask({ ask: 'status' });
    expect(status).toMatchObject({ isWritable: true, sinks: [] });
    expect(status?.counts).toMatchObject([{ vendor: 'withings', exchanges: given.length }]);
    expect(status?.lastExchangeUs).toBe(Math.max(...given.map(({ startedAtUs }) => startedAtUs)));
  });

  test('our answer to a measure: it is on disk when it comes', async () => {
    const { recorder, dataDir, owing } = await asking();
    const ours = await recorder.ask({ ask: 'answer', exchange: measure(1) });
    expect([ours?.kept, text(ours?.response)]).toEqual([true, '{"status":0}']);
    const store = openStore(dataDir);
    expect([stored(dataDir).length, store.readings.list().length]).toEqual([1, 1]);
    expect(store.owed.list()).toMatchObject([{ device: scale, state: 'pending' }]);
    await vi.waitFor(() => expect(owing).toEqual([[], [`withings ${scale}`]]));
  });

  test('null where there is no answer of ours', async () => {
    const { recorder, dataDir } = await asking();
    const dream = { ...measure(1), request: post('/cgi-bin/dream', '') };
    expect(await recorder.ask({ ask: 'answer', exchange: dream })).toBeNull();
    expect(stored(dataDir)).toEqual([]);
  });

  test('a question that the store fails over is said, and answered with nothing', async () => {
    const { recorder, dataDir, logged } = await asking();
    openRaw(`${dataDir}/scaletap.db`).exec('ALTER TABLE value RENAME TO gone');
    expect(await recorder.ask(valuesOf)).toBeUndefined();
    expect(logged).toEqual([expect.stringMatching(/^error the store has no answer: .*no such table: value/)]);
    expect(await recorder.next('withings', scale)).toBeUndefined();
  });
});

describe('what the cloud is owed', () => {
  test('is given out one at a time, with its lease, and settled', async () => {
    const { recorder, dataDir, owing } = await asking();
    for (const minute of [1, 2]) recorder.record(replayed(minute));
    const first = await recorder.next('withings', scale);
    expect(first).toMatchObject({ id: 1, vendor: 'withings', device: scale });
    expect(text(first?.request)).toContain('meastime=1400000060');
    expect(Buffer.from(first?.request.head ?? []).equals(Buffer.from(replayed(1).request.head))).toBe(true);
    expect(await recorder.next('withings', scale)).toBeUndefined();
    await recorder.settle(1, { state: 'delivered', status: 0 });
    expect((await recorder.next('withings', scale))?.id).toBe(2);
    await recorder.settle(2, { state: 'refused', status: 247, problem: 'no such user' });
    expect(await recorder.next('withings', scale)).toBeUndefined();
    expect(openStore(dataDir).owed.list()).toMatchObject([
      { state: 'delivered', tries: 1 },
      { state: 'refused', status: 247, lastProblem: 'no such user' },
    ]);
    // Told at the start, when it begins, and when it is over.
    await vi.waitFor(() => expect(owing).toEqual([[], [`withings ${scale}`], []]));
  });

  test('is given out again when a lease has ended', async () => {
    const { recorder } = await asking(folder(), { leaseMs: 0 });
    recorder.record(replayed(1));
    expect((await recorder.next('withings', scale))?.id).toBe(1);
    expect((await recorder.next('withings', scale))?.id).toBe(1);
  });

  test('is told at the start, with the sessions that a run before has opened', async () => {
    const dataDir = folder();
    const before = openStore(dataDir);
    const [, open] = exchangesOf('ws30-update2.http');
    if (!open) throw new Error('the capture has no session');
    const now = { startedAtUs: Date.now() * 1000, answered: 'replayed' } as const;
    const long = { startedAtUs: (Date.now() - 3_600_000) * 1000, answered: 'replayed' } as const;
    const live = { startedAtUs: Date.now() * 1000, connection: 'c9' };
    const as = (id: string, given: Partial<Exchange>) => {
      const json = `{"status":0,"body":{"sessionid":"${id}"}}`;
      return { ...open, response: message('HTTP/1.1 200 OK\r\n\r\n', json), ...given };
    };
    before.journal.commit([as('old', long), as('ours', now), as('cloud', live), replayed(1)], { owed: true });
    before.close();
    const { sessions, owing } = await asking(dataDir);
    expect(sessions).toEqual([['ours']]);
    await vi.waitFor(() => expect(owing).toEqual([[`withings ${scale}`]]));
  });
});

describe('a question that cannot be answered in time', () => {
  test('is given up, and what comes of it too late is let be; a settlement is still written down', async () => {
    const { recorder, dataDir, logged } = await asking();
    recorder.record(replayed(1));
    expect((await recorder.next('withings', scale))?.id).toBe(1);
    const unlock = lock(dataDir);
    const settled = recorder.settle(1, { state: 'delivered', status: 0 });
    // This one has not even opened its store.
    const closed = recorderOf(folder()).recorder;
    const given = await Promise.all(
      [recorder, closed].map((each) => each.ask({ ask: 'answer', exchange: measure(2) })),
    );
    expect(given).toEqual([undefined, undefined]);
    unlock();
    await settled;
    expect(await recorder.ask(valuesOf)).toEqual(new Map());
    // It is asked nothing any more that nobody waits for.
    const file = await closed.start();
    expect(await closed.ask(valuesOf)).toEqual(new Map());
    expect(stored(dirname(file))).toEqual([]);
    await recorder.close();
    const store = openStore(dataDir);
    // The thread had been asked already, but keeps nothing that nobody waits for.
    expect(store.readings.list()).toHaveLength(1);
    expect(store.owed.list()).toMatchObject([{ state: 'delivered' }]);
    expect(logged).toEqual([]);
  });
});

describe('a thread that dies', () => {
  /**
   * Has the thread hear nothing more; gives how it dies. Not in the middle of a call of the database: ending a thread
   * there ends the process (libsql 0.5, neon's PendingException).
   */
  async function deaf(): Promise<() => Promise<unknown>> {
    await sleep(100);
    const [thread] = threads.splice(0);
    return async () => thread?.terminate();
  }

  test('with a batch: the questions that waited behind it are answered by the next', async () => {
    threads.length = 0;
    const { recorder, dataDir } = await asking();
    const die = await deaf();
    recorder.record(replayed(1));
    const waiting = recorder.ask(valuesOf);
    await die();
    expect(await waiting).toEqual(new Map());
    await recorder.close();
    expect(stored(dataDir)).toHaveLength(1);
  });

  test('with the question: nobody is kept waiting for the next thread', async () => {
    threads.length = 0;
    const { recorder, logged } = await asking();
    const die = await deaf();
    const events: string[] = [];
    const lost = recorder.ask({ ask: 'answer', exchange: measure(1) }).then((ours) => {
      events.push(`lost ${ours}`);
    });
    await die();
    const later = recorder.ask(valuesOf).then(() => events.push('answered'));
    await Promise.all([lost, later]);
    expect(events).toEqual(['lost undefined', 'answered']);
    expect(logged).toEqual([]);
  });
});

describe('a store that is in trouble', () => {
  test('holds no question up behind what it cannot write', async () => {
    const { recorder, dataDir, logged } = await asking();
    const unlock = lock(dataDir);
    recorder.record(replayed(1));
    // The store waits a while for the other process before it says so.
    const early: Promise<unknown>[] = [];
    while (logged.length === 0) {
      early.push(recorder.ask(valuesOf));
      await sleep(200);
    }
    // What waited behind the exchange by then, and what is asked from then on.
    expect(await early.at(-1)).toEqual(new Map());
    let values: unknown;
    while (values === undefined) values = await recorder.ask(valuesOf);
    expect(stored(dataDir)).toEqual([]);
    expect(logged).toEqual([expect.stringMatching(/^error cannot write .*: .*locked/)]);
    let status: StoreStatus | undefined;
    while (status === undefined) status = await recorder.ask({ ask: 'status' });
    expect(status).toEqual({ isWritable: false, lastExchangeUs: null, counts: [], sinks: [] });
    unlock();
    await vi.waitFor(
      async () => expect(await recorder.ask({ ask: 'status' })).toMatchObject({ isWritable: true }),
      { timeout: 10_000 },
    );
    await recorder.close();
    expect(stored(dataDir)).toHaveLength(1);
    expect(logged).toHaveLength(2);
  });

  test.skipIf(!canMount())('has the scale keep its measures, until there is space again', async () => {
    const dataDir = smallDisk();
    const { recorder, logged } = await asking(dataDir);
    const ask = (minute: number) => recorder.ask({ ask: 'answer', exchange: measure(minute) });
    expect((await ask(0))?.kept).toBe(true);
    const makeSpace = fill(dataDir);
    let minute = 0;
    while ((await ask(++minute))?.kept) expect(minute).toBeLessThan(1_000);
    // Exchanges that are recorded wait from now on, with questions behind them.
    for (let count = 0; count < 20; count++) recorder.record(replayed(2_000 + count));
    await vi.waitFor(
      () => expect(logged).toContainEqual(expect.stringContaining('exchanges wait in memory')),
      {
        timeout: 5_000,
      },
    );
    const ours = await ask(minute);
    expect([ours?.kept, text(ours?.response)]).toEqual([false, '{"status":519}']);
    expect(await recorder.ask(valuesOf)).toBeDefined();
    makeSpace();
    await vi.waitFor(() => expect(logged.at(-1)).toContain('the store works again'), { timeout: 10_000 });
    expect((await ask(minute))?.kept).toBe(true);
    await recorder.close();
    expect(openStore(dataDir).readings.list()).toHaveLength(minute + 1 + 20);
  });
});

describe('the end', () => {
  test('what was asked before it is done, also behind a batch', async () => {
    const { recorder, dataDir } = await asking();
    recorder.record(replayed(1));
    const next = recorder.next('withings', scale);
    const settled = recorder.settle(1, { state: 'delivered', status: 0 });
    await recorder.close();
    expect((await next)?.id).toBe(1);
    await settled;
    expect(openStore(dataDir).owed.list()).toMatchObject([{ state: 'delivered' }]);
  });

  test.each([
    ['that was never started', () => undefined],
    ['that has not opened its store', (recorder: { start(): Promise<string> }) => void recorder.start()],
  ])('nobody is kept waiting by one %s, nor asks it anything', async (_what, begin) => {
    const { recorder } = recorderOf(folder());
    begin(recorder);
    const events: string[] = [];
    void recorder.ask(valuesOf).then((values) => events.push(`early ${values}`));
    void recorder.settle(1, { state: 'delivered', status: 0 }).then(() => events.push('settled'));
    await recorder.close().then(() => events.push('closed'));
    void recorder.ask(valuesOf).then((values) => events.push(`late ${values}`));
    await new Promise(setImmediate);
    expect(events).toEqual(['early undefined', 'settled', 'closed', 'late undefined']);
  });
});
