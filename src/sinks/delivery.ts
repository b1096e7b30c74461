import type { KeptReading } from '../model/reading.js';
import type { PlacedRetraction } from '../model/retraction.js';
import { type BackOff, backOff, type DeliveryCause } from './back-off.js';
import type { Outcome, Sink } from './sink.js';

/** A reading with its place in the list of all readings; later ones have a higher `seq`. */
export interface PlacedReading {
  readonly seq: number;
  readonly reading: KeptReading;
}

/**
 * Where the deliveries are kept: the durable place of every sink in the list of readings. All calls are
 * synchronous and durable when they return. Any of them may throw (disk full); the loop then tries again later.
 */
export interface DeliveryPlace {
  /** At most `limit` retractions that the sink has not done, by rising `id`. A new sink starts behind the last one. */
  retractions(sinkName: string, limit: number): readonly PlacedRetraction[];
  /** Retractions up to `id` are done, or cannot be had from that sink. */
  retracted(sinkName: string, id: number): void;
  /**
   * At most `limit` readings after the sink's place, by rising `seq`; none while there is a retraction that it has not
   * done. A new sink starts before the first one.
   */
  next(sinkName: string, limit: number): readonly PlacedReading[];
  /** Moves the sink's place to `seq`: nothing up to it is handed out again. */
  advance(sinkName: string, seq: number): void;
  /**
   * Keeps a reading that the sink refused for good, so that it can be shown. The loop advances only afterwards,
   * so after a kill in between the same reading is refused again: that must be harmless.
   */
  refuse(sinkName: string, seq: number, reading: KeptReading, message: string): void;
  /** How many readings come after the sink's place. */
  backlog(sinkName: string): number;
}

/** How a delivery stands, for display. */
export interface DeliveryStatus {
  /** The sink's name. */
  readonly name: string;
  /** `waiting` is for the next try after trouble. */
  readonly state: 'idle' | 'delivering' | 'waiting';
  /** Present from the first failed try until a try has succeeded. */
  readonly cause?: DeliveryCause;
  readonly message?: string;
  /** Readings delivered since the loop was made; refused ones are not among them. */
  readonly deliveredCount: number;
  /** Readings that still wait; null when the store cannot tell. */
  readonly backlog: number | null;
  /** When the next try comes, in milliseconds since the Unix epoch; only while `waiting`. */
  readonly nextTryMs?: number;
}

export interface DeliveryOptions {
  /** Told when a delivery goes bad, once for each cause, and once when it is well again. */
  readonly onChange?: (status: DeliveryStatus) => void;
  /** Told, for people, of what a sink will not take back, once for each message. */
  readonly onRefused?: (message: string) => void;
  /**
   * The least time from a batch that was not full to the next one, in milliseconds, so that readings which come one by
   * one make few writes; 0 unless it is given.
   */
  readonly restMs?: number;
  /** How long a sink may take for a batch, in milliseconds: a guard against a sink that breaks its contract. */
  readonly deliverTimeoutMs?: number;
  /** A number from 0 up to, not including, 1. */
  readonly random?: () => number;
  /** Milliseconds since the Unix epoch. */
  readonly now?: () => number;
}

interface Trouble {
  readonly cause: DeliveryCause;
  readonly message: string;
  readonly afterMs?: number;
}

const closeTimeoutMs = 2_000;
/** Retractions that a sink is given at once. */
const RETRACTIONS = 200;

/**
 * Has a sink take back what does not hold any more, and delivers the readings after its durable place, batch after
 * batch and in order, until none is left, and starts again when woken. The place moves only when a batch is there, so
 * that a kill at any moment delivers some readings twice, which is harmless, and loses none. Never throws and never rejects.
 */
export class DeliveryLoop {
  readonly #sink: Sink;
  readonly #place: DeliveryPlace;
  readonly #onChange: (status: DeliveryStatus) => void;
  readonly #onRefused: (message: string) => void;
  readonly #restMs: number;
  readonly #deliverTimeoutMs: number;
  readonly #now: () => number;
  readonly #backOff: BackOff;

  #state: DeliveryStatus['state'] = 'idle';
  #trouble: Trouble | undefined;
  /** The causes that `onChange` was told of since the delivery was last well. */
  readonly #told = new Set<DeliveryCause>();
  /** What `onRefused` was told. */
  readonly #refusals = new Set<string>();
  #nextTryMs = 0;
  #deliveredCount = 0;
  /** So many readings after the place hold at least one that the sink refuses; 0 when none is suspected. */
  #suspects = 0;
  /** One of the retractions at hand is refused. */
  #suspectRetractions = false;
  #closed = false;
  /** Of the back-off or of the delivery under way: there is never more than one of them. */
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: Sink, place: DeliveryPlace, options: DeliveryOptions = {}) {
    this.#sink = sink;
    this.#place = place;
    this.#onChange = options.onChange ?? (() => {});
    this.#onRefused = options.onRefused ?? (() => {});
    this.#restMs = options.restMs ?? 0;
    this.#deliverTimeoutMs = options.deliverTimeoutMs ?? 60_000;
    this.#now = options.now ?? Date.now;
    this.#backOff = backOff(options.random ?? Math.random);
  }

  /**
   * Says that there are readings: at the start, for what an earlier run left, and whenever some are committed.
   * Returns at once. While a delivery waits after trouble this does not shorten the wait.
   */
  wake(): void {
    if (this.#state !== 'idle' || this.#closed) return;
    this.#state = 'delivering';
    // Not on the caller's stack, which may be in the middle of a commit.
    setImmediate(() => void this.#run());
  }

  status(): DeliveryStatus {
    return {
      name: this.#sink.name,
      state: this.#state,
      ...(this.#trouble && { cause: this.#trouble.cause, message: this.#trouble.message }),
      deliveredCount: this.#deliveredCount,
      backlog: this.#backlog(),
      ...(this.#state === 'waiting' && { nextTryMs: this.#nextTryMs }),
    };
  }

  /**
   * Stops at once and closes the sink, waiting two seconds at most. The store is not touched any more, so a
   * batch that is under way is delivered again by the next run.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#state = 'idle';
    clearTimeout(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, closeTimeoutMs);
    });
    await Promise.race([Promise.allSettled([this.#sink.close()]), late]);
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      this.#state = 'delivering';
      const result = await this.#step();
      if (this.#closed) return;
      if (typeof result === 'object') return this.#wait(result);
      if (result === 'empty') this.#state = 'idle';
      this.#recover();
      if (result === 'empty') return;
      if (result === 'few' && this.#restMs > 0) {
        this.#timer = setTimeout(() => void this.#run(), this.#restMs);
        return;
      }
    }
  }

  /** One batch. Whatever is thrown in here comes from the place: {@link DeliveryLoop.#bounded} never rejects. */
  async #step(): Promise<'empty' | 'few' | 'more' | Trouble> {
    const { name, batchSize } = this.#sink;
    try {
      const retractions = this.#place.retractions(name, this.#suspectRetractions ? 1 : RETRACTIONS);
      if (retractions.length > 0) return await this.#retract(retractions);
      // Half of what is suspected, so that the one bad reading is found in a few steps.
      const limit = this.#suspects > 0 ? Math.ceil(this.#suspects / 2) : batchSize;
      const batch = this.#place.next(name, limit);
      this.#suspectRetractions = false;
      const last = batch.at(-1);
      if (last === undefined) return 'empty';
      const readings = batch.map((placed) => placed.reading);
      const outcome = await this.#bounded(() => this.#sink.deliver(readings));
      if (this.#closed) return 'empty';
      switch (outcome.kind) {
        case 'retry':
          return outcome;
        case 'delivered':
          this.#place.advance(name, last.seq);
          this.#deliveredCount += batch.length;
          this.#suspects = Math.max(0, this.#suspects - batch.length);
          return batch.length < limit ? 'few' : 'more';
        case 'refused':
          if (batch.length > 1) {
            this.#suspects = batch.length;
            return 'more';
          }
          this.#place.refuse(name, last.seq, last.reading, outcome.message);
          this.#place.advance(name, last.seq);
          this.#suspects = 0;
          return 'more';
      }
    } catch (error) {
      return { cause: 'store-failed', message: text(error) };
    }
  }

  /** What a sink will not take back for good must not stop what is right from being delivered. */
  async #retract(placed: readonly PlacedRetraction[]): Promise<'empty' | 'more' | Trouble> {
    const retractions = placed.map(({ retraction }) => retraction);
    const outcome = await this.#bounded(() => this.#sink.retract(retractions));
    if (this.#closed) return 'empty';
    if (outcome.kind === 'retry') return outcome;
    if (outcome.kind === 'refused' && placed.length > 1) {
      // One by one, so that the others are taken back.
      this.#suspectRetractions = true;
      return 'more';
    }
    if (outcome.kind === 'refused') this.#tellRefused(outcome.message);
    const last = placed.at(-1);
    if (last !== undefined) this.#place.retracted(this.#sink.name, last.id);
    return 'more';
  }

  /** Has the sink do something, in bounded time and without ever rejecting, whatever the sink does. */
  async #bounded(work: () => Promise<Outcome>): Promise<Outcome> {
    const message = `no answer within ${this.#deliverTimeoutMs / 1000} s`;
    const late = new Promise<Outcome>((resolve) => {
      const outcome: Outcome = { kind: 'retry', cause: 'timeout', message };
      this.#timer = setTimeout(resolve, this.#deliverTimeoutMs, outcome);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      return { kind: 'retry', cause: 'server-error', message: text(error) };
    } finally {
      clearTimeout(this.#timer);
    }
  }

  #wait(trouble: Trouble): void {
    const delayMs = this.#backOff.next(trouble.cause, trouble.afterMs);
    this.#state = 'waiting';
    this.#trouble = trouble;
    this.#nextTryMs = this.#now() + delayMs;
    this.#timer = setTimeout(() => void this.#run(), delayMs);
    if (this.#told.has(trouble.cause)) return;
    this.#told.add(trouble.cause);
    this.#tell();
  }

  #recover(): void {
    this.#backOff.reset();
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#told.clear();
    this.#tell();
  }

  /** A fault in the listener must not stop the delivery, nor end the process as an unhandled rejection. */
  #tell(): void {
    try {
      this.#onChange(this.status());
    } catch (error) {
      this.#warn(error);
    }
  }

  #warn(error: unknown): void {
    process.emitWarning(`A listener of the delivery to ${this.#sink.name} failed: ${text(error)}`);
  }

  #tellRefused(message: string): void {
    if (this.#refusals.has(message)) return;
    this.#refusals.add(message);
    try {
      this.#onRefused(`${this.#sink.name} does not take back what was corrected: ${message}`);
    } catch (error) {
      this.#warn(error);
    }
  }

  #backlog(): number | null {
    try {
      return this.#place.backlog(this.#sink.name);
    } catch {
      return null;
    }
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
