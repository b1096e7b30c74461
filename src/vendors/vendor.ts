import type { Exchange, RawMessage } from '../model/exchange.js';
import type { Reading, VendorName } from '../model/reading.js';

/** What a vendor may look at to bid for an exchange: the request's own words. */
export interface Claim {
  /** The Host header without port, lower case; empty when there is none. */
  readonly host: string;
  /** The request target up to `?`. */
  readonly path: string;
}

/**
 * What was learnt before, handed to {@link Vendor.read}. Both look-ups are synchronous and side-effect free.
 */
export interface Known {
  /** A durable value of a device, e.g. its `secret`. */
  value(device: string, name: string): string | undefined;
  /** What an earlier exchange of this run left under a key, e.g. which device a session id belongs to. */
  note(key: string): unknown;
}

/** A durable value of a device, from which offline answers are made. */
export interface Value {
  readonly device: string;
  /** The vendor's own name for it: `once`, `session`, `users`, `secret` ... */
  readonly name: string;
  readonly text: string;
}

/** Something in an exchange that could not be read, by a name out of the vendor's closed list. */
export interface Refusal {
  readonly reason: string;
  /** What it was about, without secrets: `measures[2].value is "abc"`. */
  readonly detail: string;
}

/** Everything that a vendor finds in one exchange. */
export interface Findings {
  /** What the exchange was, for listings: `once`, `session new`, `measure` ... */
  readonly label: string;
  /** The device that it came from, if the exchange or an earlier one tells. */
  readonly device: string | null;
  /** The check of the vendor's session hash: `unchecked` when the secret is not known; null when there is none. */
  readonly verdict: 'verified' | 'failed' | 'unchecked' | null;
  readonly readings: readonly Reading[];
  readonly values: readonly Value[];
  /** Notes for later exchanges of this run, of whatever type the vendor likes; never stored. */
  readonly notes: readonly (readonly [key: string, note: unknown])[];
  readonly refusals: readonly Refusal[];
}

/** Bytes `[from, to)` of a raw message part that hold a secret. */
export interface SecretSpan {
  readonly message: 'request' | 'response';
  readonly part: 'head' | 'body';
  readonly from: number;
  readonly to: number;
}

/** A decoded field of an exchange, for people: `['TLV 25 battery', '97 %, 5957 mV']`. Secrets are in it. */
export interface DecodedField {
  readonly name: string;
  readonly text: string;
  readonly secret: boolean;
}

/**
 * A module that understands one vendor's exchanges. All functions are pure: no I/O, no clock, and whatever the
 * bytes are they return and never throw.
 */
export interface Vendor {
  readonly name: VendorName;
  /** The hosts that its devices speak to. The first is where a request without a Host goes. */
  readonly hosts: readonly string[];
  /** How sure it is that an exchange is its own: 0 no, 1 by host, 2 by host and path. */
  claims(claim: Claim): 0 | 1 | 2;
  /** Readings, values and notes in an exchange, and what it could not read. */
  read(exchange: Exchange, known: Known): Findings;
  /**
   * Where the secrets are. It fails closed: what cannot be read is a secret as a whole. Spans are in order and
   * do not overlap within a part.
   */
  secrets(exchange: Exchange): SecretSpan[];
  /** The exchange in decoded fields, for `exchanges show`. */
  decode(exchange: Exchange): DecodedField[];
}

/** The messages of an exchange by the names that {@link SecretSpan} uses. */
export function messageOf(exchange: Exchange, name: SecretSpan['message']): RawMessage | null {
  return name === 'request' ? exchange.request : exchange.response;
}
