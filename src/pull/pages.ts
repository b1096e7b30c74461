import { NotToBeHad } from './polite.js';
import type { Row } from './rows.js';

/** A list with more pages is no list of anybody's weigh-ins. */
const MOST_PAGES = 2_000;

/** How a list was read. */
export interface Walked {
  /** Null when there was no row with a time. */
  readonly newestMs: number | null;
  /** Whether all rows came by falling time. */
  readonly falling: boolean;
  /** Whether it was read to its end, and not only as far back as was wanted. */
  readonly whole: boolean;
}

/**
 * Reads a list page by page, from page 1 on. The order of its rows is not documented, nor whether the size of a page is
 * what was asked for. So a list ends only where a page brings no row that was not on an earlier one: an empty page, or,
 * where the page number is ignored, the same page again.
 *
 * It is left earlier only at the first page that ends before `fromMs`, and only by a list whose rows have come by
 * falling time all the way now, and on the whole way to its end before: the caller gives `fromMs` only then. Else rows
 * behind that page could be younger.
 */
export async function walkPages(
  read: (page: number) => Promise<readonly Row[]>,
  fromMs: number | null,
): Promise<Walked> {
  const seen = new Set<string>();
  let newestMs: number | null = null;
  let lastMs = Number.POSITIVE_INFINITY;
  let ordered = true;
  const walked = (whole: boolean): Walked => ({
    newestMs,
    // Where all rows have one time, nothing is known of their order.
    falling: ordered && newestMs !== null && lastMs < newestMs,
    whole,
  });
  for (let page = 1; page <= MOST_PAGES; page++) {
    let fresh = 0;
    for (const { key, timeMs } of await read(page)) {
      if (seen.has(key)) continue;
      seen.add(key);
      fresh++;
      if (timeMs === null) continue;
      if (timeMs > lastMs) ordered = false;
      lastMs = timeMs;
      newestMs = Math.max(newestMs ?? timeMs, timeMs);
    }
    if (fresh === 0) return walked(true);
    if (fromMs !== null && ordered && lastMs < fromMs) return walked(false);
  }
  throw new NotToBeHad(`a list has no end: ${MOST_PAGES} pages were read`);
}
