import { expect, test } from 'vitest';
import { UserError } from '../../src/model/errors.js';
import { loginNew, loginOld } from '../../src/pull/login.js';
import { pullRenpho } from '../../src/pull/renpho.js';
import { sessionOf as sessionIn } from '../../src/vendors/renpho/session.js';
import { cloudOfTest, inBooks, reachTo, sessionOf, TestPlace } from './pulling.js';

const usual = { all: false, sinceMs: null };

test('a sign-in to the new cloud gives a session that pulls, and that is the one known from then on', async () => {
  const cloud = await cloudOfTest();
  const account = cloud.books.addAccount();
  cloud.books.addWeighIns(account.id, 2);
  const [place, reach] = [new TestPlace(), await reachTo(cloud)];
  const session = await loginNew(account.email, account.password, [], place, reach);
  expect(session).toMatchObject({ api: 'new', token: account.token, userId: String(account.id) });
  expect((await pullRenpho(session, place, { ...reach, ...usual })).end).toBe('whole');
  expect(place.weighIns()).toEqual(inBooks(cloud));
  const kept = sessionIn((await place.values(session.userId)).get('session') ?? '');
  expect(kept).toMatchObject({ token: account.token });
});

test('it sends the headers of the app where they are known, without the old token', async () => {
  const cloud = await cloudOfTest();
  const account = cloud.books.addAccount();
  const { headers } = sessionOf(account);
  await loginNew(account.email, account.password, headers, new TestPlace(), await reachTo(cloud));
  const sent = cloud.books.requests[0]?.headers.filter(
    ([name]) => !/^(host|connection|content-length)$/.test(name),
  );
  expect(sent).toEqual(headers.filter(([name]) => name !== 'token' && name !== 'userId'));
});

test('a wrong password is told, and not tried twice', async () => {
  const cloud = await cloudOfTest();
  const { email } = cloud.books.addAccount();
  const login = loginNew(email, 'not it', [], new TestPlace(), await reachTo(cloud));
  await expect(login).rejects.toThrow(/wrong password/);
  await expect(login).rejects.toThrow(UserError);
  await expect(login).rejects.not.toThrow(/not it/);
  expect(cloud.books.signIns).toBe(1);
});

test('nor is one that the cloud does not answer', async () => {
  const cloud = await cloudOfTest({ trouble: { kind: 'server-error' } });
  const { email, password } = cloud.books.addAccount();
  await expect(loginNew(email, password, [], new TestPlace(), await reachTo(cloud))).rejects.toThrow(
    /HTTP 500/,
  );
  expect(cloud.books.requests.length).toBe(1);
});

test('the form of a sign-in that crossed signs in to the old cloud again', async () => {
  const cloud = await cloudOfTest();
  const account = cloud.books.addAccount({ api: 'old' });
  cloud.books.addWeighIns(account.id, 2);
  const [place, reach] = [new TestPlace(), await reachTo(cloud)];
  const { email, passwordForm: password } = account;
  const form = Object.entries({ app_id: 'Renpho', email, locale: 'en', password, secure_flag: '1' });
  const session = await loginOld(JSON.stringify({ form }), sessionOf(account).headers, place, reach);
  expect(session).toMatchObject({ api: 'old', key: account.token, userId: String(account.id) });
  expect((await pullRenpho(session, place, { ...reach, ...usual })).end).toBe('whole');
  expect(place.weighIns()).toEqual(inBooks(cloud));
});

test.each(['', '{}', '{"form":[]}', '{"form":[1,["a"]]}'])('the form %j is none', async (value) => {
  const cloud = await cloudOfTest();
  await expect(loginOld(value, [], new TestPlace(), await reachTo(cloud))).rejects.toThrow(/cannot be read/);
  expect(cloud.books.requests).toEqual([]);
});
