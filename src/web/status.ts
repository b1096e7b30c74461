import { setTimeout as sleep } from 'node:timers/promises';
import type { Mode } from '../config/choices.js';
import type { StoreStatus } from '../recorder/messages.js';
import type { Endpoint } from '../wire/address.js';

/** Whoever asks for the status has it by then, or is told that a part of scaletap has not answered. */
const PATIENCE_MS = 1_500;
/** A status is given again for so long: however often it is asked for, the store's thread is not kept busy by it. */
const FRESH_MS = 500;
/** Whoever must not wait gets the one before, if it is not older than this. */
const BEARABLE_MS = 3_000;
const AT_ONCE_MS = 25;

/** Where the facts of a status come from. */
export interface StatusSources {
  readonly version: string;
  /** Where scales are to connect. */
  readonly scales: readonly Endpoint[];
  /** Where phones are to connect. */
  readonly phones: readonly Endpoint[];
  mode(): Mode;
  /** The upstreams that have failed, by host, and whether nobody tries them just now. */
  breakers(): ReadonlyMap<string, boolean>;
  /** Where nobody takes connections though somebody should; null when all is well. */
  deaf(): Promise<Endpoint | null>;
  /** Whether the database has been opened. */
  isOpen(): boolean;
  /** Undefined when the store's thread has no answer. */
  store(): Promise<StoreStatus | undefined>;
}

/** How all of scaletap does. */
export interface Status {
  readonly version: string;
  readonly scales: readonly Endpoint[];
  readonly phones: readonly Endpoint[];
  readonly mode: Mode;
  readonly breakers: ReadonlyMap<string, boolean>;
  readonly deaf: Endpoint | null;
  /** `opening` also for as long as a full disk or a lock delays it; `silent` when its thread does not answer. */
  readonly store: StoreStatus | 'opening' | 'silent';
  /** When the process began, in seconds since the Unix epoch. */
  readonly startedS: number;
  /** Memory of the process. */
  readonly residentBytes: number;
}

/** What gives the status, in bounded time and at most half a second old. */
export function statusOf(sources: StatusSources): () => Promise<Status> {
  let last: { readonly askedMs: number; readonly status: Promise<Status> } | null = null;
  return () => {
    const now = performance.now();
    if (last === null || now - last.askedMs > FRESH_MS) last = { askedMs: now, status: ask(sources) };
    return last.status;
  };
}

/**
 * The status for the page, which must not wait: the store's thread answers behind all that it has to commit, which under
 * full load is a third of a second. By then the one before is given, if it is at most three seconds old.
 */
export function promptly(status: () => Promise<Status>): () => Promise<Status> {
  let known: { readonly sinceMs: number; readonly status: Status } | null = null;
  return () => {
    const before = known;
    const coming = status().then((found) => {
      known = { sinceMs: performance.now(), status: found };
      return found;
    });
    if (before === null || performance.now() - before.sinceMs > BEARABLE_MS) return coming;
    return inTime(coming, before.status, AT_ONCE_MS);
  };
}

async function ask(sources: StatusSources): Promise<Status> {
  const { version, scales, phones } = sources;
  // A machine that is too busy to find out is no proof that nobody listens.
  const [deaf, store] = await Promise.all([inTime(sources.deaf(), null), storeOf(sources)]);
  return {
    version,
    scales,
    phones,
    mode: sources.mode(),
    breakers: sources.breakers(),
    deaf,
    store,
    startedS: performance.timeOrigin / 1000,
    residentBytes: process.memoryUsage.rss(),
  };
}

async function storeOf(sources: StatusSources): Promise<Status['store']> {
  if (!sources.isOpen()) return 'opening';
  return (await inTime(sources.store(), undefined)) ?? 'silent';
}

/** What comes in time, or what is said of it when it does not. */
async function inTime<T>(coming: Promise<T>, otherwise: T, patienceMs = PATIENCE_MS): Promise<T> {
  const end = new AbortController();
  const late = sleep(patienceMs, otherwise, { signal: end.signal }).catch(() => otherwise);
  try {
    return await Promise.race([coming, late]);
  } finally {
    end.abort();
  }
}
