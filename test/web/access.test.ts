import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { forgetPassword, keepPassword } from '../../src/web/password-file.js';
import { Behind, GOOD, json, served } from './webs.js';

/*
 * Who may see the data. Without a password: this very machine, asking for itself. With one: who has given it, wherever
 * they are. The page itself has no data in it and is shown to all.
 */

const people = { path: '/api/people' };
const signIn = (password: string) => ({ method: 'POST', path: '/api/session', body: { password } });
const outside = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

describe('without a password', () => {
  test('this machine sees everything, and may set one', async () => {
    const { ask } = await served();
    expect((await ask({ path: '/api/session' })).json()).toEqual({
      needsPassword: false,
      signedIn: true,
      maySetPassword: true,
    });
    expect((await ask(people)).status).toBe(200);
    expect((await ask(signIn(GOOD))).status).toBe(409);
  });

  test.each([
    ['asks by a name that a reverse proxy may pass on', { Host: 'nas.local' }],
    ['asks by an address of the house', { Host: '192.168.1.10:8080' }],
    ['asks for another', { 'X-Forwarded-For': '127.0.0.1' }],
    ['asks for another, in the way of RFC 7239', { Forwarded: 'for=127.0.0.1' }],
  ])('who %s sees nothing, and is told what to do', async (_, headers) => {
    const { ask } = await served();
    const refused = await ask({ ...people, headers });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('`scaletap password`');
    expect((await ask({ ...signIn(GOOD), headers })).status).toBe(403);
    expect((await ask({ path: '/api/session', headers })).json()).toEqual({
      needsPassword: true,
      signedIn: false,
      maySetPassword: false,
    });
    const set = await ask({ method: 'PUT', path: '/api/password', body: { password: GOOD }, headers });
    expect([set.status, set.cookie]).toEqual([403, undefined]);
    expect((await ask(people)).status).toBe(200);
  });

  test('who asks in HTTP/1.0, as nginx does for others, sees nothing', async () => {
    const { web } = await served();
    const socket = connect(web.endpoint.port, '127.0.0.1');
    socket.write('GET /api/people HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n');
    expect(await text(socket)).toContain('403 Forbidden');
  });

  test.skipIf(outside === undefined)('another address sees nothing, whatever Host it names', async () => {
    const { ask } = await served(new Behind(), {}, outside);
    for (const headers of [{}, { Host: 'localhost' }]) {
      expect((await ask({ ...people, headers })).status).toBe(403);
    }
    expect((await ask({ path: '/setup/' })).status).toBe(200);
    expect((await ask({ path: '/healthz' })).status).toBe(200);
  });
});

describe('with a password', () => {
  test.each([
    ['GET', '/api/people'],
    ['GET', '/api/status'],
    ['GET', '/api/events'],
    ['GET', '/api/openapi.json'],
    ['GET', '/api/exchanges/1'],
    ['GET', '/api/nothing'],
    ['GET', '/api'],
    ['DELETE', '/api/session'],
    ['DELETE', '/api/people'],
    ['OPTIONS', '/api/people'],
    ['PUT', '/api/mode'],
    ['PATCH', '/api/weigh-ins/x'],
  ])('nobody gets %s %s without it, also on this machine', async (method, path) => {
    const { ask, behind, withPassword } = await served();
    await withPassword(GOOD);
    const body = /P/.test(method) && method !== 'OPTIONS' ? { body: { mode: 'live' } } : {};
    const refused = await ask({ method, path, ...body });
    expect([refused.status, refused.json()]).toEqual([401, { message: 'sign in first' }]);
    expect([behind.mode, behind.asked, behind.changes]).toEqual(['auto', [], []]);
  });

  test('who gives it gets a session, until signing out', async () => {
    const { ask, withPassword } = await served();
    await withPassword(GOOD);
    const { status, cookie = '', headers } = await ask(signIn(GOOD));
    expect(status).toBe(204);
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^scaletap_session=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    expect((await ask({ ...people, cookie })).status).toBe(200);
    const out = await ask({ method: 'DELETE', path: '/api/session', cookie });
    expect([out.status, out.headers['set-cookie']]).toEqual([
      204,
      ['scaletap_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict'],
    ]);
    expect((await ask({ ...people, cookie })).status, 'a cookie that somebody has kept').toBe(401);
  });

  test.each(['wrong password', '', `${GOOD} `, GOOD.toUpperCase(), 'x'.repeat(1000)])(
    '%j is not it',
    async (given) => {
      const { ask, withPassword } = await served();
      await withPassword(GOOD);
      const refused = await ask(signIn(given));
      expect([refused.status, refused.cookie]).toEqual([401, undefined]);
    },
  );

  test('an accent may be typed in two ways', async () => {
    const { ask, withPassword } = await served();
    await withPassword('cr\u00e8me br\u00fbl\u00e9e');
    expect((await ask(signIn('cre\u0300me bru\u0302le\u0301e'))).status).toBe(204);
  });

  test('a session that somebody else has chosen is none', async () => {
    const { ask, withPassword } = await served();
    const real = await withPassword(GOOD);
    const chosen = `scaletap_session=${randomBytes(32).toString('base64url')}`;
    const after = await ask({ ...signIn(GOOD), cookie: chosen });
    expect(after.cookie).not.toBe(chosen);
    for (const cookie of [chosen, 'scaletap_session=', `${real.slice(0, -1)}`, `x${real}`]) {
      expect((await ask({ ...people, cookie })).status, cookie).toBe(401);
    }
    expect((await ask({ ...people, cookie: `${chosen}; ${real}` })).status).toBe(200);
  });

  test('another one needs the one before, and ends every other session', async () => {
    const { ask, withPassword } = await served();
    const first = await withPassword(GOOD);
    const { cookie: other = '' } = await ask(signIn(GOOD));
    const set = (body: object, cookie: string) => ask({ method: 'PUT', path: '/api/password', body, cookie });
    expect((await set({ password: 'another one' }, first)).status).toBe(403);
    expect((await set({ password: 'another one', current: 'wrong one' }, first)).status).toBe(403);
    expect((await set({ password: 'another one', current: GOOD }, 'scaletap_session=x')).status).toBe(401);
    expect((await set({ password: 'short', current: GOOD }, first)).json()).toEqual({
      message: 'password: is too short; at least 8 characters',
    });
    expect((await ask({ ...people, cookie: other })).status, 'nothing was changed').toBe(200);
    const { status, cookie = '' } = await set({ password: 'another one', current: GOOD }, first);
    expect(status).toBe(204);
    expect((await ask({ ...people, cookie })).status).toBe(200);
    for (const old of [first, other]) expect((await ask({ ...people, cookie: old })).status).toBe(401);
    expect((await ask(signIn(GOOD))).status).toBe(401);
  });

  test('sessions end after 30 days, and survive a new start until then', async () => {
    const behind = new Behind();
    const cookie = await (await served(behind)).withPassword(GOOD);
    const again = await served(behind);
    expect((await again.ask({ ...people, cookie })).status).toBe(200);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 30 * 86_400_000 + 1 });
    try {
      expect((await again.ask({ ...people, cookie })).status).toBe(401);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('at the same moment', () => {
  const set = (password: string, current?: string) => ({
    method: 'PUT',
    path: '/api/password',
    body: { password, ...(current !== undefined && { current }) },
  });

  test('one of two sets the first password, and only that one is told so', async () => {
    const { ask } = await served();
    const both = await Promise.all([ask(set(GOOD)), ask(set('another one'))]);
    expect(both.map(({ status }) => status).sort()).toEqual([204, 401]);
    const cookie = both.find(({ status }) => status === 204)?.cookie ?? '';
    expect((await ask({ ...people, cookie })).status).toBe(200);
  });

  test('of two who change it, the second has given one that is not the password any more', async () => {
    const { ask, withPassword } = await served();
    const cookie = await withPassword(GOOD);
    const both = await Promise.all(
      ['of the owner', 'of a thief'].map((password) => ask({ ...set(password, GOOD), cookie })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([204, 403]);
    const session = both.find(({ status }) => status === 204)?.cookie ?? '';
    expect((await ask({ ...people, cookie: session })).status).toBe(200);
  });
});

describe('by command', () => {
  test('a password is set and removed under a server that runs', async () => {
    const { ask, behind } = await served();
    const { dataDir } = behind;
    expect((await ask(people)).status).toBe(200);
    await keepPassword(dataDir, GOOD);
    expect((await ask(people)).status).toBe(401);
    const { cookie = '' } = await ask(signIn(GOOD));
    expect((await ask({ ...people, cookie })).status).toBe(200);
    await keepPassword(dataDir, GOOD);
    expect((await ask({ ...people, cookie })).status, 'a session of the one before').toBe(401);
    await forgetPassword(dataDir);
    expect((await ask(people)).status).toBe(200);
  });

  test.each(['', '{', '[]', '{"n":1}', '{"n":1e9,"r":8,"p":1,"salt":"","hash":""}', '\0'.repeat(5000)])(
    'a damaged file opens nothing, and the log says what to do (%#)',
    async (text) => {
      const { ask, behind } = await served();
      writeFileSync(join(behind.dataDir, 'web-access.json'), text);
      const refused = await ask(people);
      expect(refused.status).toBe(503);
      expect(refused.text).not.toContain(behind.dataDir);
      expect((await ask(signIn(GOOD))).status).toBe(503);
      const set = { method: 'PUT', path: '/api/password', body: { password: GOOD } };
      expect((await ask(set)).status).toBe(503);
      expect(behind.lines.join('')).toContain('web-access.json');
      expect(behind.lines.join('')).toContain('`scaletap password`');
    },
  );
});

describe('on disk', () => {
  test('there is neither password nor token, and nobody else can read it', async () => {
    const { ask, behind, withPassword } = await served();
    const cookie = await withPassword(GOOD);
    await ask(people);
    const names = readdirSync(behind.dataDir).sort();
    expect(names).toEqual(['web-access.json', 'web-sessions.json']);
    for (const name of names) {
      const path = join(behind.dataDir, name);
      expect(statSync(path).mode & 0o777, name).toBe(0o600);
      const text = readFileSync(path, 'utf8');
      expect(text).not.toContain(GOOD);
      expect(text).not.toContain(cookie.split('=')[1]);
    }
  });

  test('damaged sessions are none, and said', async () => {
    const behind = new Behind();
    const cookie = await (await served(behind)).withPassword(GOOD);
    writeFileSync(join(behind.dataDir, 'web-sessions.json'), '[{"hash":1},{');
    const { ask } = await served(behind);
    expect((await ask({ ...people, cookie })).status).toBe(401);
    expect(behind.lines.join('')).toContain('everybody has to sign in to the page again');
    expect((await ask(signIn(GOOD))).status).toBe(204);
  });

  test.skipIf(process.getuid?.() === 0)('a folder that cannot be written sets no password', async () => {
    const { ask, behind } = await served();
    chmodSync(behind.dataDir, 0o500);
    const set = await ask({ method: 'PUT', path: '/api/password', body: { password: GOOD } });
    expect(set.status).toBe(503);
    chmodSync(behind.dataDir, 0o700);
    expect((await ask(people)).status).toBe(200);
  });
});

describe('who guesses', () => {
  test('has to wait after five wrong ones, and waiting has no answer', async () => {
    const { ask, behind, withPassword } = await served();
    await withPassword(GOOD);
    for (let i = 0; i < 5; i++) expect((await ask(signIn(`guess ${i}`))).status).toBe(401);
    const waiting = await ask(signIn(GOOD));
    expect([waiting.status, waiting.cookie, waiting.headers['retry-after']]).toEqual([429, undefined, '2']);
    expect(behind.lines.filter((line) => line.includes('wrong password'))).toEqual([
      expect.stringContaining('127.0.0.1 has given a wrong password for the page 5 times'),
    ]);
  });

  test('keeps nobody else out', async () => {
    const { ask, withPassword } = await served();
    await withPassword(GOOD);
    for (let i = 0; i < 6; i++) await ask({ ...signIn('wrong one'), from: '127.0.0.2' });
    expect((await ask({ ...signIn(GOOD), from: '127.0.0.2' })).status).toBe(429);
    expect((await ask({ ...signIn(GOOD), from: '127.0.0.3' })).status).toBe(204);
  });

  test('by asking many at once gains nothing', async () => {
    const { ask, withPassword } = await served();
    await withPassword(GOOD);
    for (let i = 0; i < 4; i++) await ask(signIn(`early guess ${i}`));
    const all = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(signIn(`guess ${i}`))));
    const statuses = all.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(1);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(all.find(({ status }) => status === 429)?.headers['retry-after']).toMatch(/^\d+$/);
  });

  test('by the password that is set now is held up alike', async () => {
    const { ask, withPassword } = await served();
    const cookie = await withPassword(GOOD);
    const change = (current: string) =>
      ask({ method: 'PUT', path: '/api/password', body: { password: 'another one', current }, cookie });
    for (let i = 0; i < 5; i++) expect((await change(`guess ${i}`)).status).toBe(403);
    expect((await change(GOOD)).status).toBe(429);
  });
});

test('what has no data in it needs no password', async () => {
  const { ask, withPassword, behind } = await served();
  await withPassword(GOOD);
  behind.view = async () => json(200, { secret: true });
  for (const path of ['/setup/', '/healthz', '/metrics', '/api/session']) {
    expect((await ask({ path })).status, path).toBe(200);
  }
});
