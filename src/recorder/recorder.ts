import { Worker } from 'node:worker_threads';
import type { Log } from '../log.js';
import { UserError } from '../model/errors.js';
import type { Exchange } from '../model/exchange.js';
import { pack, sizeOf } from './batch.js';
import type { FromThread, RecorderSettings, ToThread } from './messages.js';

/** Exchanges are committed in groups: the first of a group waits so long for others. */
const GROUP_MS = 10;
/** One group holds at most so many bytes, which bounds the memory of both threads. */
const MAX_GROUP_BYTES = 4 * 1024 * 1024;
/** Bytes of exchanges that wait for a store that fails or is slow. What comes on top is lost, and counted. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;
/** How long the last exchanges are waited for at the end. */
const CLOSE_TIMEOUT_MS = 10_000;
const RESTART_AFTER_MS = 1_000;

/**
 * Takes exchanges from the relay and has them committed by a thread of their own, where the readings are taken
 * out and delivered too. Nothing here ever holds the relay up.
 */
export class Recorder {
  readonly #settings: RecorderSettings;
  readonly #log: Log;
  #thread: Worker | null = null;
  #open = false;
  #waiting: Exchange[] = [];
  #waitingBytes = 0;
  /** Given to the thread and not known to be on disk. */
  #inFlight: Exchange[] = [];
  /** The first so many that wait were given to a thread that has failed. */
  #again = 0;
  #timer: NodeJS.Timeout | null = null;
  #lost = 0;
  #closing = false;
  #onEvent: () => void = () => undefined;

  constructor(settings: RecorderSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
  }

  /**
   * Starts the thread. Resolves to the database file when it is open, which a full disk may delay for long.
   * Rejects with a UserError when it cannot be used.
   */
  start(): Promise<string> {
    return new Promise((resolve, reject) => this.#startThread(resolve, reject));
  }

  /** Takes an exchange that is over. Returns at once and never throws. */
  record(exchange: Exchange): void {
    const size = sizeOf(exchange);
    if (this.#waitingBytes + size > MAX_WAITING_BYTES) {
      if (this.#lost++ === 0)
        this.#log.error('the store does not keep up: exchanges are relayed but not kept');
      return;
    }
    this.#waiting.push(exchange);
    this.#waitingBytes += size;
    this.#timer ??= setTimeout(() => this.#flush(), GROUP_MS);
  }

  /** Has everything committed, within a bound, and ends the thread. */
  async close(): Promise<void> {
    this.#closing = true;
    const deadline = performance.now() + CLOSE_TIMEOUT_MS;
    while (this.#waiting.length + this.#inFlight.length > 0 && performance.now() < deadline) {
      this.#flush();
      await this.#event(deadline - performance.now());
    }
    const lost = this.#lost + this.#waiting.length + this.#inFlight.length;
    if (lost > 0) this.#log.error(`${lost} exchanges were relayed but could not be kept`);
    if (this.#timer) clearTimeout(this.#timer);
    const thread = this.#thread;
    if (thread === null) return;
    this.#post({ kind: 'close' });
    const late = setTimeout(() => void thread.terminate(), CLOSE_TIMEOUT_MS);
    while (this.#thread !== null) await this.#event(CLOSE_TIMEOUT_MS);
    clearTimeout(late);
  }

  #startThread(resolve: (file: string) => void, reject: (error: Error) => void): void {
    const thread = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: this.#settings,
      // Batches are short-lived: a small young generation keeps the memory low at no cost in speed.
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    });
    this.#thread = thread;
    thread.on('message', (message: FromThread) => {
      switch (message.kind) {
        case 'open':
          this.#open = true;
          resolve(message.file);
          this.#flush();
          break;
        case 'unusable':
          this.#closing = true;
          reject(new UserError(message.message));
          break;
        case 'committed':
          this.#committed();
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
      this.#onEvent();
      if (this.#closing) return;
      // What it had not committed goes to the next one. What it had, but could not say, is found there again.
      this.#again = this.#inFlight.length;
      this.#waiting = [...this.#inFlight.splice(0), ...this.#waiting];
      setTimeout(() => this.#startThread(resolve, reject), RESTART_AFTER_MS).unref();
    });
  }

  #flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#open || this.#inFlight.length > 0 || this.#waiting.length === 0) return;
    const again = this.#again > 0;
    const most = again ? this.#again : this.#waiting.length;
    let bytes = 0;
    let count = 0;
    while (count < most && (count === 0 || bytes < MAX_GROUP_BYTES)) {
      bytes += sizeOf(this.#waiting[count++] as Exchange);
    }
    this.#again = Math.max(0, this.#again - count);
    this.#inFlight = count === this.#waiting.length ? this.#waiting : this.#waiting.slice(0, count);
    this.#waiting = count === this.#waiting.length ? [] : this.#waiting.slice(count);
    const packed = pack(this.#inFlight);
    this.#post({ kind: 'batch', packed, again }, packed.buffer);
  }

  #committed(): void {
    for (const exchange of this.#inFlight) this.#waitingBytes -= sizeOf(exchange);
    this.#inFlight = [];
    if (this.#lost > 0) {
      this.#log.error(`the store keeps up again; ${this.#lost} exchanges were relayed but not kept`);
      this.#lost = 0;
    }
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#flush(), 0);
  }

  #post(message: ToThread, ...transfer: ArrayBuffer[]): void {
    this.#thread?.postMessage(message, transfer);
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
