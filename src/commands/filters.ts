import { didYouMean } from '../config/nearest.js';
import type { Settings } from '../config/schema.js';
import { UsageError } from '../model/errors.js';
import { vendors } from '../vendors/index.js';

/** What `--since`, `--device` and `--vendor` ask for, in the words of the store. */
export interface Filter {
  readonly sinceMs: number | undefined;
  readonly device: string | undefined;
  readonly vendor: string | undefined;
}

/** Throws a {@link UsageError} for a vendor that nobody knows: an empty list would say something else. */
export function filterOf({ since, device, vendor }: Settings): Filter {
  const names = vendors.map(({ name }) => name);
  if (vendor !== null && !names.some((name) => name === vendor)) {
    throw new UsageError(`--vendor: ${vendor} is none of ${names.join(', ')}${didYouMean(vendor, names)}`);
  }
  return { sinceMs: since ?? undefined, device: device ?? undefined, vendor: vendor ?? undefined };
}
