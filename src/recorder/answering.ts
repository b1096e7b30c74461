import type { Exchange } from '../model/exchange.js';
import { answered } from '../offline/answered.js';
import { circumstancesAt, type House } from '../offline/circumstances.js';
import { NotWanted } from '../store/journal.js';
import { isStoreTrouble, type Store } from '../store/store.js';
import { vendorOf } from '../vendors/index.js';
import type { OfflineVendor } from '../vendors/vendor.js';
import { isOffline } from '../vendors/vendor.js';
import type { OurAnswer } from './messages.js';

export interface AnsweringOptions {
  /** As it is now: people come and go. */
  readonly house: () => House;
  /** Values that are older are not used; null for any age. */
  readonly maxValueAgeMs: number | null;
  /** Whether values are learnt from what the device says; secrets always are. */
  readonly learn: boolean;
  readonly log: (message: string) => void;
}

/**
 * Answers a device in the cloud's place, out of what the store knows. What lets the device forget a measure is given
 * only when that is on disk; if it cannot be written, the device is answered so that it keeps its measures.
 */
export class Answering {
  readonly #store: Store;
  readonly #options: AnsweringOptions;
  /** The last answer could not be kept, which has been said. */
  #failing = false;

  constructor(store: Store, options: AnsweringOptions) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * The answer to a request that is whole; null when there is none of our own. `wanted` says whether somebody still
   * waits for it: nothing is kept of an answer that nobody gets.
   */
  answer(exchange: Exchange, wanted: () => boolean = () => true): OurAnswer | null {
    const vendor = vendorOf(exchange);
    if (!isOffline(vendor)) return null;
    this.#store.values.refresh();
    const answer = this.#make(vendor, exchange, true);
    if (answer === null) return null;
    const { response, acknowledges } = answer;
    try {
      const { learn } = this.#options;
      this.#store.journal.commit([answered(exchange, response)], { owed: acknowledges, learn, wanted });
      this.#failing = false;
      return { response, kept: true };
    } catch (error) {
      if (error instanceof NotWanted) return null;
      if (!(error instanceof Error)) throw error;
      this.#cannotKeep(error);
    }
    const other = acknowledges ? this.#make(vendor, exchange, false) : answer;
    return other && { response: other.response, kept: false };
  }

  /** Says why an answer cannot be kept, once for as long as that lasts. */
  #cannotKeep(error: Error): void {
    if (this.#failing) return;
    this.#failing = true;
    const fault = isStoreTrouble(error) ? '' : ', which is a fault in scaletap';
    const problem = `cannot write ${this.#store.file}: ${error.message}${fault}`;
    this.#options.log(`${problem}. Until it can, scales have to keep their measures`);
  }

  #make(vendor: OfflineVendor, exchange: Exchange, canKeep: boolean) {
    const { journal, readings, values } = this.#store;
    const { house, maxValueAgeMs } = this.#options;
    const nowMs = Date.now();
    const circumstances = circumstancesAt(nowMs, house(), {
      known: journal.known(vendor),
      value: (device, name) => {
        const entry = values.entry(vendor.name, device, name);
        const tooOld = maxValueAgeMs !== null && entry && nowMs - entry.updatedAtMs > maxValueAgeMs;
        return tooOld ? undefined : entry;
      },
      newest: (person, kind) => readings.newestOfOwner(vendor.name, person, kind),
      canKeep,
    });
    return vendor.answer(exchange, circumstances);
  }
}
