import type { Account, RenphoBooks, SeenRequest } from './renpho-books.js';
import type { Row, WeighIn } from './renpho-rows.js';
import { oldRow, SCALE_MAC } from './renpho-rows.js';

/** What `renpho.qnclouds.com` answers, by docs/protocols/renpho.md: the published endpoints. */

/** All of them come with HTTP status 200; `status_code` is a text. */
type OldAnswer = Row & { readonly status_code: string };

const good = { status_code: '20000', status_message: 'ok' } as const;
export const sessionGone = { status_code: '40302', status_message: 'session is not valid' } as const;

interface Call {
  readonly books: RenphoBooks;
  readonly account: Account;
  readonly query: URLSearchParams;
}

const endpoints: Readonly<Record<string, (call: Call) => Row>> = {
  // Often empty although there are weigh-ins.
  '/api/v3/scale_users/list_scale_user': () => ({ scale_users: [] }),
  '/api/v2/measurements/list.json': measurements,
  '/api/v2/device_binds/get_device.json': () => ({ device_binds_ary: [binding] }),
  '/api/v3/devices/list_lastest_model.json': () => ({}),
  '/api/v3/girths/list_girth.json': ({ account }) => ({
    ...{ girths: account.girths, deleted_girth_ids: [], last_updated_at: nowS() },
  }),
  '/api/v3/girth_goals/list_girth_goal.json': () => ({ girth_goals: [], last_updated_at: nowS() }),
  '/api/v3/growth_records/list_growth_record.json': () => ({ growth_records: [], last_updated_at: nowS() }),
  '/api/v2/messages/list.json': () => ({ messages: [] }),
};

const binding: Row = {
  ...{ id: 7_001, mac: SCALE_MAC, scale_name: 'ES-CS20M', demo: '', hw_ble_version: 1, device_type: 1 },
  ...{ hw_software_version: 3, created_at: '2021-01-01 00:00:00', uuid: '', internal_model: '03DE' },
  ...{ wifi_name: 'HomeNet-01', product_category: 0 },
};

export function answerOld(books: RenphoBooks, request: SeenRequest): OldAnswer {
  const { method, path, query } = request;
  if (method === 'POST' && path === '/api/v3/users/sign_in.json') return signIn(books, request);
  const endpoint = endpoints[path];
  if (endpoint === undefined) return { status_code: '404', status_message: 'not found' };
  const key = query.get('terminal_user_session_key');
  const account = books.accounts.find((one) => one.api === 'old' && one.token === key);
  const user = query.get('user_id') ?? String(account?.id);
  if (account === undefined || user !== String(account.id)) return sessionGone;
  return { ...good, ...endpoint({ books, account, query }) };
}

/** Signs in, which ends the session that the phone had. */
function signIn(books: RenphoBooks, { body }: SeenRequest): OldAnswer {
  books.signIns++;
  const { email, password, secure_flag: secure } = Object(body);
  const account = books.accounts.find((one) => one.api === 'old' && one.email === email);
  if (account === undefined) return { status_code: '50000', status_message: 'Email was not registered' };
  if (account.passwordForm !== password || String(secure) !== '1')
    return { status_code: '500', status_message: 'Internal Server Error' };
  books.signInElsewhere(account);
  const { id, name, token } = account;
  return {
    ...good,
    ...{ terminal_user_session_key: token, device_binds_ary: [{ ...binding, b_user_id: id }], id },
    ...{ email: account.email, account_name: name, gender: 1, height: 180, height_unit: 1 },
    ...{ birthday: '1990-05-04', weight_unit: 1, locale: 'en', area_code: 'BE', phone: '', method: 1 },
  };
}

/**
 * Without `last_at` all rows come in `previous_ary`; with it those that are newer in `last_ary`. That there is never
 * more to be had under `previous_at` is an assumption: nobody has published how that pages.
 */
function measurements({ books, account, query }: Call): Row {
  const isOurs = ({ user, id }: WeighIn) => user === account.id && !account.deleted.includes(id);
  const all = books.weighIns.filter(isOurs);
  const lastAt = query.get('last_at');
  const rows = all.filter(({ at }) => at > Number(lastAt ?? 0)).map(oldRow);
  return {
    ...{ last_at: nowS(), previous_flag: 0, previous_at: all[0]?.at ?? 0, delete_ary: account.deleted },
    ...{ previous_ary: lastAt === null ? rows : [], last_ary: lastAt === null ? [] : rows },
  };
}

function nowS(): number {
  return Math.floor(Date.now() / 1000);
}
