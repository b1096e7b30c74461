import { expect, test } from 'vitest';
import { newAppSession, newCall, oldCall } from '../servers/renpho-app.js';
import type { WeighIn } from '../servers/renpho-rows.js';
import { openedAnswer } from './curl.js';
import { Proxied, weightsIn } from './proxied.js';
import { run } from './scaletap.js';

/**
 * The session of an app that crossed a running scaletap is enough for `pull renpho` to fetch the history, and nobody
 * is logged out by it. A pull takes its time, as it pauses between requests.
 */

const oldList = '/api/v2/measurements/list.json';

function asWeight({ at, weightKg, user, id }: WeighIn) {
  return { at, kg: weightKg, person: String(user), cloudId: String(id), quality: null };
}

/** Runs `pull renpho` beside the running serve. */
function pull(house: Proxied, ...more: readonly string[]) {
  return run('pull', 'renpho', ...more, '--data-dir', house.dataDir, ...house.cloud.upstreamFlags);
}

test('one opened app is enough for the whole history, exactly once', { timeout: 90_000 }, async () => {
  const house = await Proxied.open();
  const { books } = house;
  house.cloud.manner({ order: 'newest-first' });
  const [mina, theo] = [books.person('Mina'), books.person('Theo')];
  const account = books.addAccount({ family: [mina], friends: [theo] });
  const ours = [
    ...books.addWeighIns(account.id, 130, { newestAt: 1_700_000_000 }),
    ...books.addWeighIns(account.id, 30, { place: 'both', newestAt: 1_720_000_000 }),
    ...books.addWeighIns(account.id, 40, { place: 'body-composition', newestAt: 1_740_000_000 }),
    ...books.addWeighIns(mina.id, 120, { newestAt: 1_730_000_000 }),
  ];
  books.addWeighIns(theo.id, 5);
  const opening = newAppSession(account, { weighIns: [] }).slice(0, 4);
  await house.send(opening);
  await house.exchanges(opening.length);
  expect(weightsIn(house.dataDir)).toEqual([]);

  const first = await pull(house);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  const weights = weightsIn(house.dataDir);
  expect(weights).toHaveLength(ours.length);
  expect(weights).toEqual(expect.arrayContaining(ours.map(asWeight)));

  const more = books.addWeighIns(account.id, 2, { apartS: 60 });
  const asked = books.requests.length;
  const second = await pull(house);
  expect(second.code).toBe(0);
  expect(weightsIn(house.dataDir).slice(-2)).toEqual(more.map(asWeight));
  expect(weightsIn(house.dataDir)).toHaveLength(ours.length + 2);
  // Not every page of what is held is fetched again.
  expect(books.requests.length - asked).toBeLessThan(asked - opening.length);

  const [still] = await house.send(opening.slice(0, 1));
  expect(still && openedAnswer(still)).toMatchObject({ token: account.token });
  expect(books.signIns).toBe(0);
});

test('what it asks is asked as the app asks', { timeout: 60_000 }, async () => {
  const house = await Proxied.open();
  const { books } = house;
  const account = books.addAccount();
  books.addWeighIns(account.id, 3);
  await house.send([newCall(account, '/RenphoHealth/app/sync/getTokenTime', {})]);
  await house.exchanges(1);
  expect(await pull(house)).toMatchObject({ code: 0 });
  // Those of HTTP itself are each program's own.
  const [app, ...pulled] = books.requests.map(({ headers }) =>
    headers.filter(([name]) => !/^(host|accept|content-length|connection)$/i.test(name)),
  );
  expect(pulled.length).toBeGreaterThan(1);
  for (const headers of pulled) expect(headers).toEqual(app);
});

test('the old cloud is pulled with its session key', { timeout: 60_000 }, async () => {
  const house = await Proxied.open();
  const { books } = house;
  const account = books.addAccount({ api: 'old' });
  const ours = books.addWeighIns(account.id, 150, { newestAt: 1_700_000_000 });
  await house.send([oldCall(account, '/api/v2/device_binds/get_device.json')]);
  await house.exchanges(1);
  for (let times = 0; times < 2; times++) expect(await pull(house)).toMatchObject({ code: 0 });
  expect(weightsIn(house.dataDir)).toEqual(ours.map(asWeight));
  expect(books.signIns).toBe(0);
  expect(books.requestsTo(oldList).every(({ query }) => query.get('app_id') === 'Renpho')).toBe(true);
});

test('a session that is no more is said, and the app heals it by being opened', {
  timeout: 90_000,
}, async () => {
  const house = await Proxied.open();
  const { books, cloud } = house;
  const account = books.addAccount();
  const ours = books.addWeighIns(account.id, 250, { newestAt: 1_700_000_000 });
  const open = async () => {
    const before = books.requests.length;
    await house.send([newCall(account, '/RenphoHealth/app/sync/getTokenTime', {})]);
    await house.exchanges(before + 1);
  };
  await open();
  cloud.manner({ trouble: { kind: 'code-401', at: '/queryAllMeasureDataList', after: 1 } });
  const cut = await pull(house);
  expect(cut.code).toBe(1);
  expect(cut.stdout + cut.stderr).toMatch(/open the app/i);
  expect(weightsIn(house.dataDir)).toHaveLength(100);

  cloud.manner({ trouble: null });
  books.signInElsewhere(account);
  const asked = books.requests.length;
  const stale = await pull(house);
  expect(stale.code).toBe(1);
  expect(stale.stdout + stale.stderr).toMatch(/open the app/i);
  expect(books.requests.length - asked).toBeLessThanOrEqual(1);

  await open();
  expect(await pull(house)).toMatchObject({ code: 0 });
  expect(weightsIn(house.dataDir)).toEqual(ours.map(asWeight));
  expect(books.signIns).toBe(0);
});

test('without a session it says what to do, and asks nobody', async () => {
  const house = await Proxied.open();
  const none = await pull(house);
  expect(none.code).toBe(1);
  expect(none.stderr).toMatch(/open the app once/);
  expect(house.cloud.connections).toBe(0);
});
