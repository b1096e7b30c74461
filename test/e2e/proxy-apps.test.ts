import { expect, test } from 'vitest';
import type { AppRequest } from '../servers/renpho-app.js';
import { newAppSession, newCall, newPage, newSignIn, oldCall, oldSignIn } from '../servers/renpho-app.js';
import type { Account } from '../servers/renpho-books.js';
import type { WeighIn } from '../servers/renpho-rows.js';
import { openedAnswer } from './curl.js';
import { Proxied, weightsIn } from './proxied.js';

/**
 * Both of Renpho's apps use a running scaletap as their proxy, with curl for a phone. They get what they get without
 * it, and every weigh-in that they list or upload is a reading.
 */

const oldList = '/api/v2/measurements/list.json';

/** A weigh-in as it must stand in the database. */
function asWeight({ at, weightKg, user, id, isTypedIn }: WeighIn) {
  const quality = isTypedIn ? 'typed-in' : null;
  return { at, kg: weightKg, person: String(user), cloudId: String(id), quality };
}

test('an app that lists its history gets the same bytes as past the proxy, over one connection', async () => {
  const house = await Proxied.open();
  const { books } = house;
  const account = books.addAccount({ family: [books.person('Mina')] });
  for (const { id } of [account, ...account.family]) books.addWeighIns(id, 130, { place: 'both' });
  const session = newAppSession(account, books).slice(1);
  const past = await house.sendPast(session);
  const through = await house.send(session);
  expect(through).toEqual(past);
  expect(through.map(({ connects }) => connects)).toEqual([1, ...session.slice(1).map(() => 0)]);
  expect(house.cloud.serverNames).toEqual(['cloud.renpho.com', 'cloud.renpho.com']);
  const asked = books.requests.map(({ method, path, headers, raw }) => ({ method, path, headers, raw }));
  expect(asked.slice(session.length)).toEqual(asked.slice(0, session.length));
});

test('what both apps list is there once, with its person and the id of the cloud', async () => {
  const house = await Proxied.open();
  const { books } = house;
  const [mina, theo] = [books.person('Mina'), books.person('Theo')];
  const account = books.addAccount({ family: [mina], friends: [theo] });
  const old = books.addAccount({ api: 'old' });
  const spread = { newestAt: 1_750_000_000 };
  books.addWeighIns(account.id, 60, { ...spread, place: 'both' });
  books.addWeighIns(account.id, 50, { newestAt: 1_740_000_001 });
  books.addWeighIns(account.id, 1, { newestAt: 1_600_000_000, isTypedIn: true });
  books.addWeighIns(mina.id, 20, { ...spread, place: 'body-composition' });
  books.addWeighIns(old.id, 40, spread);
  const ours = [...books.weighIns];
  // What a friend weighs is shown in the app, and is nobody's of this house.
  books.addWeighIns(theo.id, 5, spread);
  const trend = newCall(account, '/RenphoHealth/app/friend/measure/trend', { rhFriendId: theo.id });
  const session = [...newAppSession(account, books), trend, oldCall(old, oldList)];
  for (let times = 0; times < 2; times++) await house.send(session);
  await house.exchanges(2 * session.length);
  const weights = weightsIn(house.dataDir);
  expect(weights).toHaveLength(ours.length);
  expect(weights).toEqual(expect.arrayContaining(ours.map(asWeight)));
});

test('a weigh-in that is deleted in the app is marked, and kept', async () => {
  const house = await Proxied.open();
  const { books } = house;
  const account = books.addAccount({ api: 'old' });
  const [first, second] = books.addWeighIns(account.id, 2).map(asWeight);
  await house.send([oldCall(account, oldList)]);
  expect(await house.weights(2)).toEqual([first, second]);
  account.deleted.push(BigInt(first?.cloudId ?? 0));
  await house.send([oldCall(account, oldList)]);
  await house.exchanges(2);
  expect(weightsIn(house.dataDir)).toEqual([{ ...first, quality: 'deleted' }, second]);
});

test('a weigh-in that is uploaded, and later downloaded, is one', async () => {
  const house = await Proxied.open();
  const account = house.books.addAccount();
  const at = Math.floor(Date.now() / 1000) - 20;
  const record = { timeStamp: String(at), weight: '81.35', bodyfat: '21.5', mac: 'A4:C1:38:00:00:07' };
  const sent = [{ ...record, bUserId: account.id, subUserId: account.id, deviceType: '00038' }];
  await house.send([newCall(account, '/RenphoHealth/scale/uploadMeasureData', sent)]);
  const [uploaded] = await house.weights(1);
  const id = String(house.books.weighIns[0]?.id);
  expect(uploaded).toEqual({ at, kg: 81.35, person: String(account.id), cloudId: id, quality: null });
  const day = { data: new Date().toISOString().slice(0, 10) };
  const summary = newCall(account, '/RenphoHealth/healthManage/dailyCalories', day);
  const [list] = await house.send([newPage(account, 'queryAllMeasureDataList', account.id), summary]);
  expect(list && openedAnswer(list)).toMatchObject([{ id, timeStamp: at, weight: 81.35 }]);
  await house.exchanges(3);
  expect(weightsIn(house.dataDir)).toEqual([uploaded]);
});

test.each(['gzip', 'deflate', 'br'] as const)(
  'answers in %s and in chunks go on as they are, and are read',
  async (coding) => {
    const house = await Proxied.open();
    const { books } = house;
    const account = books.addAccount();
    books.addWeighIns(account.id, 3);
    house.cloud.manner({ coding, isChunked: true });
    const page = newPage(account, 'queryAllMeasureDataList', account.id);
    const [past] = await house.sendPast([page], ['raw']);
    const [through] = await house.send([page], ['raw']);
    expect(through).toEqual(past);
    expect(await house.weights(3)).toEqual(books.weighIns.map(asWeight));
  },
);

test('signing in goes through, and what it brings is never asked for again by scaletap', async () => {
  const house = await Proxied.open();
  const { books } = house;
  const account = books.addAccount();
  const old = books.addAccount({ api: 'old' });
  const answers = await house.send([newSignIn(account), oldSignIn(old)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  // The sessions that the sign-in gave are good.
  const after: AppRequest[] = [tokenTime(account), oldCall(old, oldList)];
  const [token, list] = await house.send(after);
  expect(token && openedAnswer(token)).toMatchObject({ token: account.token });
  expect(String(list?.body)).toContain('"status_code":"20000"');
  await house.exchanges(4);
  expect(books.requests).toHaveLength(4);
});

function tokenTime(account: Account): AppRequest {
  return newCall(account, '/RenphoHealth/app/sync/getTokenTime', {});
}

test('an endpoint that nobody knows is passed on, and counted', async () => {
  const house = await Proxied.open();
  const account = house.books.addAccount();
  const call = newCall(account, '/RenphoHealth/scale/saveSomething', { a: 1 });
  await house.send([call, call]);
  await house.exchanges(2);
  const unknown = await house.output('exchanges', 'unknown');
  expect(unknown).toMatch(/^ +2 .* renpho +unknown POST \/RenphoHealth\/scale\/saveSomething$/m);
});

test('a sister app on the same platform is read as well', async () => {
  const host = 'feelfit.qnclouds.com';
  const house = await Proxied.open([], { names: [host] });
  const account = house.books.addAccount({ api: 'old' });
  house.books.addWeighIns(account.id, 2);
  const [answer] = await house.send([{ ...oldCall(account, oldList), host }]);
  expect(answer?.status).toBe(200);
  expect(await house.weights(2)).toEqual(house.books.weighIns.map(asWeight));
});

test('a cloud that cannot be had is a gateway error, and recorded', async () => {
  const house = await Proxied.open();
  const account = house.books.addAccount();
  house.cloud.leave();
  const [answer] = await house.send([tokenTime(account)]);
  expect(answer?.status).toBe(502);
  await house.exchanges(1);
  expect(await house.output('exchanges')).toMatch(/connect-refused/);
});

test('a cloud whose certificate is not good is not spoken to', async () => {
  const house = await Proxied.open([], { certificate: { days: -1 } });
  const [answer] = await house.send([tokenTime(house.books.addAccount())]);
  expect(answer?.status).toBe(502);
  await house.exchanges(1);
  expect(await house.output('exchanges')).toMatch(/upstream-certificate/);
  expect(house.books.requests).toEqual([]);
});
