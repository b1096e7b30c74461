import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLevel } from '../log.js';
import type { Exchange } from '../model/exchange.js';
import type { CommitOptions } from '../store/journal.js';
import { isStoreTrouble, type Store } from '../store/store.js';
import { unpack } from './batch.js';
import type { RelayCounters } from './counters.js';

/** The waits while the store is in trouble, each twice the one before. */
export const FIRST_RETRY_MS = 500;
export const LAST_RETRY_MS = 30_000;

interface CommitListener {
  log(level: LogLevel, message: string): void;
  /** The store cannot be written to, or can again. */
  trouble(on: boolean): void;
}

/** Commits what the relay's thread hands over, however long the store is in trouble. */
export class Commits {
  readonly #store: Store;
  readonly #counters: RelayCounters;
  readonly #listener: CommitListener;
  readonly #ending: AbortSignal;
  #inTrouble = false;

  /** `ending` ends a wait for better times. */
  constructor(store: Store, counters: RelayCounters, listener: CommitListener, ending: AbortSignal) {
    this.#store = store;
    this.#counters = counters;
    this.#listener = listener;
    this.#ending = ending;
  }

  get inTrouble(): boolean {
    return this.#inTrouble;
  }

  /**
   * Commits a batch, and resolves to the number of new readings, null when it was given up as all ends. An exchange that
   * cannot be stored at all is said and left out, so that the others are kept.
   */
  async commitBatch(packed: Uint8Array, how: CommitOptions): Promise<number | null> {
    try {
      return await this.#commit(() => unpack(packed), how);
    } catch (error) {
      if (this.#ending.aborted) return null;
      this.#listener.log('debug', `a batch is committed one by one: ${messageOf(error)}`);
    }
    let readings = 0;
    for (const exchange of unpack(packed)) {
      try {
        readings += await this.#commit(() => [exchange], how);
      } catch (error) {
        if (this.#ending.aborted) return null;
        const message = `an exchange could not be kept, which is a fault in scaletap: ${messageOf(error)}`;
        this.#listener.log('error', message);
      }
    }
    return readings;
  }

  /** Says once when trouble starts and once when it is over. Rejects when it is the exchanges that cannot be stored. */
  async #commit(exchanges: () => Iterable<Exchange>, how: CommitOptions): Promise<number> {
    const store = this.#store;
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(LAST_RETRY_MS, 2 * wait)) {
      try {
        const { readings } = this.#counters.committing(() => store.journal.commit(exchanges(), how));
        if (wait > FIRST_RETRY_MS) {
          this.#listener.log('warn', 'the store works again; what waited for it is kept');
          this.#become(false);
        }
        return readings;
      } catch (error) {
        if (!isStoreTrouble(error)) throw error;
        if (wait === FIRST_RETRY_MS) {
          this.#become(true);
          const message = `cannot write ${store.file}: ${messageOf(error)}`;
          this.#listener.log('error', `${message}. Relaying goes on; exchanges wait in memory`);
        }
        await sleep(wait, undefined, { signal: this.#ending });
      }
    }
  }

  #become(inTrouble: boolean): void {
    this.#inTrouble = inTrouble;
    this.#listener.trouble(inTrouble);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
