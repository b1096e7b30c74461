import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import type { OwedPlace } from '../../src/model/owed.js';
import type { SessionErrand } from '../../src/offline/catch-up.js';
import { deliverOwed, leaseMsFor, visitAndDeliver } from '../../src/offline/catch-up.js';
import type { Store } from '../../src/store/store.js';
import { withings } from '../../src/vendors/withings/index.js';
import type { UpstreamCall } from '../../src/wire/call.js';
import { openCall } from '../../src/wire/call.js';
import type { Manner } from '../servers/withings-cloud.js';
import { manners, WithingsCloud } from '../servers/withings-cloud.js';
import { folder, openStore } from '../store/stores.js';
import { exchange, message, post } from '../transfer/exchanges.js';

/**
 * What is owed reaches the cloud once, in its order, whatever the cloud does; twice only where the cloud had got it
 * without our hearing of it.
 */

const scale = '00:24:e4:00:00:01';
const other = '00:24:e4:00:00:02';
const secret = '0123456789abcdef';
const host = 'scalews.withings.net';
const person = 1744475;
const fine = message('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n', '{"status":0}');

/** A measure of a minute that we have answered. */
function answered(minute: number, { device = scale, user = person } = {}): Exchange {
  const measures = encodeURIComponent('{"measures":[{"value":66850,"type":1,"unit":-3}]}');
  const who = `action=store&sessionid=ours&macaddress=${device}&userid=${user}&devtype=1&attribstatus=0`;
  return exchange({
    request: post('/cgi-bin/measure', `${who}&meastime=${1_400_000_000 + 60 * minute}&measures=${measures}`),
    response: fine,
    answered: 'replayed',
    startedAtUs: (1_400_000_000 + 60 * minute) * 1_000_000,
  });
}

function placeOf({ owed }: Store, leaseMs = leaseMsFor(1_000)): OwedPlace {
  return {
    next: async (vendor, device) => owed.next(vendor, device, Date.now(), leaseMs),
    settle: async (id, outcome) => owed.settle(id, outcome, Date.now()),
  };
}

async function startCloud(): Promise<WithingsCloud> {
  const cloud = await WithingsCloud.start();
  onTestFinished(() => cloud.stop());
  for (const mac of [scale, other]) {
    cloud.add(mac, {
      secret,
      users: [{ id: person, sn: 'MIC', wt: 70, ht: 1.7, agt: 30, sx: 0, fm: 1, cr: 1_363_702_686, att: 0 }],
    });
  }
  return cloud;
}

/** The times of the measures that the cloud has got, in minutes, in the order in which they came. */
const got = ({ books }: WithingsCloud, device = scale) =>
  books.receipts
    .filter(({ key }) => key.startsWith(device))
    .map(({ key }) => (Number(key.split(' ')[1]) - 1_400_000_000) / 60);

const states = ({ owed }: Store) => owed.list().map(({ state }) => state);

/** A store in which the measures of these minutes are owed, and all it takes to send them. */
async function owing(...minutes: readonly number[]) {
  const cloud = await startCloud();
  const store = openStore(folder());
  store.journal.commit(
    minutes.map((minute) => answered(minute)),
    { owed: true },
  );
  const place = placeOf(store);
  const call = callOf(cloud);
  const values = new Map([
    ['secret', secret],
    [
      'request.session',
      `action=new&auth=${scale}&hash=0&mfgid=262151&currentfw=211&batterylvl=97&duration=30`,
    ],
  ]);
  const known = {
    value: (device: string, name: string) => (device === scale ? values.get(name) : undefined),
  };
  return {
    cloud,
    store,
    place,
    call,
    values,
    errand: { vendor: withings, device: scale, place, call, known },
  };
}

function callOf(cloud: WithingsCloud, onExchange?: (exchange: Exchange) => void): UpstreamCall {
  const call = openCall(
    { host, address: '127.0.0.1', port: cloud.port },
    {
      dial: { lookUp: () => Promise.reject(new Error('no')), connectTimeoutMs: 300, listeners: [] },
      connection: 'own',
      maxHeadBytes: 65_536,
      maxBodyBytes: 65_536,
      ...(onExchange ? { onExchange } : {}),
    },
  );
  onTestFinished(() => call.close());
  return call;
}

/** A session as the scale itself would open it. */
function openSession({ books }: WithingsCloud, device = scale): string {
  const { body } = books.open(device);
  return (body.body as { sessionid: string }).sessionid;
}

describe('in a session of the scale', () => {
  const inSession = (house: Awaited<ReturnType<typeof owing>>, given: Partial<SessionErrand> = {}) =>
    deliverOwed({
      ...house.errand,
      session: openSession(house.cloud),
      withinMs: 5_000,
      answerTimeoutMs: 1_000,
      ...given,
    });

  test('all that is owed is sent, in order and once', async () => {
    const house = await owing(3, 1, 2);
    const delivery = inSession(house);
    await delivery.due;
    expect(await delivery.over).toEqual({ delivered: 3, refused: 0, end: 'done', problem: null });
    expect(got(house.cloud)).toEqual([3, 1, 2]);
    expect(states(house.store)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(house.cloud.connections).toBe(1);
    expect(await inSession(house).over).toMatchObject({ delivered: 0, end: 'done' });
    expect(got(house.cloud)).toHaveLength(3);
  });

  test('what the cloud refuses for good is kept with its status, and does not stop the others', async () => {
    const house = await owing();
    house.store.journal.commit([answered(1), answered(2, { user: 3_000_000_001 }), answered(3)], {
      owed: true,
    });
    expect(await inSession(house).over).toMatchObject({ delivered: 2, refused: 1, end: 'done' });
    expect(states(house.store)).toEqual(['delivered', 'refused', 'delivered']);
    expect(house.store.owed.list()[1]).toMatchObject({ status: 247, tries: 1 });
  });

  test('what cannot be put into another session is refused by ourselves', async () => {
    const house = await owing();
    const nameless = post('/cgi-bin/measure', `action=store&macaddress=${scale}&measures=1`);
    house.store.journal.commit([{ ...answered(1), request: nameless }, answered(2)], { owed: true });
    expect(await inSession(house).over).toMatchObject({ delivered: 1, refused: 1 });
    expect(house.store.owed.list()[0]).toMatchObject({ state: 'refused', status: null });
  });

  test('that the cloud does not know, they stay owed', async () => {
    const house = await owing(1, 2);
    const result = await inSession(house, { session: 'long-gone' }).over;
    expect(result).toEqual({
      ...{ delivered: 0, refused: 0, end: 'trouble' },
      problem: `${host} answered with status 250`,
    });
    expect(house.store.owed.list()).toMatchObject([
      { state: 'pending', status: 250, tries: 1, lastProblem: result.problem },
      { state: 'pending', tries: 0 },
    ]);
  });

  test('nothing more is begun when the time is up', async () => {
    const house = await owing(1, 2);
    const delivery = inSession(house, { withinMs: 0 });
    await delivery.due;
    expect(await delivery.over).toEqual({ delivered: 0, refused: 0, end: 'deadline', problem: null });
    expect(states(house.store)).toEqual(['pending', 'pending']);
  });

  test('what was sent before the time was up is waited for, but the session is not held', async () => {
    const house = await owing(1, 2);
    let answer: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slow: UpstreamCall = {
      ...{ upstream: house.call.upstream, close: () => undefined },
      exchange: async (request, timeoutMs) => {
        const response = await house.call.exchange(request, timeoutMs);
        await gate;
        return response;
      },
    };
    const delivery = inSession(house, { call: slow, withinMs: 100 });
    await delivery.due;
    expect(states(house.store)).toEqual(['pending', 'pending']);
    answer();
    expect(await delivery.over).toEqual({ delivered: 1, refused: 0, end: 'deadline', problem: null });
    expect(states(house.store)).toEqual(['delivered', 'pending']);
    expect(got(house.cloud)).toEqual([1]);
  });

  test('one delivery is under way for a device, others at the same time', async () => {
    const house = await owing(1, 2, 3);
    house.store.journal.commit([answered(4, { device: other })], { owed: true });
    const [first, second, third] = await Promise.all([
      inSession(house).over,
      inSession(house, { call: callOf(house.cloud) }).over,
      inSession(house, {
        ...{ device: other, session: openSession(house.cloud, other), call: callOf(house.cloud) },
      }).over,
    ]);
    expect([first, second, third]).toMatchObject([
      { delivered: 3, end: 'done' },
      { delivered: 0, end: 'busy' },
      { delivered: 1, end: 'done' },
    ]);
    expect(got(house.cloud)).toEqual([1, 2, 3]);
    expect(await inSession(house).over).toMatchObject({ end: 'done' });
  });

  test('two processes do not send the same', async () => {
    const house = await owing(1, 2, 3, 4, 5, 6);
    const elsewhere = { place: placeOf(house.store), call: callOf(house.cloud) };
    const results = await Promise.all([inSession(house).over, inSession(house, elsewhere).over]);
    const delivered = results.reduce((sum, result) => sum + result.delivered, 0);
    // One of them may have found the other at it, and left.
    expect(delivered + house.store.owed.list({ state: 'pending' }).length).toBe(6);
    expect(delivered).toBeGreaterThan(0);
    await inSession(house).over;
    expect(got(house.cloud)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('a place that fails is trouble', async () => {
    const house = await owing(1);
    const place: OwedPlace = { ...house.place, next: () => Promise.reject(new Error('the disk is full')) };
    expect(await inSession(house, { place }).over).toMatchObject({
      end: 'trouble',
      problem: 'the disk is full',
    });
  });
});

describe('a cloud that', () => {
  const behaviours = Object.keys(manners) as Manner[];
  // To a measure these are good.
  const harmless: readonly Manner[] = ['wrong-session', 'firmware'];

  test.each(behaviours.filter((manner) => !harmless.includes(manner)))(
    'is at fault (%s) leaves them owed, and gets each when it is back',
    async (manner) => {
      const { cloud, store, errand } = await owing(1, 2, 3);
      await cloud.misbehave(manner, 'measure');
      const first = await deliverOwed({
        ...errand,
        ...{ session: openSession(cloud), withinMs: 5_000, answerTimeoutMs: 400 },
      }).over;
      expect(first).toMatchObject({ delivered: 0, refused: 0, end: 'trouble' });
      expect(first.problem).toMatch(/scalews\.withings\.net/);
      expect(states(store)).toEqual(['pending', 'pending', 'pending']);

      await cloud.recover();
      const second = await deliverOwed({
        ...errand,
        ...{ call: callOf(cloud), session: openSession(cloud), withinMs: 5_000, answerTimeoutMs: 1_000 },
      }).over;
      expect(second).toMatchObject({ delivered: 3, end: 'done' });
      expect(states(store)).toEqual(['delivered', 'delivered', 'delivered']);
      // It had got the first one without our hearing of it, or had not.
      const unheard = manners[manner].takes ? [1] : [];
      expect(got(cloud)).toEqual([...unheard, 1, 2, 3]);
    },
  );
});

describe('in a session of our own', () => {
  test('the scale is played from challenge to close', async () => {
    const { cloud, store, errand } = await owing(1, 2);
    const result = await visitAndDeliver({ ...errand, answerTimeoutMs: 1_000 });
    expect(result).toEqual({ delivered: 2, refused: 0, end: 'done', problem: null });
    expect(cloud.books.answers.map(({ endpoint, status }) => `${endpoint} ${status}`)).toEqual([
      ...['once 0', 'session 0', 'measure 0', 'measure 0', 'delete 0'],
    ]);
    expect(states(store)).toEqual(['delivered', 'delivered']);
    expect(cloud.connections).toBe(1);
  });

  test('needs the secret and a session request of the scale', async () => {
    const { cloud, values, errand } = await owing(1);
    values.delete('secret');
    expect(await visitAndDeliver({ ...errand, answerTimeoutMs: 1_000 })).toMatchObject({ end: 'unknown' });
    expect(cloud.connections).toBe(0);
  });

  test('with the wrong secret there is none', async () => {
    const { store, values, errand } = await owing(1);
    values.set('secret', 'fedcba9876543210');
    expect(await visitAndDeliver({ ...errand, answerTimeoutMs: 1_000 })).toMatchObject({
      end: 'trouble',
      problem: `no session as ${scale}: ${host} answered with status 100`,
    });
    expect(store.owed.list()).toMatchObject([{ state: 'pending', tries: 0 }]);
  });

  test.each(['once', 'session', 'delete'] as const)(
    'a cloud that goes at %s loses nothing',
    async (endpoint) => {
      const { cloud, store, errand } = await owing(1, 2);
      await cloud.misbehave('reset-after-request', endpoint);
      const first = await visitAndDeliver({ ...errand, answerTimeoutMs: 1_000 });
      expect(first.end).toBe(endpoint === 'delete' ? 'done' : 'trouble');
      await cloud.recover();
      await visitAndDeliver({ ...errand, answerTimeoutMs: 1_000 });
      expect(got(cloud)).toEqual([1, 2]);
      expect(states(store)).toEqual(['delivered', 'delivered']);
    },
  );

  test('a cloud that is not there is trouble at once', async () => {
    const { cloud, store, errand } = await owing(1);
    await cloud.misbehave('refuse');
    const result = await visitAndDeliver({ ...errand, answerTimeoutMs: 1_000 });
    expect(result.end).toBe('trouble');
    expect(result.problem).toContain('refused the connection');
    expect(store.owed.list()).toMatchObject([{ tries: 0 }]);
  });
});

describe('a process that ends between sending and writing it down', () => {
  test('has it sent again when the lease is over: nothing is lost', async () => {
    const { cloud, store, errand, call } = await owing(1, 2);
    const dies = new Promise<never>(() => undefined);
    const leased = placeOf(store, 150);
    const dying: OwedPlace = { ...leased, settle: () => dies };
    void deliverOwed({
      ...errand,
      ...{ place: dying, session: openSession(cloud), withinMs: 5_000, answerTimeoutMs: 1_000 },
    });
    while (got(cloud).length === 0) await sleep(2);
    call.close();

    const again = { ...errand, place: leased, call: callOf(cloud), answerTimeoutMs: 1_000 };
    while (store.owed.list({ state: 'pending' }).length > 0) {
      await visitAndDeliver(again);
      await sleep(20);
    }
    expect(got(cloud)).toEqual([1, 1, 2]);
  });

  test('has it sent once when the journal has heard the answer', async () => {
    const { cloud, store, errand } = await owing(1, 2);
    const dies = new Promise<never>(() => undefined);
    const dying: OwedPlace = { ...errand.place, settle: () => dies };
    const call = callOf(cloud, (given) => store.journal.commit([given], { owed: true }));
    void deliverOwed({
      ...errand,
      ...{ call, place: dying, session: openSession(cloud), withinMs: 5_000, answerTimeoutMs: 1_000 },
    });
    while (states(store)[0] !== 'delivered') await sleep(2);
    await visitAndDeliver({ ...errand, place: placeOf(store), call: callOf(cloud), answerTimeoutMs: 1_000 });
    expect(states(store)).toEqual(['delivered', 'delivered']);
    expect(got(cloud)).toEqual([1, 2]);
  });
});
