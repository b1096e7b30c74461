import type { VendorName } from './vendor.js';

/**
 * Something that was delivered and does not hold any more. What is right now comes as readings afterwards: all of that
 * device and time that count, or all of the person's.
 */
export type Retraction =
  /** What one device said at one time. */
  | {
      readonly of: 'weigh-in';
      readonly vendor: VendorName;
      readonly device: string;
      readonly timeMs: number;
      /** The name of whose it was until then; null for nobody's. */
      readonly owner: string | null;
    }
  /** Everything of a person, by the name until then. */
  | { readonly of: 'person'; readonly owner: string };

/** A retraction with its place in the list of all of them; later ones have a higher `id`. */
export interface PlacedRetraction {
  readonly id: number;
  readonly retraction: Retraction;
}
