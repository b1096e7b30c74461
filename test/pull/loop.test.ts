import { expect, onTestFinished, test, vi } from 'vitest';
import type { Log } from '../../src/log.js';
import { createLog } from '../../src/log.js';
import { PullLoop } from '../../src/pull/loop.js';
import { sessionText } from '../../src/vendors/renpho/session.js';
import type { Account } from '../servers/renpho-books.js';
import type { RenphoCloud } from '../servers/renpho-cloud.js';
import { cloudOfTest, inBooks, reachTo, sessionOf, TestPlace } from './pulling.js';

class LoopPlace extends TestPlace {
  async accounts(): Promise<readonly string[]> {
    return this.store.values.list().flatMap(({ name, device }) => (name === 'session' ? [device] : []));
  }

  /** The app has used its session: it has crossed. */
  cross(account: Account): void {
    this.put(account.id, 'session', sessionText(sessionOf(account)));
  }
}

async function loopOfTest(cloud: RenphoCloud, place: LoopPlace, mayCall = () => true, everyMs = 20) {
  const lines: string[] = [];
  const log: Log = createLog('info', (line) => lines.push(line));
  const loop = new PullLoop({ place, reach: await reachTo(cloud), mayCall, everyMs }, log);
  onTestFinished(() => loop.close());
  return { loop, told: (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length };
}

test('it pulls what a session that has crossed may see, again and again', async () => {
  const cloud = await cloudOfTest();
  const account = cloud.books.addAccount();
  const place = new LoopPlace();
  const { told } = await loopOfTest(cloud, place);
  cloud.books.addWeighIns(account.id, 2);
  place.cross(account);
  await vi.waitFor(() => expect(told(/pulled account/)).toBeGreaterThan(0), 5_000);
  cloud.books.addWeighIns(account.id, 1, { newestAt: 1_700_000_000 });
  await vi.waitFor(() => expect(place.weighIns()).toEqual(inBooks(cloud)), 5_000);
  expect(cloud.books.signIns).toBe(0);
});

test('with a stale session it says so once and asks no more, until a new one crosses', async () => {
  const cloud = await cloudOfTest();
  const account = cloud.books.addAccount();
  cloud.books.addWeighIns(account.id, 2);
  const place = new LoopPlace();
  place.cross(account);
  cloud.books.signInElsewhere(account);
  const { told } = await loopOfTest(cloud, place);
  await vi.waitFor(() => expect(told(/open the app once/)).toBe(1), 5_000);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(cloud.books.requests.length).toBe(1);
  expect(told(/stale/)).toBe(1);
  place.cross(account);
  await vi.waitFor(() => expect(place.weighIns()).toEqual(inBooks(cloud)), 5_000);
  expect(cloud.books.signIns).toBe(0);
});

test('the same session that has come to work again is used again', async () => {
  const cloud = await cloudOfTest({ trouble: { kind: 'http-403', times: 1 } });
  const account = cloud.books.addAccount();
  cloud.books.addWeighIns(account.id, 2);
  const place = new LoopPlace();
  place.cross(account);
  const { told } = await loopOfTest(cloud, place);
  await vi.waitFor(() => expect(told(/HTTP 403/)).toBe(1), 5_000);
  place.store.values.change(() => place.store.values.remove('renpho', String(account.id), 'stale'));
  await vi.waitFor(() => expect(place.weighIns()).toEqual(inBooks(cloud)), 5_000);
});

test('it calls nobody where that is not wanted', async () => {
  const cloud = await cloudOfTest();
  const account = cloud.books.addAccount();
  const place = new LoopPlace();
  place.cross(account);
  let asked = 0;
  await loopOfTest(cloud, place, () => {
    asked++;
    return false;
  });
  await vi.waitFor(() => expect(asked).toBeGreaterThan(2), 5_000);
  expect(cloud.books.requests).toEqual([]);
});

test('a pull that is under way ends when it is closed', async () => {
  const cloud = await cloudOfTest({ trouble: { kind: 'silent' } });
  const account = cloud.books.addAccount();
  const place = new LoopPlace();
  place.cross(account);
  const { loop } = await loopOfTest(cloud, place);
  await vi.waitFor(() => expect(cloud.books.requests.length).toBe(1), 5_000);
  await loop.close();
  expect([...place.store.journal.list()].map(({ reason }) => reason)).toEqual(['shutdown']);
});
