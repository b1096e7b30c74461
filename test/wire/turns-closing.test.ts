import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brief, ok, post } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';
import { ours, ScriptedStandIn } from './scripted-stand-in.js';

/*
 * A request that is held has not reached upstream. What upstream says meanwhile is no answer to it, and that the client
 * has closed its side is not for upstream to know before it has the request.
 */

const TRY = '/cgi-bin/measure';
const UNDECIDED = '/cgi-bin/undecided';
const OWN = '/cgi-bin/own';

/** As servers send it before they close a connection that was idle for too long. */
const farewell = 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

let standIn: ScriptedStandIn;
let under: RelayUnderTest;
/** Lets what waits go on. */
let proceed: () => void;
let proceeds: Promise<void>;

beforeEach(async () => {
  standIn = new ScriptedStandIn();
  standIn.plans = { [TRY]: 'try', [UNDECIDED]: 'undecided', [OWN]: { answer: 'own-session' } };
  proceeds = new Promise((resolve) => {
    proceed = resolve;
  });
  under = await startRelay({ standIn });
});
afterEach(() => under.close());

/** A client that upstream has served, and whose next request is held. */
async function holding(path: string) {
  const { client, upstream } = await under.pair(post(TRY, 'n=1'));
  await upstream.gets('n=1');
  upstream.send(ok('"1"'));
  await client.gets(ok('"1"'));
  client.send(post(path, 'n=2'));
  await sleep(20);
  return { client, upstream };
}

describe('what upstream says while a request is held', () => {
  it.each(['try', 'review', 'relay'] as const)('is no answer to it (%s): it is asked anew', async (plan) => {
    standIn.wholePlan = () => proceeds.then(() => plan);
    const { client, upstream } = await holding(UNDECIDED);
    upstream.send(farewell);
    upstream.end();
    await sleep(20);
    proceed();
    const second = await under.origin.peer(1);
    await second.gets('n=2');
    second.send(ok('"2"'));
    await client.gets('"2"');
    expect(client.text).toBe(ok('"1"') + ok('"2"'));
    expect(under.exchanges.map(brief)).toEqual([
      `POST ${TRY} | 200 | plain`,
      `POST ${UNDECIDED} | 200 | plain`,
    ]);
  });

  it('does not mix with our own answer, nor with those that come after it', async () => {
    standIn.answering = () => proceeds.then(() => ours('"2"'));
    const { client, upstream } = await holding(OWN);
    upstream.send(farewell);
    await sleep(20);
    proceed();
    await client.gets('"2"');
    client.send(post(OWN, 'n=3') + post(TRY, 'n=4'));
    const second = await under.origin.peer(1);
    await second.gets('n=4');
    second.send(ok('"4"'));
    await client.gets('"4"');
    expect(client.text).toBe(ok('"1"') + ours('"2"') + ours('"2"') + ok('"4"'));
    expect(under.exchanges.map(brief)).toEqual([`POST ${TRY} | 200 | plain`, `POST ${TRY} | 200 | plain`]);
    expect(standIn.exchanges).toHaveLength(2);
  });
});

describe('a client that closes its side while its request is held', () => {
  it.each(['try', 'review', 'relay'] as const)('gets the answer of upstream (%s)', async (plan) => {
    standIn.wholePlan = () => proceeds.then(() => plan);
    const { client, upstream } = await holding(UNDECIDED);
    client.end();
    await sleep(20);
    expect(upstream.closing).toBeNull();
    proceed();
    await upstream.gets('n=2');
    upstream.send(ok('"2"'));
    expect(await upstream.closed()).toBe('end');
    upstream.end();
    expect(await client.closed()).toBe('end');
    expect(client.text).toBe(ok('"1"') + ok('"2"'));
    expect(standIn.failures).toEqual([]);
  });

  it('gets ours', async () => {
    standIn.answering = () => proceeds.then(() => ours('"2"'));
    const { client, upstream } = await holding(OWN);
    client.end();
    await sleep(20);
    proceed();
    expect(await upstream.closed()).toBe('end');
    upstream.end();
    expect(await client.closed()).toBe('end');
    expect(client.text).toBe(ok('"1"') + ours('"2"'));
  });
});

describe('an answer that cannot be framed, and is passed on all the same', () => {
  it.each([
    ['no HTTP', 'SSH-2.0-x\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ])('%s: from there on everything is', async (_, answer) => {
    standIn.stands = false;
    const { client, upstream } = await under.pair(post(TRY, 'n=1'));
    await upstream.gets('n=1');
    client.send('early ');
    await sleep(20);
    upstream.send(answer);
    await client.gets(answer);
    client.send('late');
    await upstream.gets('early late');
    upstream.send('more');
    await client.gets('more');
    client.end();
    expect(await upstream.closed()).toBe('end');
    expect(under.faults).toEqual([]);
  });
});
