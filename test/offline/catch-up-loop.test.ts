import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import { leaseMsFor } from '../../src/offline/catch-up.js';
import type { CatchUpOptions } from '../../src/offline/catch-up-loop.js';
import { CatchUpLoop } from '../../src/offline/catch-up-loop.js';
import { withings } from '../../src/vendors/withings/index.js';
import type { UpstreamCall } from '../../src/wire/call.js';
import { openCall } from '../../src/wire/call.js';
import type { Upstream } from '../../src/wire/upstreams.js';
import { WithingsCloud } from '../servers/withings-cloud.js';
import { folder, openStore } from '../store/stores.js';
import { exchange, message, post } from '../transfer/exchanges.js';

/**
 * What the cloud is owed goes in a session of the device when there is one, and on a timer, if wanted, in sessions of
 * our own: for every device that is owing, while upstream may be called. Each call is closed when it is over, and
 * what came of it is said.
 */

const scale = '00:24:e4:00:00:01';
const other = '00:24:e4:00:00:02';
const secret = '0123456789abcdef';
const person = 1744475;

/** A measure of a minute that we have answered. */
function answered(minute: number, { device = scale, user = person } = {}): Exchange {
  const measures = encodeURIComponent('{"measures":[{"value":66850,"type":1,"unit":-3}]}');
  const who = `action=store&sessionid=ours&macaddress=${device}&userid=${user}&devtype=1&attribstatus=0`;
  return exchange({
    request: post('/cgi-bin/measure', `${who}&meastime=${1_400_000_000 + 60 * minute}&measures=${measures}`),
    response: message('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n', '{"status":0}'),
    answered: 'replayed',
  });
}

/** A cloud, a store that owes it measures, and a loop between them; whatever is opened is counted. */
async function owing(exchanges: readonly Exchange[], given: Partial<CatchUpOptions> = {}) {
  const cloud = await WithingsCloud.start();
  onTestFinished(() => cloud.stop());
  const users = [
    { id: person, sn: 'MIC', wt: 70, ht: 1.7, agt: 30, sx: 0, fm: 1, cr: 1_363_702_686, att: 0 },
  ];
  for (const mac of [scale, other]) cloud.add(mac, { secret, users });
  const store = openStore(folder());
  store.journal.commit(exchanges, { owed: true });
  const upstream: Upstream = { host: 'scalews.withings.net', address: '127.0.0.1', port: cloud.port };
  const values = new Map([
    ['secret', secret],
    ['request.session', 'action=new&auth=&hash=&mfgid=262151&currentfw=211&batterylvl=97&duration=30'],
  ]);
  const logged: string[] = [];
  const log = (level: string) => (line: string) => void logged.push(`${level} ${line}`);
  const count = { opened: 0, closed: 0 };
  const call = (to: Upstream): UpstreamCall => {
    count.opened++;
    const dial = { lookUp: () => Promise.reject(new Error('no')), connectTimeoutMs: 1_000, listeners: [] };
    const opened = openCall(to, { dial, connection: 'own', maxHeadBytes: 65_536, maxBodyBytes: 65_536 });
    onTestFinished(() => opened.close());
    const close = () => {
      count.closed++;
      opened.close();
    };
    return { upstream: to, exchange: (request, timeoutMs) => opened.exchange(request, timeoutMs), close };
  };
  const options: CatchUpOptions = {
    place: {
      next: async (vendor, device) => store.owed.next(vendor, device, Date.now(), leaseMsFor(1_000)),
      settle: async (id, outcome) => store.owed.settle(id, outcome, Date.now()),
    },
    values: async (_, device) => new Map([...values, ['request.session', session(device)]]),
    upstreamOf: () => upstream,
    call,
    mayCall: () => true,
    withinMs: 5_000,
    answerTimeoutMs: 1_000,
    everyMs: null,
    ...given,
  };
  const loop = new CatchUpLoop(options, {
    error: log('error'),
    warn: log('warn'),
    info: log('info'),
    debug: log('debug'),
  });
  onTestFinished(() => loop.close());
  return {
    ...{ cloud, loop, logged, count },
    states: () => store.owed.list().map(({ state }) => state),
    /** A session as the scale itself would open it. */
    visit: () => {
      const { body } = cloud.books.open(scale);
      return {
        ...{ vendor: withings, device: scale, upstream },
        session: (body.body as { sessionid: string }).sessionid,
      };
    },
  };
}

/** How a device opens its sessions. */
function session(device: string): string {
  return `action=new&auth=${device}&hash=0&mfgid=262151&currentfw=211&batterylvl=97&duration=30`;
}

const said = (logged: readonly string[], line: string | RegExp) =>
  vi.waitFor(
    () => expect(logged).toContainEqual(typeof line === 'string' ? line : expect.stringMatching(line)),
    {
      timeout: 5_000,
      interval: 5,
    },
  );

describe('which devices are owing', () => {
  test('may be any until it is told, as the store may not be open yet', async () => {
    const { loop } = await owing([]);
    expect([loop.owesAny, loop.owes('withings', scale)]).toEqual([true, true]);
  });

  test('is as it was told last', async () => {
    const { loop } = await owing([]);
    loop.owing = [`withings ${scale}`];
    const owes = [loop.owesAny, loop.owes('withings', scale), loop.owes('withings', other)];
    expect(owes).toEqual([true, true, false]);
    expect(loop.owes('renpho', scale)).toBe(false);
    loop.owing = [];
    expect([loop.owesAny, loop.owes('withings', scale)]).toEqual([false, false]);
  });
});

describe('in a session of the device', () => {
  test('all is sent by when the session may end, and said', async () => {
    const house = await owing([answered(1), answered(2), answered(3, { device: other })]);
    house.loop.owing = [`withings ${scale}`, `withings ${other}`];
    await house.loop.deliver(house.visit());
    expect(house.states()).toEqual(['delivered', 'delivered', 'pending']);
    await said(house.logged, `info 2 owed measures of ${scale} are with the cloud now`);
    expect(house.count).toEqual({ opened: 1, closed: 1 });
    expect(house.cloud.connections).toBe(1);
  });

  test('where nothing is owed any more, nothing is sent or said', async () => {
    const house = await owing([]);
    house.loop.owing = [`withings ${scale}`];
    await house.loop.deliver(house.visit());
    await vi.waitFor(() => expect(house.count).toEqual({ opened: 1, closed: 1 }));
    house.loop.owing = [`withings ${other}`];
    await house.loop.deliver(house.visit());
    expect([house.count.opened, house.cloud.connections, house.logged]).toEqual([1, 0, []]);
  });

  test('it is waited for that the store is open', async () => {
    const house = await owing([answered(1)]);
    const delivered = house.loop.deliver(house.visit());
    await sleep(50);
    expect(house.count.opened).toBe(0);
    house.loop.owing = [`withings ${scale}`];
    await delivered;
    expect(house.states()).toEqual(['delivered']);
  });

  test('and not sent when upstream may not be called by then', async () => {
    let may = true;
    const house = await owing([answered(1)], { mayCall: () => may });
    const delivered = house.loop.deliver(house.visit());
    may = false;
    house.loop.owing = [`withings ${scale}`];
    await delivered;
    expect([house.count.opened, house.states()]).toEqual([0, ['pending']]);
  });

  test('but not longer than a session may be held', async () => {
    const house = await owing([answered(1)], { withinMs: 50 });
    await house.loop.deliver(house.visit());
    expect([house.count.opened, house.states()]).toEqual([0, ['pending']]);
  });

  test('what the cloud refuses is said', async () => {
    const house = await owing([answered(1, { user: 3_000_000_001 }), answered(2)]);
    house.loop.owing = [`withings ${scale}`];
    await house.loop.deliver(house.visit());
    expect(house.states()).toEqual(['refused', 'delivered']);
    await said(house.logged, `info 1 owed measures of ${scale} are with the cloud now, 1 were refused by it`);
  });

  test('trouble is said, and all stays owed', async () => {
    const house = await owing([answered(1)]);
    house.loop.owing = [`withings ${scale}`];
    const visit = house.visit();
    await house.cloud.misbehave('refuse');
    await house.loop.deliver(visit);
    await said(house.logged, /^warn owed measures of 00:24:e4:00:00:01 are still to be sent: .*refused/);
    expect([house.states(), house.count]).toEqual([['pending'], { opened: 1, closed: 1 }]);
  });

  test('the session may end while the last measure is on its way; the call is closed behind it', async () => {
    const house = await owing([answered(1)], { withinMs: 50, answerTimeoutMs: 5_000 });
    house.loop.owing = [`withings ${scale}`];
    const visit = house.visit();
    await house.cloud.misbehave('hang');
    await house.loop.deliver(visit);
    expect([house.states(), house.count.closed, house.logged]).toEqual([['pending'], 0, []]);
    await house.cloud.recover();
    await said(house.logged, /^warn .* whether the cloud has got it is not known/);
    expect(house.count.closed).toBe(1);
  });
});

describe('in sessions of our own, on a timer', () => {
  test('all devices that are owing are visited, one after the other', async () => {
    const house = await owing([answered(1), answered(2, { device: other }), answered(3)], { everyMs: 20 });
    house.loop.owing = [`withings ${scale}`, `withings ${other}`];
    await said(house.logged, `info 2 owed measures of ${scale} are with the cloud now`);
    await said(house.logged, `info 1 owed measures of ${other} are with the cloud now`);
    expect(house.states()).toEqual(['delivered', 'delivered', 'delivered']);
    const sessions = [...house.cloud.books.sessions.values()].map(({ isOpen }) => isOpen);
    expect(sessions.length).toBeGreaterThanOrEqual(2);
    house.loop.owing = [];
    house.loop.close();
    await vi.waitFor(() => expect(house.count.closed).toBe(house.count.opened));
    expect(house.cloud.books.receipts).toHaveLength(3);
  });

  test('not one that is not owing, nor without a timer, nor when it is closed', async () => {
    const idle = await owing([answered(1)], { everyMs: 5 });
    const unasked = await owing([answered(1)]);
    unasked.loop.owing = [`withings ${scale}`];
    const closed = await owing([answered(1)], { everyMs: 5 });
    closed.loop.close();
    closed.loop.owing = [`withings ${scale}`];
    await sleep(100);
    expect([idle, unasked, closed].map(({ count }) => count.opened)).toEqual([0, 0, 0]);
  });

  test('none while upstream may not be called; asked before each', async () => {
    const may: boolean[] = [];
    const house = await owing([answered(1), answered(2, { device: other })], {
      everyMs: 5,
      mayCall: () => may.shift() ?? false,
    });
    house.loop.owing = [`withings ${scale}`, `withings ${other}`];
    await sleep(100);
    expect(house.count.opened).toBe(0);
    // Switched on for the first one.
    may.push(true);
    await said(house.logged, `info 1 owed measures of ${scale} are with the cloud now`);
    await sleep(50);
    expect([house.count.opened, house.states()]).toEqual([1, ['delivered', 'pending']]);
  });

  test('not when the values cannot be had now, nor of a vendor that is not known', async () => {
    let asked = 0;
    const house = await owing([answered(1)], {
      everyMs: 5,
      values: async () => {
        asked++;
        return undefined;
      },
    });
    house.loop.owing = [`nobody ${scale}`, `withings ${scale}`];
    await vi.waitFor(() => expect(asked).toBeGreaterThan(2));
    expect([house.count.opened, house.states()]).toEqual([0, ['pending']]);
  });

  test('not when the secret is not known, which is not worth more than a word', async () => {
    const house = await owing([answered(1)], { everyMs: 5, values: async () => new Map() });
    house.loop.owing = [`withings ${scale}`];
    await said(
      house.logged,
      `debug no session can be opened as ${scale}: its secret, or how it opens one, is not known`,
    );
    expect([house.cloud.connections, house.states()]).toEqual([0, ['pending']]);
    house.loop.close();
    await vi.waitFor(() => expect(house.count.closed).toBe(house.count.opened));
  });
});
