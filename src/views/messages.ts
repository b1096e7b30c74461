import type { LogLevel } from '../log.js';
import type { Events, Queries } from './shapes.js';

/** What the thread of the views is started with. */
export interface ViewsSettings {
  readonly dataDir: string;
}

/** What can be asked for; each is answered by the member of `answers` in shapes.ts that is named behind it. */
export type ViewRequest =
  /** people */
  | { readonly view: 'people' }
  /** person */
  | { readonly view: 'person'; readonly key: string }
  /** kinds */
  | { readonly view: 'kinds'; readonly query: Queries['kinds'] }
  /** series */
  | { readonly view: 'series'; readonly query: Queries['series'] }
  /** weighIns */
  | { readonly view: 'weigh-ins'; readonly query: Queries['weighIns'] }
  /** weighIn, by `weighInId` */
  | { readonly view: 'weigh-in'; readonly id: string }
  /** devices */
  | { readonly view: 'devices' }
  /** exchanges */
  | { readonly view: 'exchanges'; readonly query: Queries['exchanges'] }
  /** exchangeDetail */
  | { readonly view: 'exchange'; readonly id: number };

/** What comes back: JSON, already in bytes, so that the relay's thread has nothing to do but to send it. */
export interface ViewReply {
  /** 400 for a request that makes no sense, 404 for what is not there, 503 while the store cannot be read. */
  readonly status: 200 | 400 | 404 | 503;
  /** The member of `answers`, or `problem`. */
  readonly body: Uint8Array;
}

/** What the thread sees happen, for those who follow: the data is JSON. */
export interface Happening {
  readonly event: Exclude<keyof Events, 'status'>;
  readonly data: string;
}

/** To the thread. */
export type ToViews =
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly request: ViewRequest;
      /** Until when somebody waits for the reply: milliseconds of {@link nowMs}. */
      readonly untilMs: number;
    }
  /** Whether somebody follows what happens. */
  | { readonly kind: 'follow'; readonly on: boolean }
  | { readonly kind: 'close' };

/** From the thread. */
export type FromViews =
  | { readonly kind: 'reply'; readonly id: number; readonly reply: ViewReply }
  | { readonly kind: 'happened'; readonly happenings: readonly Happening[] }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string };

/** A clock that all threads have in common. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
