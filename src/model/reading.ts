import { hash } from 'node:crypto';
import type { Owner } from './person.js';
import type { Kind, Unit } from './quantity.js';
import { unitOf } from './quantity.js';
import type { VendorName } from './vendor.js';

/** What a reader of the number should know about it. */
export type Quality =
  /** The vendor's server did not answer; the device was answered by scaletap. */
  | 'replayed'
  /** The scale could not tell who it was; `candidates` has whom it thought of. */
  | 'ambiguous-person'
  /** Nothing proves it: its session failed the vendor's own hash check, or its cloud has not taken it. */
  | 'unverified'
  /** The device gave no time; this is the time that the vendor's server gave in the same session. */
  | 'server-time'
  /** The device's time is more than a day after this machine's: one of the two clocks is wrong. */
  | 'future-time'
  /** Neither device nor server gave a time; this is when the bytes crossed. */
  | 'arrival-time'
  /** Somebody typed it in; nobody stood on a scale. */
  | 'typed-in'
  /** The vendor says that it was deleted. */
  | 'deleted'
  /** When it was sent, its time was off this machine's clock by whole hours: one of them has the wrong zone. */
  | 'shifted-time';

/** One quantity, of one kind, at one time, from one device, of at most one person. */
export interface Reading {
  /** Derived from device, time, kind and person, so that the same weigh-in seen twice is one reading. */
  readonly id: string;
  readonly kind: Kind;
  readonly value: number;
  readonly unit: Unit;
  /** A UTC instant in milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** The device's own address or id, for Withings the MAC in lower case with colons. */
  readonly device: string;
  readonly vendor: VendorName;
  /** The vendor's user id as text (19-digit ids lose digits as numbers), or null for nobody. */
  readonly person: string | null;
  /** The vendor's user ids that it may be, when the scale could not tell. */
  readonly candidates: readonly string[];
  /** Empty when there is nothing to say. */
  readonly quality: readonly Quality[];
  /** The id that the vendor's cloud has for the weigh-in, as text; null where it is not known. */
  readonly cloudId: string | null;
}

/** How it is known whose a weigh-in is. */
export type OwnedBy =
  /** The vendor's user id says so. */
  | 'vendor'
  /** It weighs about what this person weighed lately, and nobody else. */
  | 'weight'
  /** Somebody has said so, which holds for good. */
  | 'hand';

/** A reading as it is kept: with whose it is. */
export interface KeptReading extends Reading {
  /** Null for nobody's; always null for kinds that are about the scale or the room. */
  readonly owner: Owner | null;
  /** Null where nothing tells whose it is. With `hand` and no owner, somebody has said that it is nobody's. */
  readonly ownedBy: OwnedBy | null;
  /** False when it was deleted at the vendor, or somebody has said that it is not to count. */
  readonly counts: boolean;
}

/** A reading before its id and unit are filled in by {@link reading}. */
export type ReadingDraft = Omit<Reading, 'id' | 'unit' | 'candidates' | 'quality' | 'cloudId'> &
  Partial<Pick<Reading, 'candidates' | 'quality' | 'cloudId'>>;

/**
 * Completes a draft with its id and the unit of its kind. The value must be finite. `place` stands for the device in
 * the id, for a vendor that does not name the device each time that it tells of a weigh-in.
 */
export function reading(draft: ReadingDraft, place = draft.device): Reading {
  const { vendor, timeMs, kind, person } = draft;
  const key = JSON.stringify([vendor, place, timeMs, kind, person]);
  const id = hash('sha256', key, 'base64url').slice(0, 22);
  return { candidates: [], quality: [], cloudId: null, ...draft, id, unit: unitOf(kind) };
}
