import type { VendorName } from './vendor.js';

/** A person of the house as the settings tell: what a scale must be told of them when its cloud never did. */
export interface Person {
  readonly name: string;
  /** What a scale shows: 1 to 3 characters. */
  readonly shortName: string;
  readonly heightM: number | null;
  /** `1992-08-14`. */
  readonly birthDate: string | null;
  readonly sex: 'female' | 'male' | null;
  readonly athlete: boolean;
  /** What they weigh about, until they have stepped on a scale. */
  readonly weightKg: number | null;
  /** The vendors' user ids of this person. */
  readonly ids: Readonly<Partial<Record<VendorName, string>>>;
}

/** Whose a weigh-in is, as it is told to others. */
export interface Owner {
  /** Stays the same for good: `withings-11111111`, `ana`. Letters, digits and `-`. */
  readonly key: string;
  /** What the person is called; nobody else is called the same. */
  readonly name: string;
}
