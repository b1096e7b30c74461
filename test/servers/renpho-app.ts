import type { Account, RenphoBooks } from './renpho-books.js';
import { jsonOf, seal } from './renpho-envelope.js';

/** Requests as the two apps make them, by docs/protocols/renpho.md and captures/renpho. */

export interface AppRequest {
  readonly host: string;
  readonly method: 'GET' | 'POST';
  /** With the query. */
  readonly path: string;
  /** Without Host and Content-Length. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
}

/** What the old app says of itself in every call. */
const oldCommon = {
  ...{ address: '', app_id: 'Renpho', app_revision: '3.11.10', area_code: 'BE' },
  ...{ cellphone_type: 'iPhone14,2', locale: 'en', platform: 'iphone', system_type: '15.4.1' },
  zone: 'Europe/Brussels',
} as const;

const oldHeaders = [
  ['User-Agent', 'Renpho/3.11.10 (iPhone; iOS 15.4.1; Scale/3.00)'],
  ['Accept', '*/*'],
  ['Accept-Language', 'en-BE;q=1, nl-BE;q=0.9'],
  ['Accept-Encoding', 'gzip, deflate'],
] as const;

const form = ['Content-Type', 'application/x-www-form-urlencoded'] as const;

/** A call of the new app; `undefined` is sent as an envelope around nothing. */
export function newCall(account: Account, path: string, sent: unknown): AppRequest {
  return {
    ...{ host: 'cloud.renpho.com', method: 'POST', path },
    headers: [...[['token', account.token] as const, ['userId', String(account.id)] as const], ...newHeaders],
    body: jsonOf({ encryptData: seal(sent === undefined ? '' : jsonOf(sent)) }),
  };
}

const newHeaders = [
  ['appVersion', '7.6.4'],
  ['platform', 'android'],
  ['language', 'en'],
  ['languageCode', 'en'],
  ['area', 'GB'],
  ['userArea', 'GB'],
  ['timeZone', '1'],
  ['zoneId', 'Europe/London'],
  ['systemVersion', '15'],
  ['phone', 'Pixel 8'],
  ['devId', 'd3v1ce-0f-the-phone'],
  ['Content-Type', 'application/json;charset=UTF-8'],
  ['User-Agent', 'okhttp/4.12.0'],
] as const;

/** Signs in to the new cloud, as when the app is opened for the first time. */
export function newSignIn({ email, password }: Account): AppRequest {
  const phone = { appRevision: '7.6.4', cellphoneType: 'Pixel 8', systemType: '15', platform: 'android' };
  const login = { password, areaCode: 'GB', ...phone, email };
  const sent = { questionnaire: {}, login, bindingList: { deviceTypes: ['00038', '00053'] } };
  return {
    ...{ host: 'cloud.renpho.com', method: 'POST', path: '/renpho-aggregation/user/login' },
    ...{ headers: newHeaders, body: jsonOf({ encryptData: seal(jsonOf(sent)) }) },
  };
}

/** A page of weigh-ins of one person of the account, asked for as the app does: bare ids, numbers as text. */
export function newPage(account: Account, endpoint: string, user: bigint, pageNum = 1): AppRequest {
  const tableName = `measurements_info_${user % 24n}`;
  const sent = { userIds: [user], pageSize: '100', tableName, pageNum: String(pageNum) };
  return newCall(account, `/RenphoHealth/scale/${endpoint}`, sent);
}

/** A call of the old app that asks for something. */
export function oldCall(
  account: Account,
  path: string,
  more: Readonly<Record<string, string>> = {},
): AppRequest {
  const session = { terminal_user_session_key: account.token, user_id: String(account.id) };
  const query = new URLSearchParams({ ...oldCommon, ...session, ...more });
  const host = 'renpho.qnclouds.com';
  return { host, method: 'GET', path: `${path}?${query}`, headers: oldHeaders, body: null };
}

/** Signs in to the old cloud. */
export function oldSignIn({ email, passwordForm: password }: Account): AppRequest {
  const fields = new URLSearchParams({ ...oldCommon, email, password, secure_flag: '1' });
  return {
    ...{ host: 'renpho.qnclouds.com', method: 'POST', path: '/api/v3/users/sign_in.json' },
    ...{ headers: [...oldHeaders, form], body: String(fields) },
  };
}

/** What the new app does when it is opened: the shard tables, the family, and both lists of everybody's rows. */
export function newAppSession(account: Account, { weighIns }: Pick<RenphoBooks, 'weighIns'>): AppRequest[] {
  const people = [account, ...account.family];
  const pages = (user: bigint) => Math.ceil(weighIns.filter((one) => one.user === user).length / 100) || 1;
  const lists = people.flatMap(({ id }) =>
    ['queryBodyCompositionMeasureData', 'queryAllMeasureDataList'].flatMap((endpoint) =>
      Array.from({ length: pages(id) }, (_, i) => newPage(account, endpoint, id, i + 1)),
    ),
  );
  return [
    newCall(account, '/RenphoHealth/app/sync/getTokenTime', {}),
    newCall(account, '/renpho-aggregation/device/count', undefined),
    newCall(account, '/RenphoHealth/centerUser/queryFamilyMemberList', {}),
    newCall(account, '/RenphoHealth/app/friend/friendsList', { userId: account.id }),
    ...lists,
  ];
}
