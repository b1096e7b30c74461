import { UserError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import type { Exchange } from '../model/exchange.js';
import type { HeaderList } from '../model/message.js';
import { NEW_HOST } from '../vendors/renpho/exchange.js';
import { isObject, parseJson, textOf } from '../vendors/renpho/json.js';
import type { RenphoSession } from '../vendors/renpho/session.js';
import { isPairs, loggedIn, oldSession } from '../vendors/renpho/session.js';
import { Cloud } from './http.js';
import type { PullPlace } from './place.js';
import { NotToBeHad, Polite, PullStopped } from './polite.js';
import type { CloudRequest } from './rebuilt.js';
import type { Reach } from './renpho.js';
import { newRequest } from './renpho-new.js';
import { OLD_HOST } from './renpho-old.js';
import { verdictOf } from './verdict.js';

/**
 * Signing in, which logs the phone out of the app: only ever done when a person has asked for it. A session of the app
 * that crossed is used otherwise.
 */

/** What to say before anybody signs in. */
export const loginWarning =
  'signing in logs the phone out of the app, and a scale may stop reaching the cloud until somebody signs in there ' +
  'again; without --login, the session of the app is used as it crosses the proxy';

/** The version of the app that we are where no app has crossed, and a system for it; clients were served with them. */
const APP_VERSION = '7.6.4';
const SYSTEM = '15';
const defaultHeaders: HeaderList = [
  ['appVersion', APP_VERSION],
  ['platform', 'android'],
  ['language', 'en'],
];
/** Scales, by the app's codes for them. The app sends a list of what it knows, whose use is not known. */
const DEVICE_TYPES = ['00002', '00003', '00007', '00009', '00016', '00038', '00051', '00053'];

/** Signs in to the new cloud; `headers` are the app's own, empty when none crossed. Throws a {@link UserError}. */
export async function loginNew(
  email: string,
  password: string,
  headers: HeaderList,
  place: PullPlace,
  reach: Reach,
): Promise<RenphoSession> {
  const known = headers.filter(([name]) => !/^(token|userid)$/i.test(name));
  const login = {
    password,
    areaCode: 'US',
    appRevision: APP_VERSION,
    cellphoneType: 'Android',
    systemType: SYSTEM,
    email,
    platform: 'android',
  };
  const json = JSON.stringify({ questionnaire: {}, login, bindingList: { deviceTypes: DEVICE_TYPES } });
  const sent = known.length > 0 ? known : defaultHeaders;
  const { got, exchange } = await signIn(
    NEW_HOST,
    newRequest(sent, '/renpho-aggregation/user/login', json),
    place,
    reach,
  );
  const told = isObject(got) && isObject(got.login) ? got.login : {};
  return opened(loggedIn(exchange.request, told.token, textOf(told.id)));
}

/**
 * Signs in to the old cloud with the form of a sign-in that crossed: the value `password-form`. The RSA form of the
 * password in it stays good. The public key is not among the published facts in full, so that no form can be made of a
 * password. Throws a {@link UserError}.
 */
export async function loginOld(
  value: string,
  headers: HeaderList,
  place: PullPlace,
  reach: Reach,
): Promise<RenphoSession> {
  const body = Buffer.from(
    String(new URLSearchParams(formOf(value).map(([name, each]): [string, string] => [name, each]))),
  );
  const request: CloudRequest = {
    method: 'POST',
    target: '/api/v3/users/sign_in.json',
    headers: [...headers, ['Content-Type', 'application/x-www-form-urlencoded']],
    body,
  };
  const { got, exchange } = await signIn(OLD_HOST, request, place, reach);
  const told = isObject(got) ? got : {};
  return opened(
    oldSession(exchange.request, told.terminal_user_session_key, textOf(told.id ?? told.user_id)),
  );
}

function formOf(value: string): HeaderList {
  const parsed = parseJson(value);
  if (isObject(parsed) && isPairs(parsed.form) && parsed.form.length > 0) return parsed.form;
  throw new UserError(
    'the form of the sign-in that was kept cannot be read; sign in once in the app while the phone uses the proxy',
  );
}

async function signIn(
  host: string,
  request: CloudRequest,
  place: PullPlace,
  { connect, timeoutMs, pacing, signal }: Reach,
): Promise<{ readonly got: unknown; readonly exchange: Exchange }> {
  const record = place.record.bind(place);
  const cloud = new Cloud({ host, connect: () => connect(host), record, timeoutMs, signal });
  let last: Exchange | undefined;
  try {
    const judge = (exchange: Exchange) => {
      last = exchange;
      return verdictOf(exchange);
    };
    // Once, whatever comes of it: clouds count wrong passwords.
    const got = await new Polite(cloud, host, pacing, signal).ask(request, judge, 1);
    if (last === undefined) throw new Error('an answer without an exchange');
    return { got, exchange: last };
  } catch (error) {
    if (!(error instanceof PullStopped || error instanceof NotToBeHad)) throw error;
    const also = host === OLD_HOST ? '. For a wrong password this cloud may say 500, too' : '';
    throw new UserError(`could not sign in to ${host}: ${printable(error.message)}${also}`);
  } finally {
    await cloud.close();
  }
}

function opened(session: RenphoSession | null): RenphoSession {
  if (session !== null) return session;
  throw new UserError(
    'the cloud took the sign-in, but its answer holds no session; look at it with exchanges',
  );
}
