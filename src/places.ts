import type { Log } from './log.js';
import { UserError } from './model/errors.js';

/** Where something listens: an address or name, null for all of this machine. */
interface Place {
  readonly host: string | null;
  readonly port: number;
}

interface Places {
  readonly wanted: readonly Place[];
  /** Nobody has asked for them. */
  readonly usual: boolean;
}

/** The places of a setting: those that were named, none for `off`, or the usual one. */
export function placesOf(named: readonly (Place | null)[], usual: Place): Places {
  if (named.length === 0) return { wanted: [usual], usual: true };
  return { wanted: named.filter((place) => place !== null), usual: false };
}

/** Listens; where nobody has asked for that place, only says that it cannot be had. */
export async function orWithout(usual: boolean, log: Log, listen: () => unknown): Promise<void> {
  try {
    await listen();
  } catch (error) {
    if (!usual || !(error instanceof UserError)) throw error;
    log.warn(error.message);
  }
}
