import type { Exchange } from '../model/exchange.js';
import type { PULLED, PullPlace } from '../pull/place.js';
import type { Recorder } from './recorder.js';

const VENDOR = 'renpho';

/** Where the pulls of a running serve find what they need, and leave what they bring: the store, by its thread. */
export class RecorderPlace implements PullPlace {
  readonly #recorder: Recorder;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  accounts(): Promise<readonly string[] | undefined> {
    return this.#recorder.ask({ ask: 'devices-with', vendor: VENDOR, name: 'session' });
  }

  values(account: string): Promise<ReadonlyMap<string, string> | undefined> {
    return this.#recorder.ask({ ask: 'values', vendor: VENDOR, device: account });
  }

  async newestMs(person: string): Promise<number | null> {
    // What is not known now is asked for again from the beginning: what is there already is not doubled.
    return (await this.#recorder.ask({ ask: 'newest', vendor: VENDOR, person })) ?? null;
  }

  record(exchange: Exchange): void {
    this.#recorder.record(exchange);
  }

  async keep(account: string, name: typeof PULLED, text: string): Promise<void> {
    await this.#recorder.ask({ ask: 'keep', vendor: VENDOR, device: account, name, text });
  }
}
