import type { KeptReading } from '../model/reading.js';
import type { Retraction } from '../model/retraction.js';

/** Why a batch did not go through although nothing may be wrong with it. */
export type RetryCause =
  /** No connection: refused, reset, unknown name. */
  | 'unreachable'
  /** No answer in time, or an answer cut in the middle. */
  | 'timeout'
  /** The server says that the fault is its own (5xx), or that there is too much (429). */
  | 'server-error'
  /** Wrong user or password, or no right to write. Tried again slowly: a person must act. */
  | 'unauthorized'
  /** The place to write to does not exist and may not be made. Tried again slowly. */
  | 'missing-target';

/** What became of a batch. */
export type Outcome =
  /** Every reading of the batch is there. */
  | { readonly kind: 'delivered' }
  /** Try the same batch again, not before `afterMs` if given. */
  | {
      readonly kind: 'retry';
      readonly cause: RetryCause;
      readonly message: string;
      readonly afterMs?: number;
    }
  /** The server refuses something in the batch for good; the loop finds out which reading by halving. */
  | { readonly kind: 'refused'; readonly message: string };

/** What a sink may know besides the readings that it is given. It may be asked whenever the store is open. */
export interface SinkContext {
  /** The newest reading that counts of each kind, for each device and owner: what a place that knows nothing yet is told first. */
  newest(): readonly KeptReading[];
  /** Tells people that a connection which is kept, also with nothing to deliver, is in trouble, or is well again. */
  warn(message: string): void;
}

/** Numbers of the relay itself at one time, for a place that keeps such. They are not readings. */
export interface RelayPoint {
  readonly timeMs: number;
  /** What the numbers are about, by names that are the same at all times. */
  readonly tags: Readonly<Record<string, string>>;
  /** At least one, all finite; names end with their unit. */
  readonly fields: Readonly<Record<string, number>>;
}

/**
 * A place where readings are delivered. A sink owns its format and nothing else: the delivery loop owns order,
 * retries, back-off and the durable place. Delivering a reading twice must be harmless.
 */
export interface Sink {
  /** Stable name of the durable place: another target is another name, e.g. `influx http://nas:8086/scales`. */
  readonly name: string;
  /** The most readings it takes at once. */
  readonly batchSize: number;
  /**
   * Delivers a batch in its order. Resolves in bounded time whatever the server does, and never rejects for
   * the network's sake; a rejection is a fault of ours and is retried like `server-error`.
   */
  deliver(batch: readonly KeptReading[]): Promise<Outcome>;
  /**
   * Takes back what was delivered, in this order, as far as the place can; bounded and retried as `deliver` is. Doing it
   * twice, and for what is not there, must be harmless.
   */
  retract(retractions: readonly Retraction[]): Promise<Outcome>;
  /**
   * Writes points of one time, once: what does not go through is gone, and nobody tries again. Bounded as `deliver` is,
   * and does not hold up one that is under way. Absent where there is no place for them.
   */
  report?(points: readonly RelayPoint[]): Promise<Outcome>;
  /** Ends connections. A pending deliver may then resolve as `retry`. */
  close(): Promise<void>;
}
