import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { LogLevel } from '../log.js';
import { UserError } from '../model/errors.js';
import type { Exchange } from '../model/exchange.js';
import { placeOf } from '../offline/place.js';
import type { DeliveryStatus } from '../sinks/delivery.js';
import { DeliveryLoop } from '../sinks/delivery.js';
import { openSinks } from '../sinks/index.js';
import type { SinkContext } from '../sinks/sink.js';
import { Store, StoreUnavailable } from '../store/store.js';
import { vendorOf } from '../vendors/index.js';
import type { Vendor } from '../vendors/vendor.js';
import { isOffline } from '../vendors/vendor.js';
import { Answering } from './answering.js';
import { Commits, FIRST_RETRY_MS, LAST_RETRY_MS } from './commits.js';
import { RelayCounters } from './counters.js';
import { Household } from './household.js';
import type { FromThread, Question, RecorderSettings, Replies, ToThread } from './messages.js';
import { clockMs } from './messages.js';
import type { Delivering } from './relay-report.js';
import { RelayReporter } from './relay-report.js';

/**
 * The thread of the store: commits what the relay's thread hands over, takes the readings out, delivers them to
 * the sinks and forgets what is too old. The relay's thread never waits for any of it.
 */

const HOUSEKEEPING_EVERY_MS = 5_000;
const REPORT_EVERY_MS = 60_000;
/** A busy scale's readings come exchange by exchange: a write for each would cost more than all the rest of them. */
const DELIVERY_REST_MS = 250;
const REST_MS = 0.02;
/** What a killed run may have left open: no visit of a scale takes longer, and one has few exchanges. */
const RECALL_MS = 600_000;
const RECALL_EXCHANGES = 500;

/** What {@link rest} waits on; it is never woken but by the time. */
const nobody = new Int32Array(new SharedArrayBuffer(4));

const settings = workerData as RecorderSettings;
const port = parentPort;
if (port === null) throw new Error('this module runs as a thread only');

const post = (message: FromThread): void => port.postMessage(message);
const log = (level: LogLevel, message: string): void => post({ kind: 'log', level, message });

/** Ends what waits for better times. */
const ending = new AbortController();

const counters = new RelayCounters();

await main();

async function main(): Promise<void> {
  const store = await opened();
  if (store === null) return;
  const household = new Household(store, settings.answers.people, (message) => log('error', message));
  household.look();
  const delivering = await startDeliveries(store);
  const deliveries = delivering.map(({ loop }) => loop);
  const reporter = new RelayReporter(counters, delivering, (message) => log('debug', message));
  const forget = forgetter(store);
  const tellOwing = owingTeller(store);
  const listener = { log, trouble: (on: boolean) => post({ kind: 'trouble', on }) };
  const commits = new Commits(store, counters, listener, ending.signal);
  const ask = answerer(store, household, commits, deliveries);
  const housekeeping = setInterval(() => {
    void forget();
    // An import beside us may have brought readings, and a command have settled what is owed.
    for (const delivery of deliveries) delivery.wake();
    household.look();
    tellOwing();
  }, HOUSEKEEPING_EVERY_MS);
  const reporting = setInterval(() => void reporter.report(), REPORT_EVERY_MS);

  port?.on('message', async (message: ToThread) => {
    switch (message.kind) {
      case 'batch': {
        const { packed, again, hurry } = message;
        const how = { dedupe: again, owed: true, learn: settings.learn, ...(hurry ? {} : { rest }) };
        const readings = await commits.commitBatch(packed, how);
        if (readings === null) break;
        post({ kind: 'committed' });
        if (readings > 0) for (const delivery of deliveries) delivery.wake();
        tellOwing();
        break;
      }
      case 'question': {
        const { id, question, untilMs } = message;
        post({ kind: 'reply', id, ...ask(question, untilMs) });
        if (question.ask === 'answer' || question.ask === 'change')
          for (const delivery of deliveries) delivery.wake();
        tellOwing();
        break;
      }
      case 'close':
        ending.abort();
        clearInterval(housekeeping);
        clearInterval(reporting);
        await reporter.close();
        await Promise.all(deliveries.map((delivery) => delivery.close()));
        store.close();
        port.close();
        break;
    }
  });
  post({ kind: 'open', file: store.file, sessions: ourSessions(store) });
  tellOwing();
}

/** The sessions that we have opened lately, by their ids: a run that was killed has left them to us. */
function ourSessions(store: Store): string[] {
  const ids: string[] = [];
  try {
    for (const exchange of store.journal.recall(Date.now() - RECALL_MS, RECALL_EXCHANGES)) {
      const { request, response, answered } = exchange;
      if (answered !== 'replayed' || response === null) continue;
      const vendor = vendorOf(exchange);
      if (!isOffline(vendor)) continue;
      const judgement = vendor.judge(request, response);
      if (judgement.good && judgement.session !== null) ids.push(judgement.session);
    }
  } catch (error) {
    log('warn', `cannot look for sessions of the last run: ${messageOf(error)}`);
  }
  return ids;
}

/** Answers the questions of the relay's thread. */
function answerer(
  store: Store,
  household: Household,
  commits: Commits,
  deliveries: readonly DeliveryLoop[],
): (question: Question, untilMs: number) => { reply: unknown; failed: string | null } {
  const { place: at, requireAuth, maxValueAgeMs } = settings.answers;
  const place = placeOf(at);
  const answering = new Answering(store, {
    house: () => ({ people: household.people, place, requireAuth }),
    maxValueAgeMs,
    learn: settings.learn,
    log: (message) => log('error', message),
  });
  const reply = (question: Question, untilMs: number): Replies[Question['ask']] => {
    switch (question.ask) {
      case 'answer':
        return counters.committing(
          () => answering.answer(question.exchange, () => clockMs() < untilMs),
          (ours) => ours?.kept === true,
        );
      case 'owed-next':
        return store.owed.next(question.vendor, question.device, Date.now(), settings.leaseMs);
      case 'owed-settle':
        return store.owed.settle(question.id, question.outcome, Date.now()) as undefined;
      case 'values': {
        const { vendor, device } = question;
        return new Map(store.values.list({ vendor, device }).map(({ name, text }) => [name, text]));
      }
      case 'devices-with': {
        const all = store.values.list({ vendor: question.vendor });
        return all.filter(({ name }) => name === question.name).map(({ device }) => device);
      }
      case 'newest':
        return store.readings.newest(question.vendor, question.person, 'weight')?.timeMs ?? null;
      case 'keep': {
        const { vendor, device, name, text } = question;
        const { values } = store;
        return values.change(() => values.put(vendor, device, name, text, Date.now() * 1000)) as undefined;
      }
      case 'change': {
        // Whoever asked has been told that nothing came of it.
        if (clockMs() >= untilMs) throw new Error('a change came too late');
        const changed = store.change(question.change);
        household.read();
        return changed;
      }
      case 'status':
        return {
          isWritable: !commits.inTrouble,
          lastExchangeUs: counters.lastUs,
          counts: counters.snapshot(),
          sinks: deliveries.map((delivery) => delivery.status()),
        };
    }
  };
  return (question, untilMs) => {
    try {
      return { reply: reply(question, untilMs), failed: null };
    } catch (error) {
      return { reply: undefined, failed: messageOf(error) };
    }
  };
}

/** Tells what the cloud is owed when that has changed, also by another process. */
function owingTeller(store: Store): () => void {
  let told: string | null = null;
  return () => {
    try {
      store.owed.refresh();
      const owing = store.owed.any
        ? store.owed.devices().map(({ vendor, device }) => `${vendor} ${device}`)
        : [];
      if (owing.join() === told) return;
      told = owing.join();
      post({ kind: 'owing', owing });
    } catch (error) {
      log('debug', `cannot tell what the cloud is owed: ${messageOf(error)}`);
    }
  };
}

/** The journal asks for the vendor of each exchange once, so this is where they are seen without more work. */
function seenVendorOf(exchange: Exchange): Vendor | undefined {
  const vendor = vendorOf(exchange);
  counters.see(exchange, vendor?.name ?? null);
  return vendor;
}

/** The store when it is open; null when it cannot be used, or is not to be any more. Then the thread ends by itself. */
async function opened(): Promise<Store | null> {
  // Until it is told that the store is open, the relay's thread says nothing else.
  const close = ({ kind }: ToThread) => kind === 'close' && ending.abort();
  port?.on('message', close);
  try {
    const store = await open();
    if (!ending.signal.aborted) return store;
    store.close();
  } catch (error) {
    if (error instanceof UserError) post({ kind: 'unusable', message: error.message });
    else if (!ending.signal.aborted) throw error;
  } finally {
    port?.off('message', close);
  }
  port?.close();
  return null;
}

/** Opens the store; tries again for as long as only the circumstances are against it. Rejects when it is to end. */
async function open(): Promise<Store> {
  for (let wait = FIRST_RETRY_MS; ; wait = Math.min(LAST_RETRY_MS, 2 * wait)) {
    try {
      return new Store(settings.dataDir, seenVendorOf, { create: true });
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      if (wait === FIRST_RETRY_MS) {
        log('error', `${error.message}. Relaying goes on; exchanges wait in memory`);
      }
      await sleep(wait, undefined, { signal: ending.signal });
    }
  }
}

/** Forgets what is too old or too much, and says once when it cannot. */
function forgetter(store: Store): () => Promise<void> {
  const retention = store.retention(settings.retention);
  let busy = false;
  let failed = false;
  return async () => {
    if (busy) return;
    busy = true;
    try {
      // A pause after each step lets commits in between.
      while (!ending.signal.aborted && retention.step(Date.now()) > 0) await sleep(1);
      failed = false;
    } catch (error) {
      if (!failed) log('warn', `cannot forget old exchanges: ${messageOf(error)}`);
      failed = true;
    }
    busy = false;
  };
}

async function startDeliveries(store: Store): Promise<(Delivering & { readonly loop: DeliveryLoop })[]> {
  const { sinks, problems } = await openSinks(settings.sinks, sinkContext(store));
  for (const problem of problems) log('error', problem);
  return sinks.map((sink) => {
    const onRefused = (message: string) => log('warn', message);
    const how = { onChange: logDelivery, onRefused, restMs: DELIVERY_REST_MS };
    const loop = new DeliveryLoop(sink, store.deliveries, how);
    loop.wake();
    return { sink, loop };
  });
}

function sinkContext(store: Store): SinkContext {
  return {
    newest: () => store.readings.newestOfAll(),
    warn: (message) => log('warn', message),
  };
}

function logDelivery({ name, cause, message, backlog }: DeliveryStatus): void {
  const waiting = backlog === null ? '' : `; ${backlog} readings wait`;
  if (cause === undefined) log('info', `${name}: delivered again${waiting}`);
  else log('warn', `${name}: ${message}${waiting}, none is lost`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Sleeps for a moment. Where cores are few the relay's thread may be waiting for this one's, and a scheduler lets
 * a busy thread run for milliseconds: these pauses halve the relay's p99 under load (docs/performance.md).
 */
function rest(): void {
  Atomics.wait(nobody, 0, 0, REST_MS);
}
