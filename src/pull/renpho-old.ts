import type { HeaderList } from '../model/message.js';
import { isObject, numberOf } from '../vendors/renpho/json.js';
import type { RenphoSession } from '../vendors/renpho/session.js';
import type { Lists } from './lists.js';
import { NotToBeHad } from './polite.js';
import type { CloudRequest } from './rebuilt.js';
import { idsIn } from './renpho-new.js';
import type { Row } from './rows.js';
import { rowsOf } from './rows.js';
import { verdictOf } from './verdict.js';

/** The pull from renpho.qnclouds.com: docs/protocols/renpho.md. */

export const OLD_HOST = 'renpho.qnclouds.com';

type OldSession = Extract<RenphoSession, { readonly api: 'old' }>;

const PATH = '/api/v2/measurements/list.json';
/** What clients ask from when they want everything: a day of 1998, long before there were such scales. */
const EVERYTHING_S = 883_630_800;
/** There are not so many answers to one question. */
const MOST_ANSWERS = 2_000;

/** What one answer of the list holds besides its rows. */
interface ListAnswer {
  readonly rows: readonly Row[];
  /** Where the next question for newer rows begins; null when it is not told. */
  readonly lastAt: number | null;
  /** Before which there are older rows; null when there are none. */
  readonly previousAt: number | null;
}

/** Pulls the weigh-ins of the account and of its family. Rejects with `PullStopped` when it cannot go on. */
export async function pullOld(session: OldSession, lists: Lists): Promise<void> {
  const friends = new Set(idsIn(lists.values.get('friends')));
  const family = idsIn(lists.values.get('family')).filter((id) => !friends.has(id));
  const people = [...new Set([session.userId, ...family])];
  for (const [done, person] of people.entries()) {
    lists.onList(done, people.length);
    try {
      await pullPerson(session, lists, person);
    } catch (error) {
      if (!(error instanceof NotToBeHad)) throw error;
      lists.onProblem(`measurements of ${person}: ${error.message}`);
    }
  }
  lists.onList(people.length, people.length);
}

/**
 * `last_at` asks for rows that are newer, which come in `last_ary`. Without it the app gets them in `previous_ary`;
 * that is asked too when everything is wanted. Nobody has published how `previous_flag` and `previous_at` page: that
 * the flag means older rows, to be had by sending `previous_at` back, is an inference. So each way is gone on only for
 * as long as it brings rows that were not there before.
 */
async function pullPerson(session: OldSession, lists: Lists, person: string): Promise<void> {
  const { polite, place, marks, wanted, onRows } = lists;
  const key = `measurements ${person}`;
  const fromMs = marks.wantedFromMs(key, wanted, await place.newestMs(person));
  const seen = new Set<string>();
  let newestMs: number | null = null;
  /** Asks once; tells also whether that brought anything. */
  const ask = async (more: HeaderList): Promise<ListAnswer & { readonly isNew: boolean }> => {
    const answer = answerOf(await polite.ask(listRequest(session, person, more), verdictOf));
    onRows(answer.rows, person);
    const before = seen.size;
    for (const { key: row, timeMs } of answer.rows) {
      seen.add(row);
      if (timeMs !== null) newestMs = Math.max(newestMs ?? timeMs, timeMs);
    }
    return { ...answer, isNew: seen.size > before };
  };

  let lastAt = fromMs === null ? EVERYTHING_S : Math.max(0, Math.floor(fromMs / 1000));
  for (let answers = 1; ; answers++) {
    const answer = await ask([['last_at', String(lastAt)]]);
    if (!answer.isNew || answer.lastAt === null || answer.lastAt <= lastAt) break;
    if (answers === MOST_ANSWERS) throw new NotToBeHad('the list has no end');
    lastAt = answer.lastAt;
  }
  if (fromMs === null) {
    let answer = await ask([]);
    for (let answers = 1; answer.previousAt !== null; answers++) {
      if (answers === MOST_ANSWERS) throw new NotToBeHad('the list has no end');
      answer = await ask([['previous_at', String(answer.previousAt)]]);
      if (!answer.isNew) break;
    }
  }
  marks.read(key, { newestMs, falling: false, whole: fromMs === null }, fromMs);
}

/** The rows stand in either array; those that were deleted are found where the exchange is read. */
function answerOf(got: unknown): ListAnswer {
  if (!isObject(got)) throw new NotToBeHad('the cloud answered with something that is no list');
  const arrays = [got.last_ary, got.previous_ary].filter((list) => list !== undefined);
  const rows = arrays.map(rowsOf);
  if (arrays.length === 0 || rows.includes(undefined)) {
    throw new NotToBeHad('the cloud answered with something that is no list');
  }
  const previousAt = numberOf(got.previous_at) ?? 0;
  const hasMore = (numberOf(got.previous_flag) ?? 0) > 0 && previousAt > 0;
  return {
    rows: rows.flatMap((each) => each ?? []),
    lastAt: numberOf(got.last_at) ?? null,
    previousAt: hasMore ? previousAt : null,
  };
}

function listRequest(session: OldSession, person: string, more: HeaderList): CloudRequest {
  const own: HeaderList = [
    ['terminal_user_session_key', session.key],
    ['user_id', person],
  ];
  // The app's parameters stand in the order of their names.
  const all = [...session.query, ...own, ...more].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const query = all
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  return { method: 'GET', target: `${PATH}?${query}`, headers: session.headers, body: null };
}
