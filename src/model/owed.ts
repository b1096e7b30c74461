import type { RawMessage } from './exchange.js';

/**
 * What became of a measure that we answered and that the cloud has not got. `refused` is the cloud's word about the
 * measure itself, `dropped` that of the person of the house.
 */
export type OwedState = 'pending' | 'delivered' | 'refused' | 'dropped';

/** A measure post that is to be sent to the cloud. */
export interface OwedItem {
  readonly id: number;
  readonly vendor: string;
  readonly device: string;
  /** As the device sent it to us, with the session id that it had then. */
  readonly request: RawMessage;
}

/** How an attempt to send an owed measure ended. */
export type Outcome =
  | { readonly state: 'delivered'; readonly status: number }
  /** It will not be sent again. `status` is the cloud's, null when the measure could not even be sent. */
  | { readonly state: 'refused'; readonly status: number | null; readonly problem: string }
  /** To be tried again. */
  | { readonly state: 'pending'; readonly status: number | null; readonly problem: string };

/** Where owed measures come from and their outcomes go to. */
export interface OwedPlace {
  /**
   * The oldest measure of a device that is to be sent, ours alone until it is settled or the lease ends. Undefined
   * when there is none, or when somebody else is sending those of this device.
   */
  next(vendor: string, device: string): Promise<OwedItem | undefined>;
  settle(id: number, outcome: Outcome): Promise<void>;
}
