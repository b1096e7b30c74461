import type { Refusal } from '../vendor.js';
import type { CodingRefusal } from './codings.js';
import type { EnvelopeRefusal } from './envelope.js';

/** Why something in an exchange could not be read. */
export type RefusalReason =
  /** The body did not cross whole, or the tap's copy of it was cut. */
  | 'body-cut'
  /** The body says that it is chunked, and is not. */
  | 'bad-chunks'
  | CodingRefusal
  | EnvelopeRefusal
  /** What is in the envelope is not JSON, is nested too deep, or is an envelope again. */
  | 'envelope-not-json'
  /** A body that begins like JSON or says that it is, and is not, or is too deep or too large. */
  | 'not-json'
  /** A time stamp that is not Unix seconds of 32 bits. */
  | 'bad-time'
  /** An upload's time is off this machine's clock by a whole number of hours. It is read all the same. */
  | 'time-off-by-hours'
  /** A field whose content is not a number. */
  | 'bad-value'
  /** A number that no body has. */
  | 'implausible'
  /** A length in a unit whose meaning nobody has published. */
  | 'unknown-unit'
  /** There are more of them than are told. */
  | 'and-more';

export interface RenphoRefusal extends Refusal {
  readonly reason: RefusalReason;
}

/** So many are told of one exchange: a page may have a hundred thousand rows with the same fault. */
const MOST = 30;

/** The refusals of an exchange as they gather. */
export class Refusals {
  readonly #told: RenphoRefusal[];
  #untold = 0;

  constructor(first: readonly RenphoRefusal[]) {
    this.#told = [...first];
  }

  /** Counts something that could not be read, and stands for its value. */
  add(reason: RefusalReason, detail: string): undefined {
    if (this.#told.length < MOST) this.#told.push({ reason, detail });
    else this.#untold++;
    return undefined;
  }

  get all(): readonly RenphoRefusal[] {
    if (this.#untold === 0) return this.#told;
    return [...this.#told, { reason: 'and-more', detail: `${this.#untold} more` }];
  }
}
