import type { RetryCause } from './sink.js';

/** Why a delivery is in trouble: what the sink says, or that our own store failed. */
export type DeliveryCause = RetryCause | 'store-failed';

/** Times the tries of one delivery after trouble. */
export interface BackOff {
  /**
   * Milliseconds to the next try: between 0 and a ceiling that doubles with every failure (full jitter, so that
   * several relays do not try in step), but not sooner than `afterMs`.
   */
  next(cause: DeliveryCause, afterMs?: number): number;
  /** To be called after a success. */
  reset(): void;
}

/** The first ceiling. Where a person must act there is no use in asking every second. */
const firstMs: Record<DeliveryCause, number> = {
  unreachable: 1_000,
  timeout: 1_000,
  'server-error': 1_000,
  unauthorized: 60_000,
  'missing-target': 60_000,
  'store-failed': 1_000,
};
const longestMs = 5 * 60_000;
/** What a server may ask for at most; without a bound it could stop the delivery for good. */
const longestAskedMs = 60 * 60_000;

/** A back-off up to five minutes. `random` gives a number from 0 up to, not including, 1. */
export function backOff(random: () => number): BackOff {
  let failures = 0;
  return {
    next(cause, afterMs = 0) {
      const ceiling = Math.min(longestMs, firstMs[cause] * 2 ** failures);
      failures++;
      return Math.max(Math.round(random() * ceiling), Math.min(afterMs, longestAskedMs));
    },
    reset() {
      failures = 0;
    },
  };
}
