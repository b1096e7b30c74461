import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import type { Store } from '../../src/store/store.js';
import { sessionHash } from '../../src/vendors/withings/hash.js';
import { exchange, message, post } from '../transfer/exchanges.js';
import { folder, openStore } from './stores.js';

/*
 * Where the secret of a device is known, what comes in its name is believed only in a session whose hash proves it:
 * anything else is kept and marked, but neither changes what scales recognise people by nor is passed on to the cloud.
 * And a session that was proven stays so when the process is killed in the middle of it.
 */

const mac = '00:24:e4:00:00:01';
const secret = '0123456789abcdef';
const once = '0111ebd1-496d45c2';

let startedAtUs = 1_790_000_000_000_000;

function ours(path: string, form: string, reply: string): Exchange {
  startedAtUs += 1_000_000;
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${reply.length}\r\n\r\n`;
  return exchange({
    request: post(`/cgi-bin/${path}`, form),
    response: message(head, reply),
    answered: 'replayed',
    startedAtUs,
  });
}

const challenge = () => ours('once', 'action=get', `{"status":0,"body":{"once":"${once}"}}`);

function opening(key: string): Exchange {
  const form = `action=new&auth=${mac}&hash=${sessionHash(mac, key, once)}&mfgid=1&currentfw=211&batterylvl=95`;
  return ours('session', form, '{"status":0,"body":{"sessionid":"1-2-3","sp":{"users":[]}}}');
}

function measure(grams: number, session = '1-2-3'): Exchange {
  const meastime = Math.floor(startedAtUs / 1e6) - 60;
  const measures = encodeURIComponent(`{"measures":[{"value":${grams},"type":1,"unit":-3}]}`);
  const form = `action=store&sessionid=${session}&macaddress=${mac}&userid=7&meastime=${meastime}&devtype=1`;
  return ours('measure', `${form}&attribstatus=0&measures=${measures}`, '{"status":0}');
}

/** A store that knows the secret of the device, or does not. */
function storeWith(known: boolean, dataDir = folder()): Store {
  const store = openStore(dataDir);
  if (known) store.values.change(() => store.values.put('withings', mac, 'secret', secret, startedAtUs));
  return store;
}

function outcome(store: Store) {
  const weights = store.readings.list().filter(({ kind }) => kind === 'weight');
  return {
    weights: weights.map(({ value, quality }) => `${value} ${quality.join(' ')}`),
    newest: store.readings.newest('withings', '7', 'weight')?.value,
    owed: store.owed.list().length,
  };
}

describe('a measure that we answered', () => {
  test.each([
    ['in a session that is proven', true, [challenge(), opening(secret), measure(80_000)], true],
    ['in a session whose hash is wrong', true, [challenge(), opening('wrong'), measure(80_000)], false],
    ['in a session that nobody knows', true, [measure(80_000, 'unknown')], false],
    ['when no secret is known', false, [measure(80_000, 'unknown')], true],
  ])('%s', (_, known, exchanges, believed) => {
    const store = storeWith(known);
    store.journal.commit(exchanges, { owed: true });
    expect(outcome(store)).toEqual({
      weights: [`80 replayed${believed ? '' : ' unverified'}`],
      newest: believed ? 80 : undefined,
      owed: believed ? 1 : 0,
    });
  });

  test('that may be forged does not hide an older one that is proven', () => {
    const store = storeWith(true);
    store.journal.commit([challenge(), opening(secret), measure(80_000)], { owed: true });
    store.journal.commit([{ ...measure(20_000, 'unknown'), connection: 'somebody-else' }], { owed: true });
    expect(outcome(store)).toMatchObject({ newest: 80, owed: 1 });
  });
});

test('a measure from the future of a wrong clock is kept and marked, and does not count as the newest', () => {
  const store = storeWith(false);
  store.journal.commit([measure(80_000)], { owed: true });
  const wrong = { ...measure(81_000), startedAtUs: 1_380_000_000_000_000 };
  store.journal.commit([wrong], { owed: true });
  expect(outcome(store)).toEqual({
    weights: ['80 replayed', '81 replayed future-time'],
    newest: 80,
    owed: 2,
  });
  // What upstream has answered is upstream's to keep: such a time is refused there.
  store.journal.commit([{ ...wrong, answered: 'upstream', connection: 'other' }], { owed: true });
  expect(store.readings.list().filter(({ kind }) => kind === 'weight')).toHaveLength(2);
});

describe('a process that is killed between session and measure', () => {
  test('leaves the proof to the next one, which looks for it', () => {
    const dataDir = folder();
    const before = storeWith(true, dataDir);
    const begun = [challenge(), opening(secret)];
    before.journal.commit(begun, { owed: true });
    before.close();

    const after = openStore(dataDir);
    const recalled = [...after.journal.recall(startedAtUs / 1000 - 5_000, 100)];
    expect(recalled.map(({ label }) => label)).toEqual(['once', 'session new']);
    after.journal.commit([measure(80_000)], { owed: true });
    expect(outcome(after)).toEqual({ weights: ['80 replayed'], newest: 80, owed: 1 });
  });

  test('and without looking there is none', () => {
    const dataDir = folder();
    const before = storeWith(true, dataDir);
    before.journal.commit([challenge(), opening(secret)], { owed: true });
    before.close();
    const after = openStore(dataDir);
    after.journal.commit([measure(80_000)], { owed: true });
    expect(outcome(after).weights).toEqual(['80 replayed unverified']);
  });
});
