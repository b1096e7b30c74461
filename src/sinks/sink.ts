import type { Reading } from '../model/reading.js';

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
  deliver(batch: readonly Reading[]): Promise<Outcome>;
  /** Ends connections. A pending deliver may then resolve as `retry`. */
  close(): Promise<void>;
}
