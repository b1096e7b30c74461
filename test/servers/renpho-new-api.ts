import type { Account, RenphoBooks, SeenRequest } from './renpho-books.js';
import { tableOf } from './renpho-books.js';
import type { Row, WeighIn } from './renpho-rows.js';
import { bodyCompositionRow, fourElectrodeRow } from './renpho-rows.js';

/**
 * What `cloud.renpho.com` answers, by docs/protocols/renpho.md: every published endpoint, and one that is invented.
 * It is as strict as clients have found it to be, and stricter where they have not looked.
 */

/** An answer before it is sealed. `data` is null where there is none. */
export interface NewAnswer {
  /** Of HTTP. */
  readonly status: number;
  readonly code: number;
  readonly msg: string;
  readonly data: unknown;
}

/** What is not documented of the lists of weigh-ins, and so may be either way. */
export interface ListHabits {
  /** Which of them is on the first page. */
  readonly order: 'oldest-first' | 'newest-first';
  /** Gives the first page, whatever page is asked for. */
  readonly ignoresPage: boolean;
  /** A bare array, or one in an object. */
  readonly shape: 'array' | 'list';
}

const SUCCESS = 101;
const WRONG_PASSWORD = 104;
const NOT_REGISTERED = 106;
const UNAUTHORIZED = 401;
const SERVER_ERROR = 500;

/** What every call must bring, and what calls that write must bring as well; by name in lower case. */
const READ_HEADERS = ['token', 'userId', 'appVersion', 'platform'];
const WRITE_HEADERS = ['timeZone', 'zoneId', 'language', 'area', 'systemVersion'];
const DAY_S = 86_400;

interface Call {
  readonly books: RenphoBooks;
  readonly habits: ListHabits;
  readonly account: Account;
  /** What was in the envelope; an object of no members when that was no object. */
  readonly sent: Readonly<Record<string, unknown>>;
  /** The records, when it was an array. */
  readonly records: readonly Row[];
}

interface Endpoint {
  readonly isWrite?: true;
  readonly answer: (call: Call) => unknown;
}

const endpoints: Readonly<Record<string, Endpoint>> = {
  '/RenphoHealth/app/sync/getTokenTime': { answer: tokenTime },
  '/renpho-aggregation/device/count': { answer: deviceCount },
  '/RenphoHealth/scale/queryAllMeasureDataList': {
    answer: (call) => page(call, ['four-electrode', 'both'], fourElectrodeRow),
  },
  '/RenphoHealth/scale/queryBodyCompositionMeasureData': {
    answer: (call) => page(call, ['body-composition', 'both'], bodyCompositionRow),
  },
  // Nobody has published what it takes and gives.
  '/RenphoHealth/scale/bodyCompositionScaleCount': { answer: () => null },
  '/RenphoHealth/healthManage/dailyCalories': { answer: daySummary },
  '/RenphoHealth/centerUser/queryFamilyMemberList': { answer: family },
  '/RenphoHealth/app/friend/friendsList': { answer: friends },
  '/RenphoHealth/app/friend/measure/trend': { answer: friendTrend },
  '/RenphoHealth/renpho/girth/queryAllGirthsDataList': { answer: ({ account }) => account.girths },
  '/RenphoHealth/renpho/girth/uploadGirthsDataV2': { isWrite: true, answer: uploadGirths },
  // INVENTED: no public source shows how the app uploads a weigh-in. Its path, its array of records without ids and
  // its answer are made after the upload of girths, so that reading by shape can be tried on something.
  '/RenphoHealth/scale/uploadMeasureData': { isWrite: true, answer: uploadMeasures },
};

export function answerNew(books: RenphoBooks, request: SeenRequest, habits: ListHabits): NewAnswer {
  if (request.path === '/renpho-aggregation/user/login') return logIn(books, request);
  const endpoint = endpoints[request.path];
  if (endpoint === undefined) return { status: 404, code: 404, msg: 'not found', data: null };
  const header = (name: string) =>
    request.headers.find(([found]) => found.toLowerCase() === name.toLowerCase())?.[1];
  const token = header('token');
  const wanted = endpoint.isWrite ? [...READ_HEADERS, ...WRITE_HEADERS] : READ_HEADERS;
  const missing = wanted.find((name) => header(name) === undefined);
  if (missing !== undefined) return failed(`Missing request header '${missing}'`, 400, 400);
  const account = books.accounts.find((one) => one.api === 'new' && one.token === token);
  if (account === undefined || String(account.id) !== header('userId')) return failed('token', UNAUTHORIZED);
  const { body } = request;
  const records = Array.isArray(body) ? body : [];
  const sent = Array.isArray(body) ? {} : Object(body);
  return good(endpoint.answer({ books, habits, account, sent, records }));
}

function good(data: unknown): NewAnswer {
  return { status: 200, code: SUCCESS, msg: 'success', data };
}

function failed(msg: string, code = SERVER_ERROR, status = 200): NewAnswer {
  return { status, code, msg, data: null };
}

/** Signs in, which ends the session that the phone had. */
function logIn(books: RenphoBooks, { body }: SeenRequest): NewAnswer {
  books.signIns++;
  const { email, password } = Object(Object(body).login);
  const account = books.accounts.find((one) => one.api === 'new' && one.email === email);
  if (account === undefined) return failed('email is not registered', NOT_REGISTERED);
  if (account.password !== password) return failed('wrong password', WRONG_PASSWORD);
  books.signInElsewhere(account);
  const login = { ...profile(account), ...tokenTime({ account }), email: account.email };
  const scale = { deviceType: '00038', deviceName: 'Elis 1', mac: 'A4:C1:38:00:00:07', firmwareVersion: '3' };
  return good({ questionnaire: {}, login, bindingList: { bluetooth: [], wifi: [scale] } });
}

function profile({ id, name }: Pick<Account, 'id' | 'name'>): Row {
  const known = { gender: 1, birthday: '1990-05-04', height: 180, heightUnit: 1, weightUnit: 1 };
  return { id, accountName: name, ...known, clientIp: '198.51.100.77', encryptedPassword: 'c2VhbGVk' };
}

function tokenTime({ account }: Pick<Call, 'account'>): Row {
  const issAt = Date.now();
  return { issAt, expAt: issAt + 6 * DAY_S * 1000, userId: account.id, token: account.token };
}

/** Its counts are no use, as clients have found: 0 although there are rows. */
function deviceCount({ account }: Call): Row {
  const users = [account, ...account.family];
  const tables = [...new Set(users.map(({ id }) => tableOf(id)))];
  const scale = tables.map((tableName) => {
    const userIds = users.map(({ id }) => id).filter((id) => tableOf(id) === tableName);
    return { userIds, count: 0, tableName };
  });
  return { scale, girth: account.girths.length, stepCount: 4, treadmill: { total: 0 } };
}

/** A page of weigh-ins of the people asked for, out of the one table asked for. Others' rows are not given. */
function page(call: Call, places: readonly string[], rowOf: (weighIn: WeighIn) => Row): unknown {
  const { books, account, sent, habits } = call;
  const asked = Array.isArray(sent.userIds) ? sent.userIds.map(String) : [];
  const users = [account, ...account.family].map(({ id }) => id).filter((id) => asked.includes(String(id)));
  const inTable = new Set(users.filter((id) => tableOf(id) === sent.tableName));
  const found = books.weighIns.filter(({ user, place }) => inTable.has(user) && places.includes(place));
  found.sort((a, b) => (habits.order === 'oldest-first' ? a.at - b.at : b.at - a.at));
  const size = Number(sent.pageSize) || 10;
  const from = habits.ignoresPage ? 0 : Math.max(0, (Number(sent.pageNum) || 1) - 1) * size;
  const rows = found.slice(from, from + size).map(rowOf);
  return habits.shape === 'array' ? rows : { list: rows };
}

/** The latest weigh-in up to the end of a day, of either kind of scale. */
function daySummary({ books, account, sent }: Call): Row {
  const end = Date.parse(`${sent.data}T00:00:00Z`) / 1000 + DAY_S;
  const upTo = books.weighIns.filter(({ user, at }) => user === account.id && at < end);
  const latest = (...places: string[]) =>
    upTo.filter(({ place }) => places.includes(place)).reduce<WeighIn | null>(later, null);
  const four = latest('four-electrode', 'both');
  const eight = latest('body-composition', 'both');
  return {
    ...{ calories: 0, fourElectrodeWeight: four && fourElectrodeRow(four) },
    ...{ eightElectrodeWeight: eight && bodyCompositionRow(eight) },
  };
}

function later(one: WeighIn | null, other: WeighIn): WeighIn {
  return one !== null && one.at > other.at ? one : other;
}

function family({ account }: Call): unknown {
  return account.family.map((person) => ({ ...profile(person), userId: account.id }));
}

function friends({ account }: Call): unknown {
  return { list: account.friends.map(({ id, name }) => ({ accountName: name, userId: id })) };
}

/** What a friend weighs, without an id or a time stamp. */
function friendTrend({ books, account, sent }: Call): unknown {
  const friend = account.friends.find(({ id }) => String(id) === String(sent.rhFriendId));
  return books.weighIns
    .filter(({ user }) => user === friend?.id)
    .map(({ at, weightKg }) => ({ weight: weightKg, localCreatedAt: new Date(at * 1000).toISOString() }));
}

/** Only ever adds: what is sent twice is there twice. */
function uploadGirths({ books, account, records }: Call): unknown {
  return records.map((record) => {
    const id = books.newId();
    account.girths.push({ ...record, id });
    return { id, timeStamp: Number(record.timeStamp) };
  });
}

function uploadMeasures({ books, account, records }: Call): unknown {
  return records.map((record) => {
    const at = Number(record.timeStamp);
    const user = BigInt(String(record.bUserId ?? account.id));
    const facts = {
      user,
      at,
      weightKg: Number(record.weight),
      place: 'four-electrode',
      isTypedIn: false,
    } as const;
    return { id: books.upload(facts).id, timeStamp: at };
  });
}
