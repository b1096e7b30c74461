import type { HeaderList } from '../model/message.js';
import { wrap } from '../vendors/renpho/envelope.js';
import { isObject, parseJson, textOf } from '../vendors/renpho/json.js';
import type { RenphoSession } from '../vendors/renpho/session.js';
import type { Lists } from './lists.js';
import { walkPages } from './pages.js';
import { NotToBeHad } from './polite.js';
import type { CloudRequest } from './rebuilt.js';
import type { Row } from './rows.js';
import { rowsOf } from './rows.js';
import { verdictOf } from './verdict.js';

/** The pull from cloud.renpho.com (Renpho Health): docs/protocols/renpho.md. */

const JSON_TYPE = ['Content-Type', 'application/json;charset=UTF-8'] as const;
/** As the app asks for it; what a server makes of more is not known. */
const PAGE_SIZE = 100;
/** Rows are spread over so many tables by the owner's id, as seen on a live account. */
const SHARDS = 24n;
const SHARD = 'measurements_info_';

type NewSession = Extract<RenphoSession, { readonly api: 'new' }>;

/** The rows of one person in one table. */
interface Shelf {
  readonly person: string;
  readonly table: string;
}

interface Endpoint {
  readonly path: string;
  /** The JSON that asks for a page, with ids of 19 digits as they are. */
  readonly asks: (shelf: Shelf, page: number) => string;
}

/**
 * Both endpoints that have weigh-ins. Which rows are in which differs from account to account; many are in both. The
 * one with the richer rows is asked first, as the reading that is there first stays.
 */
const endpoints: readonly Endpoint[] = [
  {
    path: '/RenphoHealth/scale/queryBodyCompositionMeasureData',
    // Bare ids, numbers as text: as the app does it.
    asks: ({ person, table }, page) =>
      `{"userIds":[${person}],"pageSize":"${PAGE_SIZE}","tableName":${JSON.stringify(table)},"pageNum":"${page}"}`,
  },
  {
    path: '/RenphoHealth/scale/queryAllMeasureDataList',
    asks: ({ person, table }, page) =>
      JSON.stringify({ pageNum: page, pageSize: PAGE_SIZE, userIds: [person], tableName: table }),
  },
];

/** Pulls the weigh-ins of the account and of its family. Rejects with `PullStopped` when it cannot go on. */
export async function pullNew(session: NewSession, lists: Lists): Promise<void> {
  const shelves = await shelvesOf(session, lists);
  const all = shelves.flatMap((shelf) => endpoints.map((endpoint) => ({ shelf, endpoint })));
  for (const [done, { shelf, endpoint }] of all.entries()) {
    lists.onList(done, all.length);
    try {
      await pullList(session, lists, shelf, endpoint);
    } catch (error) {
      if (!(error instanceof NotToBeHad)) throw error;
      const { person, table } = shelf;
      lists.onProblem(`${nameOf(endpoint)} of ${person} in ${table}: ${error.message}`);
    }
  }
  lists.onList(all.length, all.length);
}

function nameOf({ path }: Endpoint): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

async function pullList(
  session: NewSession,
  { polite, place, marks, wanted, onRows }: Lists,
  shelf: Shelf,
  endpoint: Endpoint,
): Promise<void> {
  const { path, asks } = endpoint;
  const key = `${nameOf(endpoint)} ${shelf.table} ${shelf.person}`;
  const fromMs = marks.wantedFromMs(key, wanted, await place.newestMs(shelf.person));
  const read = async (page: number): Promise<Row[]> => {
    const got = await polite.ask(newRequest(session.headers, path, asks(shelf, page)), verdictOf);
    const rows = rowsOf(got);
    if (rows === undefined) throw new NotToBeHad('the cloud answered with something that is no list');
    onRows(rows, shelf.person);
    return rows;
  };
  // Only where it was seen to the end that rows come by falling time may a list be left earlier.
  const earliest = marks.get(key)?.falling === true ? fromMs : null;
  marks.read(key, await walkPages(read, earliest), earliest);
}

/** A call of the new API with the headers of the app; the empty text is sent as an envelope around nothing. */
export function newRequest(headers: HeaderList, path: string, json: string): CloudRequest {
  const typed = headers.some(([name]) => /^content-type$/i.test(name)) ? headers : [...headers, JSON_TYPE];
  const body = Buffer.from(JSON.stringify({ encryptData: wrap(Buffer.from(json)) }));
  return { method: 'POST', target: path, headers: typed, body };
}

/**
 * Whose rows are to be asked for, and in which tables they are: as the account's device/count tells, which the app has
 * asked or we ask, or else by the shard that an id belongs to. Never those of friends.
 */
async function shelvesOf(session: NewSession, { polite, values, onProblem }: Lists): Promise<Shelf[]> {
  let shelves = shelvesIn(parseJson(values.get('tables') ?? ''));
  if (shelves.length === 0) {
    try {
      const request = newRequest(session.headers, '/renpho-aggregation/device/count', '');
      const got = await polite.ask(request, verdictOf);
      shelves = isObject(got) ? Object.values(got).flatMap(shelvesIn) : [];
    } catch (error) {
      if (!(error instanceof NotToBeHad)) throw error;
      onProblem(`device/count: ${error.message}`);
    }
  }
  const friends = new Set(idsIn(values.get('friends')));
  const people = new Set([session.userId, ...idsIn(values.get('family'))]);
  for (const { person } of shelves) if (!friends.has(person)) people.add(person);
  return [...people].flatMap((person) => {
    const theirs = shelves.filter((shelf) => shelf.person === person);
    if (theirs.some(({ table }) => table.startsWith(SHARD))) return theirs;
    return [...theirs, { person, table: `${SHARD}${BigInt(person) % SHARDS}` }];
  });
}

/** The shelves in a list of `{userIds, tableName}`; none in anything else. */
function shelvesIn(list: unknown): Shelf[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isObject).flatMap(({ userIds, tableName: table }) => {
    if (!Array.isArray(userIds) || typeof table !== 'string' || !/^[\w-]{1,64}$/.test(table)) return [];
    return userIds.map(textOf).flatMap((person) => (person === undefined ? [] : [{ person, table }]));
  });
}

/** The ids in the text of a value that is a JSON list of them. */
export function idsIn(text: string | undefined): string[] {
  const list = parseJson(text ?? '');
  return Array.isArray(list) ? list.map(textOf).filter((id) => id !== undefined) : [];
}
