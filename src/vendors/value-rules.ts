import type { VendorName } from '../model/reading.js';
import { withingsValues } from './withings/value-rules.js';

/** What a vendor knows of the values of its devices: for those who show them and set them by hand. Pure. */
export interface ValueRules {
  /** The names of all values that it has. */
  readonly names: readonly string[];
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

const rules: Readonly<Partial<Record<VendorName, ValueRules>>> = { withings: withingsValues };

/** The rules of a vendor; undefined for a name that is none, or of a vendor that keeps no values. */
export function valueRulesOf(vendor: string): ValueRules | undefined {
  return Object.hasOwn(rules, vendor) ? rules[vendor as VendorName] : undefined;
}
