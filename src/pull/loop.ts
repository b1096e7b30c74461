import type { Log } from '../log.js';
import { sessionMark, sessionOf } from '../vendors/renpho/session.js';
import type { PullPlace } from './place.js';
import type { PullResult, Reach } from './renpho.js';
import { knownStale, pullRenpho } from './renpho.js';

/** How often it is looked whether a session has crossed since the one that is stale. */
const LOOK_MS = 60_000;

export interface PullLoopOptions {
  readonly place: PullPlace & {
    /** The accounts that a session is known of; undefined when they cannot be had now. */
    accounts(): Promise<readonly string[] | undefined>;
  };
  readonly reach: Omit<Reach, 'signal'>;
  /** Whether the cloud may be called now. */
  readonly mayCall: () => boolean;
  /** How often an account is pulled, in milliseconds. */
  readonly everyMs: number;
}

/** What the loop knows of an account. */
interface Account {
  /** By the clock of `performance`. */
  dueMs: number;
  /** The session that was told to be stale, and whether its being so has come to be a value since. */
  stale: { readonly mark: string; isKept: boolean } | null;
}

/**
 * Pulls what is new in every account, again and again, with the sessions that cross. It signs in nowhere: with a session
 * that is stale it says so once, and goes on when the app has brought a new one.
 */
export class PullLoop {
  readonly #options: PullLoopOptions;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  readonly #end = new AbortController();
  readonly #accounts = new Map<string, Account>();
  #running: Promise<void> | null = null;

  constructor(options: PullLoopOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#timer = setInterval(() => this.#tick(), Math.min(LOOK_MS, options.everyMs)).unref();
  }

  /** Ends a pull that is under way; what it has brought is kept. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#end.abort();
    await this.#running;
  }

  #tick(): void {
    this.#running ??= this.#pullAll()
      .catch((error: unknown) => {
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#log.error(`a fault in the pull: ${what}`);
      })
      .finally(() => {
        this.#running = null;
      });
  }

  async #pullAll(): Promise<void> {
    for (const id of (await this.#options.place.accounts()) ?? []) {
      if (this.#end.signal.aborted || !this.#options.mayCall()) return;
      const account = this.#accounts.get(id) ?? { dueMs: 0, stale: null };
      this.#accounts.set(id, account);
      await this.#pull(id, account);
    }
  }

  async #pull(id: string, account: Account): Promise<void> {
    const { place, reach, everyMs } = this.#options;
    const values = await place.values(id);
    const session = sessionOf(values?.get('session') ?? '');
    if (values === undefined || session === null) return;
    const mark = sessionMark(session);
    if (!this.#isDue(account, mark, knownStale(session, values) !== null)) return;
    account.dueMs = performance.now() + everyMs;
    const wanted = { all: false, sinceMs: null };
    const result = await pullRenpho(session, place, { ...reach, ...wanted, signal: this.#end.signal });
    account.stale = result.end === 'stale' ? { mark, isKept: false } : null;
    // The app may have got a new session meanwhile, which ends the one before.
    const newest = sessionOf((await place.values(id))?.get('session') ?? '');
    if (account.stale === null || newest === null || sessionMark(newest) === mark) this.#tell(id, result);
  }

  /** Whether an account is to be pulled with a session, which may be known to be stale. */
  #isDue({ dueMs, stale }: Account, mark: string, isKnownStale: boolean): boolean {
    const isLate = performance.now() >= dueMs;
    if (stale === null) return isLate;
    if (stale.mark !== mark) return true;
    stale.isKept ||= isKnownStale;
    if (isKnownStale) return false;
    // The app has used it well since. If that cannot be told, the session is tried when its time has come.
    return stale.isKept || isLate;
  }

  #tell(id: string, { end, why, problems, people, requests }: PullResult): void {
    const rows = [...people.values()].reduce((sum, seen) => sum + seen.rows, 0);
    if (end === 'stale') this.#log.warn(staleWords(id, why));
    if (end === 'trouble') this.#log.warn(`the pull of account ${id} could not go on: ${why}`);
    for (const problem of problems) this.#log.warn(`the pull of account ${id}: ${problem}`);
    if (end === 'whole') this.#log.info(`pulled account ${id}: ${rows} rows in ${requests} requests`);
  }
}

/** What to say of a session that the cloud does not take any more. */
export function staleWords(account: string, why: string | null): string {
  return (
    `the session of Renpho account ${account} is stale (${why ?? 'refused'}): open the app once on the phone that uses ` +
    'the proxy, and its new session is taken over'
  );
}
