import { NEW_HOST } from '../vendors/renpho/exchange.js';
import { isObject, parseJson } from '../vendors/renpho/json.js';
import type { RenphoSession } from '../vendors/renpho/session.js';
import { sessionMark } from '../vendors/renpho/session.js';
import type { dialTls } from '../wire/dial.js';
import { Cloud } from './http.js';
import type { Lists } from './lists.js';
import type { Wanted } from './marks.js';
import { Marks } from './marks.js';
import { PULLED, type PullPlace } from './place.js';
import type { Pacing } from './polite.js';
import { Polite, PullStopped } from './polite.js';
import { pullNew } from './renpho-new.js';
import { OLD_HOST, pullOld } from './renpho-old.js';
import type { Row } from './rows.js';

/** How a cloud is reached. */
export interface Reach {
  /** A connection to a host of Renpho's, with TLS and a certificate that was verified. */
  readonly connect: (host: string) => ReturnType<typeof dialTls>;
  /** For one exchange, a connection included, in milliseconds. */
  readonly timeoutMs: number;
  readonly pacing: Pacing;
  /** Ends the pull. */
  readonly signal: AbortSignal;
}

export interface PullOptions extends Reach, Wanted {
  /** Is told after every answer. */
  readonly onProgress?: (progress: PullProgress) => void;
}

/** How far a pull has got. How many rows there will be is not known: the cloud's own counts are wrong. */
export interface PullProgress {
  readonly rows: number;
  readonly requests: number;
  /** Lists that are done, and how many there are. */
  readonly done: number;
  readonly lists: number;
}

/** What was seen of one person. */
export interface SeenRows {
  rows: number;
  oldestMs: number | null;
  newestMs: number | null;
}

/** What came of a pull. What it brought before it ended is kept. */
export interface PullResult {
  /** `whole` when all was asked; `stale` when the session is not taken any more; `closed` when it was ended. */
  readonly end: 'whole' | 'stale' | 'trouble' | 'closed';
  /** Why it ended, if not `whole`. */
  readonly why: string | null;
  /** Lists that could not be had, each with why. */
  readonly problems: readonly string[];
  readonly requests: number;
  /** By the vendor's user id; a row that is in several lists counts once. */
  readonly people: ReadonlyMap<string, SeenRows>;
}

function hostOf({ api }: RenphoSession): string {
  return api === 'new' ? NEW_HOST : OLD_HOST;
}

/** Why the cloud does not take a session any more, if that was seen; null when it is not known to be so. */
export function knownStale(session: RenphoSession, values: ReadonlyMap<string, string>): string | null {
  const stale = parseJson(values.get('stale') ?? '');
  if (!isObject(stale) || stale.mark !== sessionMark(session)) return null;
  return typeof stale.why === 'string' ? stale.why : 'it was refused before';
}

/**
 * Fetches the weigh-ins of a session's account and of its family with that session, and signs in nowhere. Exchanges go
 * to the place one by one, in the order in which they were made, so that what came before an end is kept. Never
 * rejects because of the cloud.
 */
export async function pullRenpho(
  session: RenphoSession,
  place: PullPlace,
  options: PullOptions,
): Promise<PullResult> {
  const { connect, timeoutMs, pacing, signal } = options;
  const values = (await place.values(session.userId)) ?? new Map<string, string>();
  const told = knownStale(session, values);
  const count = new Count();
  const problems: string[] = [];
  const result = (end: PullResult['end'], why: string | null): PullResult => ({
    end,
    why,
    problems,
    requests: polite.requests,
    people: count.people,
  });
  const host = hostOf(session);
  const record = place.record.bind(place);
  const cloud = new Cloud({ host, connect: () => connect(host), record, timeoutMs, signal });
  const polite = new Polite(cloud, host, pacing, signal);
  if (told !== null) return result('stale', told);
  const marks = new Marks(values.get(PULLED));
  let done = 0;
  let all = 0;
  const tell = () => options.onProgress?.({ rows: count.rows, requests: polite.requests, done, lists: all });
  const lists: Lists = {
    polite,
    place,
    marks,
    values,
    wanted: options,
    onRows(rows, person) {
      count.add(rows, person);
      tell();
    },
    onList(listsDone, listsInAll) {
      done = listsDone;
      all = listsInAll;
      tell();
    },
    onProblem: (problem) => problems.push(problem),
  };
  try {
    if (session.api === 'new') await pullNew(session, lists);
    else await pullOld(session, lists);
    return result('whole', null);
  } catch (error) {
    if (!(error instanceof PullStopped)) throw error;
    return result(error.end, error.message);
  } finally {
    await cloud.close();
    await place.keep(session.userId, PULLED, marks.text);
  }
}

/** Counts rows, each once. */
class Count {
  readonly people = new Map<string, SeenRows>();
  readonly #seen = new Set<string>();

  get rows(): number {
    return this.#seen.size;
  }

  /** `asked` is whose rows were asked for; a row may name somebody else. */
  add(rows: readonly Row[], asked: string): void {
    for (const { key, timeMs, person } of rows) {
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      const whose = person ?? asked;
      const seen = this.people.get(whose) ?? { rows: 0, oldestMs: null, newestMs: null };
      this.people.set(whose, seen);
      seen.rows++;
      if (timeMs === null) continue;
      seen.oldestMs = Math.min(seen.oldestMs ?? timeMs, timeMs);
      seen.newestMs = Math.max(seen.newestMs ?? timeMs, timeMs);
    }
  }
}
