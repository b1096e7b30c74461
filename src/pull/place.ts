import type { Exchange } from '../model/exchange.js';

/**
 * Where a pull finds what it needs to know of an account, and leaves what it brings. Values are those of the vendor
 * renpho, by the account's id.
 */
export interface PullPlace {
  /** The values of an account by their names; undefined when they cannot be had now. */
  values(account: string): Promise<ReadonlyMap<string, string> | undefined>;
  /** The time of the newest reading of a person that is held; null when there is none. */
  newestMs(person: string): Promise<number | null>;
  /** Takes an exchange, with the readings and values in it. */
  record(exchange: Exchange): Promise<void> | void;
  /** Keeps a value of an account. */
  keep(account: string, name: typeof PULLED, text: string): Promise<void> | void;
}

/** The value that says how far earlier pulls have got: the JSON of {@link Marks}. */
export const PULLED = 'pulled';
