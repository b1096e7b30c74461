import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import type { Store } from '../../src/store/store.js';
import { exchange, message, post } from '../transfer/exchanges.js';
import { exchangesOf } from '../vendors/withings/exchanges.js';
import { folder, openStore, scripted } from './stores.js';

/**
 * What commits change about what is owed. Ours: `ours`, an exchange that we answered; `theirs`, one that upstream
 * did. A measure is told by its minute, and has the same bytes but for the session each time that it is sent.
 */

const scale = '00:24:e4:00:00:01';
const fine = message('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n', '{"status":0}');
const how = { owed: true } as const;

let started = 1_767_225_600_000_000;

function measure(minute: number, session: string, given: Partial<Exchange> = {}): Exchange {
  const measures = encodeURIComponent('{"measures":[{"value":66850,"type":1,"unit":-3}]}');
  const who = `action=store&sessionid=${session}&macaddress=${scale}&userid=1&devtype=1&attribstatus=0`;
  started += 1_000_000;
  return exchange({
    request: post('/cgi-bin/measure', `${who}&meastime=${1_400_000_000 + 60 * minute}&measures=${measures}`),
    response: fine,
    startedAtUs: started,
    ...given,
  });
}

const ours = (minute: number, session = '1-2-3', given: Partial<Exchange> = {}): Exchange =>
  measure(minute, session, { answered: 'replayed', upstream: '', ...given });
const theirs = (minute: number, session = 'live', given: Partial<Exchange> = {}): Exchange =>
  measure(minute, session, given);

const states = ({ owed }: Store) => owed.list().map(({ device, state }) => `${device} ${state}`);

function committed(...commits: readonly (readonly Exchange[])[]): Store {
  const store = openStore(folder());
  for (const exchanges of commits) store.journal.commit(exchanges, how);
  return store;
}

describe('a measure that we answered', () => {
  test('is owed, as it came and with where it came from', () => {
    const given = ours(1);
    const store = committed([exchange({ request: post('/cgi-bin/once', 'action=get') }), given]);
    const [entry] = store.owed.list();
    expect(entry).toMatchObject({
      ...{ exchange: 2, vendor: 'withings', device: scale, label: 'measure', state: 'pending', tries: 0 },
      answeredAtMs: Math.floor((given.startedAtUs + given.endedAfterUs) / 1000),
    });
    expect(Buffer.from(entry?.request.body ?? [])).toEqual(Buffer.from(given.request.body));
    expect(Buffer.from(entry?.request.head ?? [])).toEqual(Buffer.from(given.request.head));
  });

  test('is owed once, however often it comes and in whatever session', () => {
    const again = Array.from({ length: 10 }, (_, i) => ours(1, `session-${i}`));
    const expected = [...again.slice(5), ours(2)];
    expect(states(committed(again.slice(0, 5), expected))).toEqual([`${scale} pending`, `${scale} pending`]);
  });

  test('is the same measure with another User-Agent, chunked, or with Expect', () => {
    const { request } = ours(1);
    const form = Buffer.from(request.body).toString();
    const chunked = `${form.length.toString(16)}\r\n${form}\r\n0\r\n\r\n`;
    const head = 'POST /cgi-bin/measure HTTP/1.1\r\nUser-Agent: next\r\nTransfer-Encoding: chunked\r\n\r\n';
    const store = committed([
      ours(1),
      ours(1, '', { request: post('/cgi-bin/measure', form, 'Expect: 100-continue\r\n') }),
      ours(1, '', { request: message(head, chunked) }),
    ]);
    expect(states(store)).toEqual([`${scale} pending`]);
  });

  test('is owed when nothing in it can be read: the cloud may know better', () => {
    const strange = post('/cgi-bin/measure', `action=store&sessionid=1&macaddress=${scale}&measures=?`);
    expect(states(committed([ours(1, '', { request: strange })]))).toEqual([`${scale} pending`]);
  });

  test('is not owed when we told the device to keep it: it sends it again by itself', () => {
    const kept = [250, 503, 2555].map((status) =>
      ours(status, '', { response: message('HTTP/1.1 200 OK\r\n\r\n', `{"status":${status}}`) }),
    );
    expect(states(committed([...kept, ours(1, '', { response: null })]))).toEqual([]);
  });

  test('of a device that nobody can name is owed too', () => {
    const nameless = post('/cgi-bin/measure', 'action=store&sessionid=1&measures=?');
    expect(states(committed([ours(1, '', { request: nameless })]))).toEqual([' pending']);
  });

  test('is not owed when the cloud has all of it', () => {
    expect(states(committed([theirs(1)], [ours(1)]))).toEqual([]);
    expect(states(committed([theirs(1), ours(1)]))).toEqual([]);
  });

  test.each<[string, Partial<Exchange>]>([
    ['it lost the connection', { response: null, reason: 'upstream-left' }],
    ['its answer was cut', { response: { ...fine, complete: false } }],
    ['it had a status', { response: message('HTTP/1.1 200 OK\r\n\r\n', '{"status":2555}') }],
    ['it had trouble', { response: message('HTTP/1.1 503 Busy\r\n\r\n', '') }],
    ['it was somebody else', { response: message('HTTP/1.1 200 OK\r\n\r\n', '<html>Log in</html>') }],
  ])('is owed when upstream was asked before and %s', (_, given) => {
    expect(states(committed([theirs(1, 'live', given)], [ours(1)]))).toEqual([`${scale} pending`]);
  });

  test('is owed when the cloud has a part of it only', () => {
    const two = (value: number): Partial<Exchange> => {
      const groups = encodeURIComponent(
        JSON.stringify({
          measuregrps: [1_400_000_000, 1_400_000_060]
            .slice(0, value)
            .map((meastime) => ({ meastime, measures: [{ value: 66850, type: 1, unit: -3 }] })),
        }),
      );
      const who = `action=store&sessionid=1&macaddress=${scale}&userid=1&devtype=1&attribstatus=0`;
      return { request: post('/cgi-bin/measure', `${who}&measuregrps=${groups}`) };
    };
    expect(states(committed([theirs(0, '', two(1))], [ours(0, '', two(2))]))).toEqual([`${scale} pending`]);
    expect(states(committed([theirs(0, '', two(2))], [ours(0, '', two(1))]))).toEqual([]);
  });
});

test('only measures are owed, and only ours', () => {
  const store = openStore(folder());
  const ws50 = exchangesOf('ws50-weigh-in.http');
  store.journal.commit(ws50, how);
  expect(store.owed.list()).toEqual([]);
  const later = (given: Exchange, i: number) => ({
    ...given,
    startedAtUs: started + i,
    answered: 'replayed' as const,
  });
  const replayed = openStore(folder());
  replayed.journal.commit(ws50.map(later), how);
  expect(replayed.owed.list().map(({ label }) => label)).toEqual(['measure', 'v2/measure']);
  // An import: what somebody else answered once is none of our debts.
  const imported = openStore(folder());
  imported.journal.commit(ws50.map(later));
  expect(imported.owed.list()).toEqual([]);
  expect(states(committed([ours(1, '', { answered: 'refused' })]))).toEqual([]);
});

test('a copy that is cut is not owed: it could not be sent', () => {
  const { request } = ours(1);
  const cut = { ...request, body: request.body.subarray(0, 50) };
  expect(states(committed([ours(1, '', { request: cut })]))).toEqual([]);
  expect(states(committed([ours(1, '', { request: { ...cut, complete: false } })]))).toEqual([]);
});

describe('a measure that is owed', () => {
  test('is delivered when the device sends it to the cloud itself', () => {
    const live = theirs(1);
    const store = committed([ours(1), ours(2)], [live]);
    expect(states(store)).toEqual([`${scale} delivered`, `${scale} pending`]);
    expect(store.owed.list()[0]).toMatchObject({
      status: 0,
      settledAtMs: Math.floor((live.startedAtUs + live.endedAfterUs) / 1000),
    });
  });

  test('is delivered when that comes in the same commit', () => {
    expect(states(committed([ours(1), theirs(1)]))).toEqual([`${scale} delivered`]);
  });

  test('is delivered when another process had entered it', () => {
    const dataDir = folder();
    const [first, second] = [openStore(dataDir), openStore(dataDir)];
    second.journal.commit([theirs(7)], how);
    first.journal.commit([ours(1)], how);
    second.journal.commit([theirs(1)], how);
    expect(states(first)).toEqual([`${scale} delivered`]);
  });

  test.each<[string, Partial<Exchange>]>([
    ['has no answer', { response: null, reason: 'upstream-left' }],
    ['is refused', { response: message('HTTP/1.1 200 OK\r\n\r\n', '{"status":250}') }],
    ['is half answered', { response: { ...fine, complete: false } }],
  ])('stays so when that %s', (_, given) => {
    expect(states(committed([ours(1)], [theirs(1, 'live', given)]))).toEqual([`${scale} pending`]);
  });

  test('stays so when the same is only imported', () => {
    const store = committed([ours(1)]);
    store.journal.commit([theirs(1)]);
    expect(states(store)).toEqual([`${scale} pending`]);
  });
});

test('what is owed is on disk with the exchange, or neither is', () => {
  const store = committed([ours(1)]);
  const broken = function* () {
    yield ours(2);
    yield theirs(1);
    throw new Error('the thread is gone');
  };
  expect(() => store.journal.commit(broken(), how)).toThrow('the thread is gone');
  expect(states(store)).toEqual([`${scale} pending`]);
  expect([...store.journal.list()]).toHaveLength(1);
  // What is in memory went back with it.
  store.journal.commit([theirs(1)], how);
  expect(states(store)).toEqual([`${scale} delivered`]);
});

test('exchanges that come again after a fault are not entered again', () => {
  const store = committed([ours(1)]);
  const [again] = [...store.journal.list()];
  store.owed.drop({}, 1);
  if (again) store.journal.commit([again], { ...how, dedupe: true });
  expect(states(store)).toEqual([`${scale} dropped`]);
});

test('without learning, only secrets are', () => {
  const names = ['once', 'users', 'secret', 'reply.measure', 'learn-secret'];
  const values = scripted(() => ({ values: names.map((name) => ({ device: scale, name, text: 'x' })) }));
  const learnt = (learn: boolean) => {
    const store = openStore(folder(), values);
    store.journal.commit([theirs(1)], { learn });
    return names.filter((name) => store.values.get('withings', scale, name) !== undefined);
  };
  expect(learnt(false)).toEqual(['secret', 'learn-secret']);
  expect(learnt(true)).toEqual(names);
});
