import type { Findings, Known, Value } from '../vendor.js';
import { carriedSession } from './carried.js';
import type { RenphoExchange } from './exchange.js';
import { isObject, type JsonObject, numberOf, parseJson, textOf } from './json.js';
import { isGood, staleBy } from './outcome.js';
import { profileOf } from './profiles.js';
import {
  isAccount,
  isCredential,
  loggedIn,
  oldSession,
  type RenphoSession,
  sessionMark,
  sessionOf,
  sessionText,
} from './session.js';

/**
 * What `pull` needs is learnt from what Renpho's own cloud answered. Values, by their names; their device is the id of
 * an account, of `profile` that of any person:
 *
 *     session        the newest that worked, see session.ts
 *     stale          {"mark":"..","why":"HTTP 401","atMs":..}: that very session, see sessionMark, was refused then
 *     tables         where the cloud keeps the rows          [{"userIds":["5245.."],"tableName":"measurements_info_8"}]
 *     family         members of the family by id             ["5245.."]
 *     friends        friends by id; never pulled             ["5919.."]
 *     profile        what a page can show of a person        {"name":"Ana","heightCm":172,"sex":"female"}
 *     password-form  the form of a sign-in at the old API    {"form":[["email",".."],["password",".."],...]}
 *     pulled         not learnt: how far pull has read       {}
 */
export function learn(
  renpho: RenphoExchange,
  known: Known,
): { readonly values: readonly Value[]; readonly notes: Findings['notes'] } {
  const lesson = new Lesson(renpho, known);
  if (renpho.exchange.answered === 'upstream' && renpho.exchange.response !== null) lesson.take();
  return lesson;
}

/** What was learnt from one exchange. */
class Lesson {
  readonly values: Value[] = [];
  readonly notes: (readonly [string, unknown])[] = [];
  readonly #renpho: RenphoExchange;
  readonly #known: Known;

  constructor(renpho: RenphoExchange, known: Known) {
    this.#renpho = renpho;
    this.#known = known;
  }

  take(): void {
    const { got } = this.#renpho;
    const carried = carriedSession(this.#renpho, this.#known);
    const refused = staleBy(this.#renpho);
    if (refused !== null) {
      if (carried !== null) this.#refused(carried, refused);
      return;
    }
    if (!isGood(this.#renpho)) return;
    if (carried !== null && !this.#isOurOwn(carried)) this.#worked(carried);
    this.#signedIn();
    const account = carried?.userId;
    if (account === undefined) return;
    if (endsWith(this.#renpho.path, 'device/count')) this.#tables(account, got);
    if (endsWith(this.#renpho.path, 'queryFamilyMemberList')) this.#people(account, 'family', 'id');
    if (endsWith(this.#renpho.path, 'friend/friendsList')) this.#people(account, 'friends', 'userId');
  }

  /** The session that a login of either API opens. Renpho answers with one's own profile besides. */
  #signedIn(): void {
    const { api, got, exchange } = this.#renpho;
    if (!isObject(got)) return;
    if (api === 'new') {
      const login = got.login;
      if (!isObject(login)) return;
      const session = loggedIn(exchange.request, login.token, textOf(login.id));
      if (session === null) return;
      this.#worked(session);
      this.#profile(login, 'id');
      return;
    }
    // Some answers have `user_id` instead of `id` (hass_renpho, api_renpho.py).
    const idName = got.id === undefined ? 'user_id' : 'id';
    const session = oldSession(exchange.request, got.terminal_user_session_key, textOf(got[idName]));
    if (session === null) return;
    this.#worked(session);
    this.#profile(got, idName);
    this.#passwordForm(session.userId);
  }

  /** The encrypted password signs in again and again, since its padding is not checked for having been used. */
  #passwordForm(account: string): void {
    const form = [...this.#renpho.form];
    const password = form.find(([name]) => name === 'password')?.[1];
    if (isCredential(password)) this.#value(account, 'password-form', JSON.stringify({ form }));
  }

  #worked(session: RenphoSession): void {
    const { userId } = session;
    const { startedAtUs } = this.#renpho.exchange;
    // What was asked before a session was refused, or comes out of an old file, is no sign that there is a good one.
    const stale = this.#known.value(userId, 'stale');
    if (stale !== undefined && startedAtUs / 1000 < refusedAtMs(stale)) return;
    this.#value(userId, 'session', sessionText(session));
    this.notes.push([`account:${sessionMark(session)}`, userId]);
    if (stale !== undefined) this.#value(userId, 'stale', '');
  }

  /**
   * Whether a pull of ours sent a session that is not the newest any more. That it still works does not make it the
   * app's: the cloud forgets it soon.
   */
  #isOurOwn(session: RenphoSession): boolean {
    const newest = this.#newest(session.userId);
    const { source } = this.#renpho.exchange;
    return source === 'pull' && newest !== null && sessionMark(newest) !== sessionMark(session);
  }

  #newest(account: string): RenphoSession | null {
    return sessionOf(this.#known.value(account, 'session') ?? '');
  }

  /** Only of the newest session it is worth knowing; that an older one is refused is as it should be. */
  #refused(session: RenphoSession, why: string): void {
    const mark = sessionMark(session);
    const newest = this.#newest(session.userId);
    if (newest === null || sessionMark(newest) !== mark) return;
    const atMs = Math.floor(this.#renpho.exchange.startedAtUs / 1000);
    this.#value(session.userId, 'stale', JSON.stringify({ mark, why, atMs }));
  }

  /** Of `{scale:[{userIds,count,tableName}], ...}` the lists with tables in them, but the count, which is wrong. */
  #tables(account: string, got: unknown): void {
    if (!isObject(got)) return;
    const lists = Object.values(got).filter((list): list is unknown[] => Array.isArray(list));
    const tables = lists.flat().flatMap((entry: unknown) => {
      if (!isObject(entry) || typeof entry.tableName !== 'string' || !Array.isArray(entry.userIds)) return [];
      const userIds = entry.userIds.flatMap((id: unknown) => textOf(id) ?? []);
      return userIds.length === 0 ? [] : [{ userIds, tableName: entry.tableName }];
    });
    if (tables.length > 0) this.#value(account, 'tables', JSON.stringify(tables));
  }

  /** The people of a list, which stands bare or as `list`. */
  #people(account: string, name: 'family' | 'friends', idName: 'id' | 'userId'): void {
    const { got } = this.#renpho;
    const rows: unknown = isObject(got) ? got.list : got;
    if (!Array.isArray(rows)) return;
    const ids: string[] = [];
    for (const row of rows.slice(0, MOST_PEOPLE)) {
      const id = isObject(row) ? textOf(row[idName]) : undefined;
      if (!isAccount(id) || ids.includes(id)) continue;
      ids.push(id);
      if (isObject(row)) this.#profile(row, idName);
    }
    this.#value(account, name, JSON.stringify(ids));
  }

  #profile(record: JsonObject, idName: 'id' | 'userId' | 'user_id'): void {
    const profile = profileOf(record, idName);
    if (profile !== null) this.#value(profile.id, 'profile', profile.text);
  }

  #value(device: string, name: string, text: string): void {
    this.values.push({ device, name, text });
  }
}

const MOST_PEOPLE = 200;

/** When the request was sent that was refused. */
function refusedAtMs(stale: string): number {
  const json = parseJson(stale);
  return (isObject(json) ? numberOf(json.atMs) : undefined) ?? 0;
}

function endsWith(path: string, name: string): boolean {
  return path === name || path.endsWith(`/${name}`);
}
