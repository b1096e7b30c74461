import type { VendorName } from './vendor.js';
import { vendorNamedBy } from './vendor.js';

/** What tells a weigh-in from all others: what one device said of one user, or of nobody, at one time. */
export interface WeighInKey {
  readonly vendor: VendorName;
  readonly device: string;
  /** A UTC instant in milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** The vendor's user id; null where the device or the cloud named nobody. */
  readonly person: string | null;
}

/** The key as one word that may stand in a URL. It means nothing to others. */
export function weighInId({ vendor, device, timeMs, person }: WeighInKey): string {
  return Buffer.from(JSON.stringify([vendor, device, timeMs, person])).toString('base64url');
}

/** The key that a word of {@link weighInId} stands for; null for any other text. */
export function weighInKey(id: string): WeighInKey | null {
  if (!/^[A-Za-z0-9_-]{1,1000}$/.test(id)) return null;
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(id, 'base64url').toString());
  } catch {
    // Whatever it is, it is not one of ours; the caller says so.
    return null;
  }
  if (!Array.isArray(parts) || parts.length !== 4) return null;
  const [name, device, timeMs, person]: unknown[] = parts;
  const vendor = vendorNamedBy(name);
  if (vendor === undefined) return null;
  if (typeof device !== 'string' || !Number.isSafeInteger(timeMs) || typeof timeMs !== 'number') return null;
  if (person !== null && typeof person !== 'string') return null;
  return { vendor, device, timeMs, person };
}
