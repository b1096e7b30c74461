import { isObject, parseJson } from '../vendors/renpho/json.js';
import type { Walked } from './pages.js';

/** How far a list of the cloud was read once to its end, and all that has come since. */
interface Mark {
  /** The time of the newest row in it. */
  readonly newestMs: number;
  /** Whether it gave its rows by falling time then, from the first to the last. */
  readonly falling: boolean;
}

/**
 * Rows may reach the cloud long after their weigh-in, when the scale or the phone was off; they are looked for so far
 * behind the newest row.
 */
const OVERLAP_MS = 30 * 24 * 3_600_000;

/** What is wanted of the past: all of it, what is younger than an instant, or what is not held. */
export interface Wanted {
  readonly all: boolean;
  readonly sinceMs: number | null;
}

/** The marks of an account's lists, by a key that names list and person. */
export class Marks {
  readonly #marks: Map<string, Mark>;

  /** Of the text that {@link text} has made. Whatever else it is, there are no marks: then everything is read again. */
  constructor(text: string | undefined) {
    const parsed = text === undefined ? undefined : parseJson(text);
    const entries = isObject(parsed) ? Object.entries(parsed) : [];
    this.#marks = new Map(entries.flatMap(([key, value]) => (isMark(value) ? [[key, value] as const] : [])));
  }

  get text(): string {
    return JSON.stringify(Object.fromEntries(this.#marks));
  }

  get(key: string): Mark | undefined {
    return this.#marks.get(key);
  }

  /**
   * The instant from which on rows of a list are wanted; null for all of them. Without a mark nobody knows what was
   * read of it: a reading of today may have been seen as it passed, and none of yesterday's.
   */
  wantedFromMs(key: string, { all, sinceMs }: Wanted, newestHeldMs: number | null): number | null {
    if (all) return null;
    if (sinceMs !== null) return sinceMs;
    const mark = this.#marks.get(key);
    return mark === undefined || newestHeldMs === null
      ? null
      : Math.min(mark.newestMs, newestHeldMs) - OVERLAP_MS;
  }

  /** Takes down how far a list was read. `fromMs` is from where on; null for from its beginning. */
  read(key: string, { newestMs, falling, whole }: Walked, fromMs: number | null): void {
    const before = this.#marks.get(key);
    if (whole) {
      if (newestMs !== null) this.#marks.set(key, { newestMs, falling });
      return;
    }
    // With a gap behind what was read, it is still held only as far as before.
    if (before === undefined || fromMs === null || fromMs > before.newestMs) return;
    this.#marks.set(key, { newestMs: Math.max(before.newestMs, newestMs ?? 0), falling });
  }
}

function isMark(value: unknown): value is Mark {
  return isObject(value) && Number.isSafeInteger(value.newestMs) && typeof value.falling === 'boolean';
}
