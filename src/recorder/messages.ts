import type { LogLevel } from '../log.js';
import type { SinkSettings } from '../sinks/index.js';
import type { RetentionLimits } from '../store/retention.js';

/** What the store's thread is started with. */
export interface RecorderSettings {
  readonly dataDir: string;
  readonly retention: RetentionLimits;
  readonly sinks: SinkSettings;
}

/** To the store's thread. */
export type ToThread =
  | {
      readonly kind: 'batch';
      /** Exchanges of a `Batch`; the memory is the thread's until it says `committed`. */
      readonly packed: Uint8Array<SharedArrayBuffer>;
      /** A thread that has failed was given them before. */
      readonly again: boolean;
      /** Others wait behind it. */
      readonly hurry: boolean;
    }
  | { readonly kind: 'close' };

/** From the store's thread. */
export type FromThread =
  /** The database is open; its file. */
  | { readonly kind: 'open'; readonly file: string }
  /** Nothing can be kept until a person has acted; the thread ends. */
  | { readonly kind: 'unusable'; readonly message: string }
  /** The batch at hand is on disk. */
  | { readonly kind: 'committed' }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string };
