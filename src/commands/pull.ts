import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';
import { UsageError, UserError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import type { Exchange } from '../model/exchange.js';
import { Calls } from '../offline/calls.js';
import { loginNew, loginOld, loginWarning } from '../pull/login.js';
import { staleWords } from '../pull/loop.js';
import type { PULLED, PullPlace } from '../pull/place.js';
import { reachOf } from '../pull/reach.js';
import type { PullProgress, PullResult, Reach, SeenRows } from '../pull/renpho.js';
import { pullRenpho } from '../pull/renpho.js';
import type { Store } from '../store/store.js';
import { personName } from '../vendors/renpho/profiles.js';
import type { RenphoSession } from '../vendors/renpho/session.js';
import { sessionOf } from '../vendors/renpho/session.js';
import { upstreamContext } from '../wire/upstream-context.js';
import { secretFrom } from './ask-secret.js';
import { modeOf } from './mode-of.js';
import { counted, localTime, Progress, print } from './output.js';
import { withStore } from './with-store.js';

const VENDOR = 'renpho';
const BAR = 20;

/**
 * `scaletap pull renpho`: fetches the history of an account with the session of the app that crossed; with `--login` it
 * signs in. Resolves to 1 when not all could be had.
 */
export async function run(settings: Settings, _log: Log, [vendor = '']: readonly string[]): Promise<number> {
  check(settings, vendor);
  if ((await modeOf(settings)) === 'offline') {
    throw new UserError(
      'nothing is pulled in mode offline, in which the cloud is not called; `scaletap mode auto` ends that where ' +
        'serve is running, otherwise the setting does',
    );
  }
  return withStore({ ...settings, create: settings.login }, async (store) => {
    const place = new StorePlace(store);
    const calls = new Calls(settings, [], () => true);
    const context = await upstreamContext(settings.upstreamCa);
    const reach: Reach = {
      ...reachOf(calls.dial, (host, port) => calls.upstreamAt(host, port), context),
      signal: new AbortController().signal,
    };
    const session = settings.login
      ? await signIn(settings, store, place, reach)
      : knownSession(store, settings.account);
    const progress = new Progress();
    const { all, since: sinceMs } = settings;
    const onProgress = (now: PullProgress) => progress.show(bar(now));
    const result = await pullRenpho(session, place, { ...reach, all, sinceMs, onProgress }).finally(() =>
      progress.clear(),
    );
    await print(summary(store, session.userId, result, place.newReadings));
    return result.end === 'whole' && result.problems.length === 0 ? 0 : 1;
  });
}

function check({ login, loginForm, email, passwordFile, all, since }: Settings, vendor: string): void {
  if (vendor !== VENDOR) {
    throw new UsageError(`${printable(vendor)} is nothing that can be pulled; there is only ${VENDOR}`);
  }
  if (all && since !== null) throw new UsageError('either --all or --since, not both');
  if (!login && (loginForm || email !== null || passwordFile !== null)) {
    throw new UsageError(
      '--login-form, --email and --password-file are for signing in, which logs the phone out; that is done only with --login',
    );
  }
  if (loginForm && (email !== null || passwordFile !== null)) {
    throw new UsageError('--login-form has e-mail address and password in it; leave the others out');
  }
  if (login && !loginForm && email === null) {
    throw new UsageError(
      '--login needs the --email of an account of Renpho Health; for one of the old app, add --login-form, which ' +
        'signs in with what that app has sent',
    );
  }
}

/** The store as the place of a pull. */
class StorePlace implements PullPlace {
  newReadings = 0;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async values(account: string): Promise<ReadonlyMap<string, string>> {
    const found = this.#store.values.list({ vendor: VENDOR, device: account });
    return new Map(found.map(({ name, text }) => [name, text]));
  }

  async newestMs(person: string): Promise<number | null> {
    return this.#store.readings.newest(VENDOR, person, 'weight')?.timeMs ?? null;
  }

  record(exchange: Exchange): void {
    this.newReadings += this.#store.journal.commit([exchange]).readings;
  }

  keep(account: string, name: typeof PULLED, text: string): void {
    const { values } = this.#store;
    values.change(() => values.put(VENDOR, account, name, text, Date.now() * 1000));
  }
}

/** The session of an account that has crossed, or of the only one. */
function knownSession(store: Store, wanted: string | null): RenphoSession {
  const account = accountWith(store, 'session', wanted);
  const session = sessionOf((account !== undefined && store.values.get(VENDOR, account, 'session')) || '');
  if (session !== null) return session;
  const whose = wanted === null ? '' : ` of account ${printable(wanted)}`;
  throw new UserError(
    `no session of the Renpho app${whose} has crossed yet: open the app once on a phone that uses the proxy ` +
      '(docs/renpho.md). --login signs in instead, which logs the phone out',
  );
}

/** The account that has a value of a name; undefined when there is none. Throws when there are several. */
function accountWith(store: Store, name: string, wanted: string | null): string | undefined {
  const found = store.values.list({ vendor: VENDOR }).filter((value) => value.name === name);
  if (wanted !== null) return found.find(({ device }) => device === wanted)?.device;
  if (found.length < 2) return found[0]?.device;
  const accounts = found.map(({ device }) => describe(store, device)).join(', ');
  throw new UsageError(`there are several accounts: ${accounts}; choose one with --account`);
}

/** Signs in, and says before what that does. */
async function signIn(
  { account, loginForm, email, passwordFile }: Settings,
  store: Store,
  place: PullPlace,
  reach: Reach,
): Promise<RenphoSession> {
  const headersOf = (whose: string | undefined, api: RenphoSession['api']) => {
    const session = whose === undefined ? null : sessionOf(store.values.get(VENDOR, whose, 'session') ?? '');
    return session?.api === api ? session.headers : [];
  };
  if (loginForm) {
    const whose = accountWith(store, 'password-form', account);
    const form = whose === undefined ? undefined : store.values.get(VENDOR, whose, 'password-form');
    if (form === undefined) {
      throw new UserError(
        'no sign-in of the old app has crossed yet, so there is no form to sign in with: sign in once in the app on ' +
          'a phone that uses the proxy. A password alone will not do for the old cloud, as not all of the key that ' +
          'covers it is public knowledge',
      );
    }
    process.stderr.write(`${loginWarning}\n`);
    return loginOld(form, headersOf(whose, 'old'), place, reach);
  }
  process.stderr.write(`${loginWarning}\n`);
  const password = await secretFrom(passwordFile, `Password of ${printable(email ?? '')}: `);
  const whose = account ?? accountWith(store, 'session', null);
  return loginNew(email ?? '', password, headersOf(whose, 'new'), place, reach);
}

/** `[#####               ] list 2 of 8, 1200 rows`: rows are not known beforehand. */
function bar({ rows, requests, done, lists }: PullProgress): string {
  const filled = lists === 0 ? 0 : Math.round((BAR * done) / lists);
  const list = `list ${Math.min(done + 1, lists)} of ${lists}`;
  return `[${'#'.repeat(filled).padEnd(BAR)}] ${list}, ${counted(rows, 'row')}, ${counted(requests, 'request')}`;
}

function summary(store: Store, account: string, result: PullResult, newReadings: number): string {
  const { end, why, problems, requests, people } = result;
  const rows = [...people.values()].reduce((sum, seen) => sum + seen.rows, 0);
  const seen = `${counted(rows, 'row')} in ${counted(requests, 'request')}, ${counted(newReadings, 'new reading')}`;
  const lines = [`account ${describe(store, account)}: ${seen}`];
  for (const [person, theirs] of people) lines.push(`  ${describe(store, person)}: ${spanOf(theirs)}`);
  for (const problem of problems) lines.push(`  not had: ${problem}`);
  if (end === 'stale') lines.push(staleWords(account, why));
  else if (end !== 'whole') lines.push(`stopped: ${why}. What came before is kept`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** An id, with the name that goes with it where it is known. */
function describe(store: Store, id: string): string {
  const name = personName(id, '', (device, what) => store.values.get(VENDOR, device, what));
  return name === null ? id : `${id} (${name})`;
}

function spanOf({ rows, oldestMs, newestMs }: SeenRows): string {
  const span =
    oldestMs === null || newestMs === null ? '' : `, ${localTime(oldestMs)} to ${localTime(newestMs)}`;
  return `${counted(rows, 'row')}${span}`;
}
