import type { Exchange, RawMessage } from '../model/exchange.js';
import type { Person } from '../model/person.js';
import type { Kind } from '../model/quantity.js';
import type { Reading } from '../model/reading.js';
import type { VendorName } from '../model/vendor.js';

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
  /** Empty when there is to be no such value any more. */
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
  /** Weigh-ins that the vendor's cloud says were deleted, by its ids for them. */
  readonly deleted: readonly string[];
}

/** What is found where there is nothing. */
export const nothingFound = {
  device: null,
  verdict: null,
  readings: [],
  values: [],
  notes: [],
  refusals: [],
  deleted: [],
} as const satisfies Omit<Findings, 'label'>;

/** Bytes `[from, to)` of a raw message part that hold a secret. */
export interface SecretSpan {
  readonly message: 'request' | 'response';
  readonly part: 'head' | 'body';
  readonly from: number;
  readonly to: number;
  /** The byte that covers it where `*` would break what it stands in; `*` when there is none. */
  readonly cover?: number;
}

/** A decoded field of an exchange, for people: `['TLV 25 battery', '97 %, 5957 mV']`. Secrets are in it. */
export interface DecodedField {
  readonly name: string;
  readonly text: string;
  readonly secret: boolean;
}

/** What a request wants, as far as the choice of who answers it depends on that. */
export interface Step {
  /**
   * `challenge` begins a visit without saying whose, `open` opens a session, `report` brings measures, `close` ends
   * the session.
   */
  readonly kind: 'challenge' | 'open' | 'report' | 'close' | 'other';
  /** The device that the request itself names. */
  readonly device: string | null;
  /** The session that the request belongs to, by the id in it. */
  readonly session: string | null;
}

/** What an answer of upstream is worth. */
export type Judgement =
  | {
      readonly good: true;
      /** The vendor's own status, 0 when all is well. */
      readonly status: number;
      /** Whether a status other than 0 is about what was sent, and not about the session or the server's own trouble. */
      readonly final: boolean;
      /** The session that this answer opens. */
      readonly session: string | null;
    }
  | {
      readonly good: false;
      readonly reason: 'server-error' | 'not-protocol';
      /** In words, without secrets. */
      readonly detail: string;
    };

/** What a guard makes of an answer that must not reach the device as it is. */
export type Guarded =
  | {
      readonly kind: 'changed';
      readonly response: RawMessage;
      /** What was taken out, in words: `firmware http://…/wbs03_211.bin`. */
      readonly removed: readonly string[];
    }
  /** It may hold such an order, and cannot be taken apart. */
  | { readonly kind: 'withheld'; readonly why: string };

/** Offsets from UTC in seconds; `changeS` is the Unix time of the next change, 0 when none is known. */
export interface Zone {
  readonly offsetS: number;
  readonly changeS: number;
  readonly nextOffsetS: number;
}

/** All that an offline answer is made of, besides the request. */
export interface Circumstances {
  readonly nowMs: number;
  /** Whether a device may be told this time: false when the clock is behind what has been seen already. */
  readonly clockIsRight: boolean;
  readonly known: Known;
  /** A durable value of a device with the time of what it came from, if it is not too old to be used. */
  value(device: string, name: string): { readonly text: string; readonly updatedAtMs: number } | undefined;
  /** The newest reading of a kind for a person, by the vendor's user id, from whichever device. */
  newest(person: string, kind: Kind): { readonly value: number; readonly timeMs: number } | undefined;
  readonly people: readonly Person[];
  readonly zone: Zone;
  /** By latitude and height; null when they are not told. */
  readonly gravityMs2: number | null;
  /** As a tag such as `en_GB`; null when it is not told. */
  readonly language: string | null;
  /** Refuse devices whose session hash is not verified. */
  readonly requireAuth: boolean;
  /** Whether what the request brings can be kept. If not, the device must keep it and try again. */
  readonly canKeep: boolean;
  /** Random bytes, at least 16. */
  readonly random: Uint8Array;
}

/** An offline answer. */
export interface Answer {
  readonly response: RawMessage;
  /** It lets the device forget what it has sent: to be sent only when that is on disk. */
  readonly acknowledges: boolean;
}

/** A visit of our own in a device's name, request by request; its answers are judged like any other. */
export interface OwnVisit {
  readonly challenge: RawMessage;
  /** Undefined when the answer to the challenge has none in it. */
  open(challenged: RawMessage): RawMessage | undefined;
  close(session: string): RawMessage;
}

/** What a vendor knows of the values of its devices: for those who show them and set them by hand. */
export interface ValueRules {
  /** The names of all values that it has. */
  readonly names: readonly string[];
  /** Those that are learnt even where nothing else is to be: a secret may cross only once. */
  readonly always: readonly string[];
  /** A device's address in its normal form; null when it is none. */
  device(text: string): string | null;
  /** What is wrong with the text of a value, after `is` or the like: `is not a JSON list`; null when nothing is. */
  problem(name: string, text: string): string | null;
  /**
   * The text of a value with what is secret in it covered by `*`, one for one; all of it where it cannot be read or
   * the name is not known.
   */
  cover(name: string, text: string): string;
}

/**
 * A module that understands one vendor's exchanges. All functions are pure: no I/O, no clock, and whatever the
 * bytes are they return and never throw.
 */
export interface Vendor {
  readonly name: VendorName;
  /** The hosts that its devices speak plain HTTP to. The first is where a request without a Host goes. */
  readonly hosts: readonly string[];
  /** The hosts that its phone apps speak HTTPS to: names, or `*.example.com` for all names below one. */
  readonly apps: readonly string[];
  /** The values that its devices have. */
  readonly values: ValueRules;
  /** How sure it is that an exchange is its own: 0 no, 1 by host, 2 by host and path. */
  claims(claim: Claim): 0 | 1 | 2;
  /** Readings, values and notes in an exchange, and what it could not read. */
  read(exchange: Exchange, known: Known): Findings;
  /**
   * The exchange as people can read it: with compression and whatever the vendor wraps around its contents undone.
   * What cannot be undone stays as it is.
   */
  open(exchange: Exchange): Exchange;
  /**
   * Where the secrets of an opened exchange are. It fails closed: what cannot be read is a secret as a whole. Spans are
   * in order and do not overlap within a part.
   */
  secrets(exchange: Exchange): SecretSpan[];
  /** An opened exchange in decoded fields, for `exchanges show`. */
  decode(exchange: Exchange): DecodedField[];
  /** The people of the settings by their user ids as readings have them, those that we have made up included. */
  idsOf(people: readonly Person[]): ReadonlyMap<string, Person>;
  /** What a device's values call a person, by the user id that a reading of that device has; null when they do not. */
  personName(person: string, device: string, value: Known['value']): string | null;
}

/** A vendor whose devices can be answered in its cloud's place. */
export interface OfflineVendor extends Vendor {
  /** What a request wants. It may be called with a body that is not all there. */
  step(request: RawMessage): Step;
  /** Whether a complete answer of upstream is one of this vendor's own. */
  judge(request: RawMessage, response: RawMessage): Judgement;
  /** Whether answers to requests of a claim must be shown to {@link guard} before the device gets them. */
  guards(claim: Claim): boolean;
  /** What the device must get instead of an answer, if not the answer itself. */
  guard(response: RawMessage): Guarded | null;
  /** Our own answer to a complete request (the exchange has no response yet); null when there is none to be had. */
  answer(exchange: Exchange, circumstances: Circumstances): Answer | null;
  /** A request that brought measures, as it is in another session; undefined when it cannot be told apart. */
  readdress(request: RawMessage, session: string): RawMessage | undefined;
  /** A visit in the name of a device; undefined when not enough is known of it. */
  visit(device: string, known: Pick<Known, 'value'>): OwnVisit | undefined;
  /** A harmless request that tells whether upstream is there, for one of {@link hosts}. */
  probe(host: string): RawMessage;
}

/** Whether a vendor's devices can be answered in its cloud's place. */
export function isOffline(vendor: Vendor | undefined): vendor is OfflineVendor {
  return vendor !== undefined && 'answer' in vendor;
}

/** The messages of an exchange by the names that {@link SecretSpan} uses. */
export function messageOf(exchange: Exchange, name: SecretSpan['message']): RawMessage | null {
  return name === 'request' ? exchange.request : exchange.response;
}
