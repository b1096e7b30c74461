import { Worker } from 'node:worker_threads';
import type { Log } from '../log.js';
import { UserError } from '../model/errors.js';
import type { Exchange } from '../model/exchange.js';
import type { Outcome, OwedItem, OwedPlace } from '../model/owed.js';
import { Batch } from './batch.js';
import type { FromThread, Owing, Question, RecorderSettings, Replies, ToThread } from './messages.js';
import { clockMs } from './messages.js';

/** Exchanges are committed in groups: the first of a group waits so long for others. */
const GROUP_MS = 10;
/** A group takes no more exchanges when it holds so many bytes, which bounds the work of one commit. */
const FULL_GROUP_BYTES = 1024 * 1024;
/** The garbage collector does not see shared memory and gives it back late, so a few batches are kept. */
const MAX_SPARES = 4;
/** Bytes of exchanges that wait for a store that fails or is slow. What comes on top is lost, and counted. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;
/** The store's thread makes no more pauses when so many bytes wait. */
const HURRY_BYTES = 6 * 1024 * 1024;
/** A question that is not answered by then is given up. */
const ANSWER_TIMEOUT_MS = 4_000;
/** So long before that the thread begins no commit of an answer: it must have arrived by then. */
const LAST_STEPS_MS = 500;
/** How long the last exchanges are waited for at the end. */
const CLOSE_TIMEOUT_MS = 10_000;
/** A thread that fails is started again after so long, and after ever longer if that does not help. */
const FIRST_RESTART_MS = 1_000;
const LAST_RESTART_MS = 60_000;

/** What the store's thread tells by itself. */
export interface RecorderEvents {
  /** What the cloud is owed has changed. */
  onOwing(owing: Owing): void;
  /** The store is open; the sessions that we have opened lately, by their ids. */
  onSessions(sessions: readonly string[]): void;
}

const unheard: RecorderEvents = { onOwing: () => undefined, onSessions: () => undefined };

/** A question on its way to the store's thread. */
class Asking {
  readonly id: number;
  readonly question: Question;
  /** Until when the answer is waited for, by {@link clockMs}. */
  readonly untilMs: number;
  readonly resolve: (reply: unknown) => void;
  /** As those of a batch: what is lost with it. */
  readonly bytes = 0;
  readonly count = 0;

  constructor(id: number, question: Question, untilMs: number, resolve: (reply: unknown) => void) {
    this.id = id;
    this.question = question;
    this.untilMs = untilMs;
    this.resolve = resolve;
  }
}

/**
 * Takes exchanges from the relay and has them committed by a thread of their own, where the readings are taken
 * out and delivered too. Nothing here ever holds the relay up.
 */
export class Recorder implements OwedPlace {
  readonly #settings: RecorderSettings;
  readonly #log: Log;
  #thread: Worker | null = null;
  #open = false;
  /** In the order in which they go; exchanges are added to the last one. */
  #waiting: (Batch | Asking)[] = [];
  /** With the thread, and not known to be on disk. */
  #inFlight: Batch | null = null;
  /** Questions by their number: asked and not answered. */
  readonly #asked = new Map<number, Asking>();
  #questions = 0;
  /** The store cannot be written to: questions do not wait behind what is to be written. */
  #trouble = false;
  /** A question has waited in vain for the store to open: until it is, no other waits. */
  #givenUp = false;
  /** Batches whose memory can be used again. */
  #spares: Batch[] = [];
  /** The first batch that waits was given to a thread that has failed. */
  #again = false;
  #timer: NodeJS.Timeout | null = null;
  #lost = 0;
  #restartMs = FIRST_RESTART_MS;
  /** No thread is to be started any more. */
  #ended = false;
  #onEvent: () => void = () => undefined;
  readonly #events: RecorderEvents;

  constructor(settings: RecorderSettings, log: Log, events: RecorderEvents = unheard) {
    this.#settings = settings;
    this.#log = log;
    this.#events = events;
  }

  /**
   * Starts the thread. Resolves to the database file when it is open, which a full disk may delay for long.
   * Rejects with a UserError when it cannot be used.
   */
  start(): Promise<string> {
    return new Promise((resolve, reject) => this.#startThread(resolve, reject));
  }

  /** Takes an exchange that is over. Returns at once. */
  record(exchange: Exchange): void {
    let batch = this.#waiting.at(-1);
    if (
      !(batch instanceof Batch) ||
      batch.bytes >= FULL_GROUP_BYTES ||
      (this.#again && this.#waiting.length === 1)
    ) {
      if (this.#waitingBytes() >= MAX_WAITING_BYTES) {
        if (this.#lost++ === 0)
          this.#log.error('the store does not keep up: exchanges are relayed but not kept');
        return;
      }
      batch = this.#spares.pop() ?? new Batch();
      this.#waiting.push(batch);
    }
    batch.add(exchange);
    this.#timer ??= setTimeout(() => this.#flush(), GROUP_MS);
  }

  /**
   * Asks the store's thread something, behind all that was recorded before. Resolves to undefined when it cannot
   * answer, or does not in time; what is to be written down has no such time.
   */
  ask<Q extends Question>(question: Q): Promise<Replies[Q['ask']] | undefined> {
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      if (this.#ended || (this.#givenUp && !this.#open)) {
        resolve(undefined);
        return;
      }
      const id = ++this.#questions;
      const isWrite = question.ask === 'owed-settle' || question.ask === 'change';
      const late = isWrite ? CLOSE_TIMEOUT_MS : ANSWER_TIMEOUT_MS;
      const timer = setTimeout(() => {
        this.#givenUp ||= !this.#open;
        this.#replied(id, undefined);
      }, late);
      const asking = new Asking(id, question, clockMs() + late - LAST_STEPS_MS, (reply) => {
        clearTimeout(timer);
        resolve(reply as Replies[Q['ask']] | undefined);
      });
      this.#asked.set(id, asking);
      if (this.#trouble && this.#open) this.#put(asking);
      else {
        this.#waiting.push(asking);
        this.#flush();
      }
    });
  }

  /** {@link OwedPlace.next} */
  next(vendor: string, device: string): Promise<OwedItem | undefined> {
    return this.ask({ ask: 'owed-next', vendor, device });
  }

  /** {@link OwedPlace.settle} */
  settle(id: number, outcome: Outcome): Promise<void> {
    return this.ask({ ask: 'owed-settle', id, outcome });
  }

  /** Has everything committed, within a bound, and ends the thread. */
  async close(): Promise<void> {
    const deadline = performance.now() + CLOSE_TIMEOUT_MS;
    while (this.#pending() > 0 && !this.#ended && performance.now() < deadline) {
      this.#flush();
      await this.#event(deadline - performance.now());
    }
    this.#ended = true;
    const lost = this.#lost + this.#pending();
    if (lost > 0) this.#log.error(`${lost} exchanges were relayed but could not be kept`);
    if (this.#timer) clearTimeout(this.#timer);
    const thread = this.#thread;
    if (thread === null) {
      this.#noReplies();
      return;
    }
    // What was asked last may have waited for the last batch.
    this.#flush();
    this.#post({ kind: 'close' });
    // Only a thread that hangs is ended by force: inside the database that ends the whole process (SIGABRT).
    const late = setTimeout(() => void thread.terminate(), CLOSE_TIMEOUT_MS);
    while (this.#thread !== null) await this.#event(CLOSE_TIMEOUT_MS);
    clearTimeout(late);
  }

  #startThread(resolve: (file: string) => void, reject: (error: Error) => void): void {
    const thread = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: this.#settings,
      // What a batch leaves behind is short-lived: a small young generation keeps the memory low.
      resourceLimits: { maxYoungGenerationSizeMb: 6 },
    });
    this.#thread = thread;
    thread.on('message', (message: FromThread) => {
      switch (message.kind) {
        case 'open':
          this.#open = true;
          this.#givenUp = false;
          this.#events.onSessions(message.sessions);
          resolve(message.file);
          this.#flush();
          break;
        case 'unusable':
          this.#ended = true;
          reject(new UserError(message.message));
          break;
        case 'committed':
          this.#committed();
          break;
        case 'trouble':
          this.#trouble = message.on;
          if (message.on) this.#askAll();
          break;
        case 'reply':
          if (message.failed !== null) this.#log.error(`the store has no answer: ${message.failed}`);
          this.#replied(message.id, message.reply);
          this.#flush();
          break;
        case 'owing':
          this.#events.onOwing(message.owing);
          break;
        case 'log':
          this.#log[message.level](message.message);
          break;
      }
      this.#onEvent();
    });
    thread.on('error', (error) =>
      this.#log.error(`the thread of the store failed: ${error.stack ?? error.message}`),
    );
    thread.on('exit', () => {
      this.#thread = null;
      this.#open = false;
      this.#trouble = false;
      this.#noReplies();
      this.#onEvent();
      if (this.#ended) return;
      // The next thread is given the batch again; it finds out what of it was committed.
      if (this.#inFlight) {
        this.#waiting.unshift(this.#inFlight);
        this.#inFlight = null;
        this.#again = true;
      }
      const restart = () => {
        if (!this.#ended) this.#startThread(resolve, reject);
      };
      setTimeout(restart, this.#restartMs).unref();
      this.#restartMs = Math.min(LAST_RESTART_MS, 2 * this.#restartMs);
    });
  }

  #flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#open && !this.#inFlight) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (next instanceof Batch) this.#send(next);
      else this.#put(next);
    }
  }

  #send(batch: Batch): void {
    this.#inFlight = batch;
    this.#post({
      kind: 'batch',
      packed: batch.packed,
      again: this.#again,
      hurry: this.#waitingBytes() > HURRY_BYTES,
    });
    this.#again = false;
  }

  /** Asks all that waits to be asked. */
  #askAll(): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((each) => each instanceof Batch);
    for (const each of waiting) {
      if (each instanceof Asking) this.#put(each);
    }
  }

  #put({ id, question, untilMs }: Asking): void {
    this.#post({ kind: 'question', id, question, untilMs });
  }

  #replied(id: number, reply: unknown): void {
    const asking = this.#asked.get(id);
    if (asking === undefined) return;
    this.#asked.delete(id);
    const at = this.#waiting.indexOf(asking);
    if (at >= 0 && asking.question.ask !== 'owed-settle') this.#waiting.splice(at, 1);
    asking.resolve(reply);
  }

  /** Nobody answers what the thread was asked; what it was not asked waits for the next one, if there is one. */
  #noReplies(): void {
    const waiting = new Set(this.#ended ? [] : this.#waiting);
    for (const asking of [...this.#asked.values()]) {
      if (!waiting.has(asking)) this.#replied(asking.id, undefined);
    }
  }

  #committed(): void {
    this.#restartMs = FIRST_RESTART_MS;
    const done = this.#inFlight;
    this.#inFlight = null;
    if (done && this.#spares.length < MAX_SPARES && !done.hasGrown) {
      done.clear();
      this.#spares.push(done);
    }
    if (this.#lost > 0 && this.#waiting.length === 0) {
      this.#log.error(`the store keeps up again; ${this.#lost} exchanges were relayed but not kept`);
      this.#lost = 0;
    }
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#flush(), 0);
  }

  #waitingBytes(): number {
    return this.#waiting.reduce((sum, batch) => sum + batch.bytes, 0);
  }

  /** Exchanges that are not known to be on disk. */
  #pending(): number {
    return this.#waiting.reduce((sum, batch) => sum + batch.count, this.#inFlight?.count ?? 0);
  }

  #post(message: ToThread): void {
    this.#thread?.postMessage(message);
  }

  #event(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, timeoutMs));
      this.#onEvent = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
