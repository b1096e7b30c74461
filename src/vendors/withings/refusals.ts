import type { Refusal } from '../vendor.js';

/** Why something in an exchange could not be read. */
export type RefusalReason =
  /** The body did not cross whole, or the tap's copy of it was cut. */
  | 'body-cut'
  /** The request's body is not `name=value` pairs. */
  | 'not-form-data'
  /** A `%` without two hex digits, or bytes that are not UTF-8 once decoded. */
  | 'bad-percent-encoding'
  | 'missing-field'
  | 'not-json'
  /** The reply is JSON without a whole `status`. */
  | 'not-status'
  /** JSON or a TLV record that is not built as the protocol says. */
  | 'wrong-shape'
  /** A field whose content is not of its kind: text for a number, a fraction for a whole one. */
  | 'bad-value'
  /** A power of ten that is not whole or leads out of what a number can hold. */
  | 'bad-exponent'
  /** A unit type without published meaning, or one that its kind cannot have. */
  | 'unknown-unit'
  /** Before 22 December 2007, when there was no such scale; the scale's own rule. */
  | 'time-too-early'
  /** More than a day after the exchange. */
  | 'time-in-future'
  /** Neither the post, its session nor its connection tell which device it is from. */
  | 'no-device'
  /** The maint data is not pairs of hex digits. */
  | 'bad-hex'
  /** A TLV record says that it is longer than what is left. */
  | 'tlv-overrun'
  /** The secret in a maint post does not explain the hash of its session. */
  | 'secret-mismatch'
  /** A measure that we refused, as its session is not verified or its device not known. The scale keeps it. */
  | 'turned-away';

export interface WithingsRefusal extends Refusal {
  readonly reason: RefusalReason;
}
