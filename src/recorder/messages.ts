import type { LogLevel } from '../log.js';
import type { Change, Changed } from '../model/change.js';
import type { Exchange, RawMessage } from '../model/exchange.js';
import type { Outcome, OwedItem } from '../model/owed.js';
import type { Person } from '../model/person.js';
import type { PlaceSettings } from '../offline/place.js';
import type { DeliveryStatus } from '../sinks/delivery.js';
import type { SinkSettings } from '../sinks/index.js';
import type { RetentionLimits } from '../store/retention.js';
import type { RelayCount } from './counters.js';

/** What offline answers are made of, besides what was learnt. */
interface AnswerSettings {
  readonly people: readonly Person[];
  readonly place: PlaceSettings;
  readonly requireAuth: boolean;
  /** Values that are older are not used; null for any age. */
  readonly maxValueAgeMs: number | null;
}

/** What the store's thread is started with. */
export interface RecorderSettings {
  readonly dataDir: string;
  readonly retention: RetentionLimits;
  readonly sinks: SinkSettings;
  readonly answers: AnswerSettings;
  /** Whether values are learnt from what upstream answers. */
  readonly learn: boolean;
  /** For how long a measure that is being sent to the cloud is nobody else's. */
  readonly leaseMs: number;
}

/** Something that the relay's thread wants to know of the store's. */
export type Question =
  /** The answer to a request that upstream does not answer; it is kept when that comes. */
  | { readonly ask: 'answer'; readonly exchange: Exchange }
  /** {@link OwedPlace.next} */
  | { readonly ask: 'owed-next'; readonly vendor: string; readonly device: string }
  /** {@link OwedPlace.settle} */
  | { readonly ask: 'owed-settle'; readonly id: number; readonly outcome: Outcome }
  /** A visit of our own needs the values of a device: all of them, by name. */
  | { readonly ask: 'values'; readonly vendor: string; readonly device: string }
  /** The devices of a vendor that have a value of this name. */
  | { readonly ask: 'devices-with'; readonly vendor: string; readonly name: string }
  /** The time of the newest weight of a person. */
  | { readonly ask: 'newest'; readonly vendor: string; readonly person: string }
  /** A value that is not of an exchange. */
  | {
      readonly ask: 'keep';
      readonly vendor: string;
      readonly device: string;
      readonly name: string;
      readonly text: string;
    }
  /** Somebody wants people or weigh-ins otherwise. */
  | { readonly ask: 'change'; readonly change: Change }
  /** How store and sinks are, and what was counted. */
  | { readonly ask: 'status' };

/** What comes back. */
export interface Replies {
  readonly answer: OurAnswer | null;
  readonly 'owed-next': OwedItem | undefined;
  readonly 'owed-settle': undefined;
  readonly values: ReadonlyMap<string, string>;
  readonly 'devices-with': readonly string[];
  /** In milliseconds since the Unix epoch; null when there is none. */
  readonly newest: number | null;
  readonly keep: undefined;
  readonly change: Changed;
  readonly status: StoreStatus;
}

/** How the store's thread does. */
export interface StoreStatus {
  /** Whether the last commit went through, or there was none. */
  readonly isWritable: boolean;
  /** When the newest exchange of this run began, in microseconds since the Unix epoch; null when there is none. */
  readonly lastExchangeUs: number | null;
  /** Since the thread began: a thread that was started again has begun anew. */
  readonly counts: readonly RelayCount[];
  readonly sinks: readonly DeliveryStatus[];
}

export interface OurAnswer {
  readonly response: RawMessage;
  /** Whether the exchange is in the journal. If not, it has to be recorded as it stands now. */
  readonly kept: boolean;
}

/** Devices of a vendor, `vendor device`, that the cloud is owed measures of. */
export type Owing = readonly string[];

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
  | {
      readonly kind: 'question';
      readonly id: number;
      readonly question: Question;
      /** Until when somebody waits for the answer: milliseconds of {@link clockMs}. */
      readonly untilMs: number;
    }
  | { readonly kind: 'close' };

/** From the store's thread. */
export type FromThread =
  /** The database is open; its file, and the sessions that we have opened lately, by their ids. */
  | { readonly kind: 'open'; readonly file: string; readonly sessions: readonly string[] }
  /** Nothing can be kept until a person has acted; the thread ends. */
  | { readonly kind: 'unusable'; readonly message: string }
  /** The batch at hand is on disk. */
  | { readonly kind: 'committed' }
  /** The store cannot be written to, or can again. */
  | { readonly kind: 'trouble'; readonly on: boolean }
  /** The answer to a question; `failed` in words when there is none. */
  | { readonly kind: 'reply'; readonly id: number; readonly reply: unknown; readonly failed: string | null }
  /** What the cloud is owed has changed. */
  | { readonly kind: 'owing'; readonly owing: Owing }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string };

/** A monotonic clock that all threads have in common. */
export function clockMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
