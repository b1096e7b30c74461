import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../../src/model/exchange.js';
import { renphoExchange } from '../../../src/vendors/renpho/exchange.js';
import { learn } from '../../../src/vendors/renpho/learn.js';
import { open } from '../../../src/vendors/renpho/open.js';
import { personName } from '../../../src/vendors/renpho/profiles.js';
import { sessionMark, sessionOf } from '../../../src/vendors/renpho/session.js';
import type { Known } from '../../../src/vendors/vendor.js';
import { account, call, capture, get, message, signIn } from './calls.js';

/** What a run has learnt, as the store would hand it on. */
class Memory implements Known {
  readonly values = new Map<string, string>();
  readonly notes = new Map<string, unknown>();

  value = (device: string, name: string): string | undefined => this.values.get(`${device} ${name}`);
  note = (key: string): unknown => this.notes.get(key);

  /** Learns from exchanges in turn; gives the values that the last of them set. */
  play(...exchanges: readonly Exchange[]): string[] {
    let names: string[] = [];
    for (const exchange of exchanges) {
      const { values, notes } = learn(renphoExchange(exchange), this);
      for (const { device, name, text } of values) {
        if (text === '') this.values.delete(`${device} ${name}`);
        else this.values.set(`${device} ${name}`, text);
      }
      for (const [key, note] of notes) this.notes.set(key, note);
      names = values.map(({ name }) => name);
    }
    return names;
  }

  /** The token or key of an account's session, with a mark when it is stale. */
  session(of = account): string | undefined {
    const session = sessionOf(this.value(of, 'session') ?? '');
    if (session === null) return undefined;
    const stale = this.value(of, 'stale');
    const marked = stale !== undefined && JSON.parse(stale).mark === sessionMark(session);
    return (session.api === 'new' ? session.token : session.key) + (marked ? ' is stale' : '');
  }
}

const page = (token: string, given = {}, over = {}) =>
  call({ path: 'RenphoHealth/scale/queryAllMeasureDataList', sent: {}, token, got: [], ...given }, over);

const list = (key: string, got: unknown = { status_code: '20000' }, user = '&user_id=7') =>
  get('api/v2/measurements/list.json', `&terminal_user_session_key=${key}${user}`, got);

const login = JSON.parse(capture('new_login_object_fixture.json'));

describe('a session', () => {
  test('is learnt from any call that carries one and is answered well', () => {
    const memory = new Memory();
    expect(memory.play(call({ path: 'never/heard/of', token: 'first', got: {} }))).toEqual(['session']);
    expect(memory.session()).toBe('first');
  });

  test('gives way to a newer one', () => {
    const memory = new Memory();
    memory.play(page('first'), page('second'));
    expect(memory.session()).toBe('second');
  });

  test.each([
    ['an answer of ours', { answered: 'refused' as const }],
    ['no answer', { response: null }],
    ['a page that is not of the vendor', { response: message('HTTP/1.1 200 OK\r\n', '<html>') }],
  ])('is not learnt with %s', (_, over) => {
    const memory = new Memory();
    expect(memory.play(page('first', {}, over))).toEqual([]);
  });

  test.each([{ code: 500 }, { code: -114 }, { status: 500 }])('nor with %j', (given) => {
    const memory = new Memory();
    expect(memory.play(page('first', given))).toEqual([]);
  });

  test('is learnt from a login, with the headers of its request, and the name of the account', () => {
    const memory = new Memory();
    memory.play(call({ path: 'renpho-aggregation/user/login', sent: {}, got: { login } }));
    expect(memory.session()).toBe('SECRET');
    expect(memory.value(account, 'profile')).toBe('{"name":"Aidan","heightCm":180,"sex":"male"}');
    expect(personName(account, '', memory.value)).toBe('Aidan');
    expect(personName('7', '', memory.value)).toBeNull();
  });

  test.each(['id', 'user_id'])('of the old API is learnt from a sign-in whose answer has %s', (idName) => {
    const memory = new Memory();
    const got = { status_code: '20000', terminal_user_session_key: 'key', [idName]: 7, account_name: 'Ana' };
    const names = memory.play(signIn('email=a%40b.co&password=cGFz%2Bw%3D%3D&secure_flag=1', got));
    expect(names).toEqual(['session', 'profile', 'password-form']);
    expect(memory.session('7')).toBe('key');
    const { form } = JSON.parse(memory.value('7', 'password-form') ?? '');
    expect(form).toContainEqual(['email', 'a@b.co']);
    expect(form).toContainEqual(['password', 'cGFz+w==']);
    expect(form).toContainEqual(['secure_flag', '1']);
  });

  test('of the old API is learnt from a list, also without the user id once that is known', () => {
    const memory = new Memory();
    expect(memory.play(list('key', undefined, ''))).toEqual([]);
    memory.play(list('key'));
    expect(memory.play(list('key', undefined, ''))).toEqual(['session']);
    expect(memory.session('7')).toBe('key');
  });

  test('of the app stays when a pull of ours still gets answers with an older one', () => {
    const memory = new Memory();
    const ours = { source: 'pull' };
    memory.play(page('first'), page('first', {}, ours), page('second'), page('first', {}, ours));
    expect(memory.session()).toBe('second');
    memory.play(call({ path: 'renpho-aggregation/user/login', got: { login } }, ours));
    expect(memory.session()).toBe('SECRET');
  });

  test('is learnt from an answer with nothing in it, too', () => {
    const memory = new Memory();
    memory.play(page('first', { got: null }));
    expect(memory.session()).toBe('first');
  });

  test('that is covered, out of an export, is none', () => {
    const memory = new Memory();
    expect(memory.play(page('****'))).toEqual([]);
    memory.play(call({ path: 'renpho-aggregation/user/login', got: { login: { ...login, token: '***' } } }));
    expect(memory.values.size).toBe(0);
    const covered = { status_code: '20000', id: 7, terminal_user_session_key: '***' };
    expect(memory.play(signIn('email=***&password=***', covered))).toEqual([]);
  });
});

describe('a session goes stale', () => {
  test.each([
    ['HTTP 401', { status: 401 }],
    ['HTTP 403', { status: 403 }],
    ['code 401', { code: 401 }],
    ['code 403', { code: 403 }],
  ])('by %s', (why, given) => {
    const memory = new Memory();
    memory.play(page('first'), page('first', given));
    expect(memory.session()).toBe('first is stale');
    expect(JSON.parse(memory.value(account, 'stale') ?? '')).toMatchObject({ why });
  });

  test('by status 40302 of the old API', () => {
    const memory = new Memory();
    memory.play(list('key'), list('key', { status_code: '40302', status_message: 'no' }));
    expect(memory.session('7')).toBe('key is stale');
  });

  test('not by the failure of an older one', () => {
    const memory = new Memory();
    memory.play(page('first'), page('second'));
    expect(memory.play(page('first', { status: 401 }))).toEqual([]);
    expect(memory.session()).toBe('second');
  });

  test('not by a wrong password or a server in trouble', () => {
    const memory = new Memory();
    memory.play(page('first'), page('first', { code: 104 }), page('first', { status: 502 }));
    expect(memory.session()).toBe('first');
  });

  test('until a new one crosses', () => {
    const memory = new Memory();
    memory.play(page('first'), page('first', { status: 401 }), page('second'));
    expect(memory.session()).toBe('second');
    expect(memory.value(account, 'stale')).toBeUndefined();
  });

  test('until it works again, which an answer that was on its way does not say', () => {
    const memory = new Memory();
    const at = (seconds: number) => ({ startedAtUs: seconds * 1_000_000 });
    memory.play(page('first', {}, at(1)), page('first', { status: 401 }, at(3)), page('first', {}, at(2)));
    expect(memory.session()).toBe('first is stale');
    memory.play(page('first', {}, at(4)));
    expect(memory.session()).toBe('first');
  });
});

describe('besides', () => {
  test('tables with their users, without the count', () => {
    const memory = new Memory();
    const got = JSON.parse(capture('new_device_count_fixture.json'));
    memory.play(call({ path: 'renpho-aggregation/device/count', token: 't', got }));
    expect(JSON.parse(memory.value(account, 'tables') ?? '')).toEqual([
      { userIds: ['1'], tableName: 'measurements_info_16' },
      { userIds: ['2'], tableName: 'measurements_info_19' },
      { userIds: ['3'], tableName: 'morpho_measurements_2' },
    ]);
  });

  test.each([
    ['a list', (rows: unknown[]): unknown => rows],
    ['a page', (rows: unknown[]): unknown => ({ list: rows })],
  ])('family and friends out of %s, apart, with ids of 19 digits', (_, shape) => {
    const memory = new Memory();
    const family = [
      { id: '#5919278420902642177', accountName: 'Bo', gender: 0, email: 'b@c.de', birthday: '1990-01-01' },
      7,
    ];
    const friends = [{ userId: '#6000380382810832768', accountName: 'Cy' }, { userId: null }];
    memory.play(
      call({ path: 'RenphoHealth/centerUser/queryFamilyMemberList', token: 't', got: shape(family) }),
      call({ path: 'RenphoHealth/app/friend/friendsList', token: 't', got: shape(friends) }),
    );
    expect(memory.value(account, 'family')).toBe('["5919278420902642177"]');
    expect(memory.value(account, 'friends')).toBe('["6000380382810832768"]');
    expect(memory.value('5919278420902642177', 'profile')).toBe('{"name":"Bo","sex":"female"}');
    expect(memory.value('6000380382810832768', 'profile')).toBe('{"name":"Cy"}');
  });

  test('the same from an opened exchange', () => {
    const exchange = call({ path: 'renpho-aggregation/user/login', sent: {}, got: { login } });
    const [raw, opened] = [new Memory(), new Memory()];
    raw.play(exchange);
    opened.play(open(exchange));
    expect([...opened.values]).toEqual([...raw.values]);
  });
});
