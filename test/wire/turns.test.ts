import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../src/wire/stand-in.js';
import { brief, ok, post } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';
import { messageOf, ours, ScriptedStandIn } from './scripted-stand-in.js';

/*
 * A stand-in has a say in some requests. What upstream answers well reaches the client byte for byte; when upstream
 * fails in whatever way, the client gets one clean answer of the stand-in's and sees nothing of the failure.
 */

const TRY = '/cgi-bin/measure';
const REVIEW = '/cgi-bin/session';
const OWN = '/cgi-bin/own';
const UNDECIDED = '/cgi-bin/undecided';

let standIn: ScriptedStandIn;
let under: RelayUnderTest;

beforeEach(async () => {
  standIn = new ScriptedStandIn();
  standIn.plans = {
    [TRY]: 'try',
    [REVIEW]: 'review',
    [OWN]: { answer: 'own-session' },
    [UNDECIDED]: 'undecided',
  };
  standIn.firstByteTimeoutMs = 300;
  standIn.answerTimeoutMs = 300;
  under = await startRelay({ standIn, connectTimeoutMs: 400 });
});
afterEach(() => under.close());

const asked = post(TRY, 'action=store&a=1');
const answer = ours('{"status":0}');

/** How the exchange that the stand-in was asked to answer is told of. */
function taken(index = 0) {
  const exchange = standIn.exchanges[index];
  if (!exchange) throw new Error(`the stand-in was not asked ${index + 1} times`);
  return brief(exchange);
}

describe('what upstream answers', () => {
  it.each([TRY, REVIEW])('to %s reaches the client as it came, when it is whole', async (path) => {
    const { client, upstream } = await under.pair(post(path, 'a=1'));
    await upstream.gets('a=1');
    upstream.send('HTTP/1.1 200 OK\r\nX-Odd:  kept \r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}');
    await sleep(40);
    expect(client.text).toBe('');
    upstream.send('\r\n0\r\n\r\n');
    await client.gets('0\r\n\r\n');
    expect(client.text).toBe(
      'HTTP/1.1 200 OK\r\nX-Odd:  kept \r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\n\r\n',
    );
    expect(brief(await under.exchange(0))).toBe(`POST ${path} | 200 | plain`);
  });

  it('100 Continue passes at once, and the body is asked for only once', async () => {
    const { client, upstream } = await under.pair(
      `POST ${TRY} HTTP/1.1\r\nHost: scalews.withings.net\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n`,
    );
    await upstream.gets('\r\n\r\n');
    upstream.send('HTTP/1.1 100 Continue\r\n\r\n');
    await client.gets('100 Continue\r\n\r\n');
    client.send('a=1');
    await upstream.gets('a=1');
    upstream.reset();
    await client.gets(answer);
    expect(client.text).toBe(`HTTP/1.1 100 Continue\r\n\r\n${answer}`);
  });

  it('requests that come behind one another are answered in order, each by its own course', async () => {
    const { client, upstream } = await under.pair(post(TRY, 'n=1') + post(OWN, 'n=2') + post(TRY, 'n=3'));
    await upstream.gets('n=1');
    await sleep(30);
    expect(upstream.text).not.toContain('n=3');
    upstream.send(ok('"1"'));
    await client.gets(answer);
    await upstream.gets('n=3');
    upstream.send(ok('"3"'));
    await client.gets('"3"');
    expect(client.text).toBe(ok('"1"') + answer + ok('"3"'));
    expect(upstream.text).toBe(post(TRY, 'n=1') + post(TRY, 'n=3'));
  });

  it('can be changed on its way, and is kept as it was', async () => {
    standIn.reviewing = () => ({
      failed: null,
      verdict: { kind: 'changed', response: messageOf(ours('{"ok":1}')), reason: 'orders-removed' },
    });
    const { client, upstream } = await under.pair(post(REVIEW, 'a=1'));
    await upstream.gets('a=1');
    upstream.send(ok('{"bad":1}'));
    await client.gets('{"ok":1}');
    expect(client.text).toBe(ours('{"ok":1}'));
    const exchange = await under.exchange(0);
    expect(brief(exchange)).toBe(`POST ${REVIEW} | 200 | orders-removed`);
    expect(Buffer.from(exchange.response?.body ?? []).toString()).toBe('{"bad":1}');
    client.send(post(REVIEW, 'b=2'));
    await upstream.gets('b=2');
  });

  it('can be withheld: the client is told, and gets nothing of it', async () => {
    const refusal = { reason: 'answer-withheld', message: 'an order' } as const;
    standIn.reviewing = () => ({ failed: null, verdict: { kind: 'refused', refusal } });
    const { client, upstream } = await under.pair(post(REVIEW, 'a=1'));
    await upstream.gets('a=1');
    upstream.send(ok('{"bad":1}'));
    await client.closed();
    expect(client.text).toMatch(/^HTTP\/1.1 502 [\s\S]*an order\n$/);
    expect(brief(await under.exchange(0))).toBe(`POST ${REVIEW} | 502 | answer-withheld refused`);
  });

  it.each([
    ['at once', 0],
    ['a moment later', 30],
  ])(
    'with more behind it than was asked (%s): that reaches nobody, and the next answer is looked at',
    async (_, ms) => {
      const seen: string[] = [];
      standIn.reviewing = (response) => {
        seen.push(response);
        return { failed: null, verdict: { kind: 'pass' } };
      };
      const { client, upstream } = await under.pair(post(REVIEW, 'a=1'));
      await upstream.gets('a=1');
      if (ms === 0) upstream.send(ok('"1"') + ok('"unasked"'));
      else {
        upstream.send(ok('"1"'));
        await client.gets('"1"');
        await sleep(ms);
        upstream.send(ok('"unasked"'));
      }
      await client.gets('"1"');
      await upstream.closed();
      client.send(post(REVIEW, 'b=2'));
      const second = await under.origin.peer(1);
      await second.gets('b=2');
      second.send(ok('"2"'));
      await client.gets('"2"');
      expect(client.text).toBe(ok('"1"') + ok('"2"'));
      expect(seen).toEqual([ok('"1"'), ok('"2"')]);
      expect(under.exchanges.map(brief)).toEqual(Array(2).fill(`POST ${REVIEW} | 200 | plain`));
    },
  );

  it('with a body that its status forbids: the body reaches nobody', async () => {
    const { client, upstream } = await under.pair(post(REVIEW, 'a=1'));
    await upstream.gets('a=1');
    upstream.send('HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n{"bad":1}');
    await upstream.closed();
    expect(client.text).toBe('HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n');
  });

  it('of more than can be held is no answer', async () => {
    const { client, upstream } = await under.pair(asked);
    await upstream.gets('a=1');
    upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n');
    upstream.socket.write(Buffer.alloc(1_500_000));
    await client.gets(answer);
    expect(client.text).toBe(answer);
    expect(taken()).toBe(`POST ${TRY} | - | not-protocol replayed`);
  });
});

describe('upstream fails, and the client gets one clean answer:', () => {
  const half = 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"sta';

  it.each<[string, Failure, string, (upstream: Awaited<ReturnType<typeof under.origin.peer>>) => void]>([
    ['it resets', 'lost', 'upstream-left', (upstream) => upstream.reset()],
    ['it closes', 'lost', 'upstream-left', (upstream) => upstream.end()],
    ['it says nothing', 'timeout', 'upstream-timeout', () => undefined],
    [
      'half a head, then it closes',
      'lost',
      'upstream-left',
      (upstream) => {
        upstream.send('HTTP/1.1 200 O');
        upstream.end();
      },
    ],
    [
      'half a body, then a reset',
      'lost',
      'upstream-left',
      (upstream) => {
        upstream.send(half);
        setTimeout(() => upstream.reset(), 30);
      },
    ],
    ['half a body, then nothing', 'timeout', 'answer-timeout', (upstream) => upstream.send(half)],
    ['no HTTP', 'not-protocol', 'not-protocol', (upstream) => upstream.send('SSH-2.0-x\r\n')],
    ['an answer that is none', 'not-protocol', 'not-protocol', (upstream) => upstream.send(ok('<html>'))],
  ])('%s', async (_, failure, reason, act) => {
    standIn.reviewing = (response) => ({
      failed: response.includes('{"status"')
        ? null
        : { failure: 'not-protocol', reason: 'not-protocol', message: 'no' },
      verdict: { kind: 'pass' },
    });
    const { client, upstream } = await under.pair(asked);
    await upstream.gets('a=1');
    act(upstream);
    await client.gets(answer);
    await sleep(30);
    expect(client.text).toBe(answer);
    expect(standIn.failures.map((failed) => failed.failure)).toEqual([failure]);
    expect(taken()).toBe(`POST ${TRY} | - | ${reason} replayed`);
    // Nothing is told of twice: who answers keeps the exchange.
    expect(under.exchanges).toEqual([]);
    await upstream.closed();
    // And the connection serves on, with a new one to upstream.
    client.send(post(TRY, 'again=1'));
    const second = await under.origin.peer(1);
    await second.gets('again=1');
    second.send(ok());
    await client.gets(answer.length + ok().length);
    expect(client.closing).toBeNull();
  });

  it('there is none', async () => {
    await under.close();
    under = await startRelay({
      standIn,
      upstreams: [{ host: 'scalews.withings.net', address: '127.0.0.1', port: 9 }],
    });
    const client = await under.connect();
    client.send(asked);
    await client.gets(answer);
    expect(standIn.failures).toMatchObject([{ failure: 'connect', reason: 'connect-refused' }]);
    expect(taken()).toBe(`POST ${TRY} | - | connect-refused replayed`);
  });

  it('its name is not known', async () => {
    await under.close();
    under = await startRelay({
      standIn,
      upstreams: [{ host: 'scalews.withings.net', address: null, port: 80 }],
    });
    const client = await under.connect();
    client.send(asked);
    await client.gets(answer);
    expect(standIn.failures).toMatchObject([{ failure: 'lookup', reason: 'lookup-failed' }]);
  });

  it('while the request still comes: the rest of it is waited for', async () => {
    const { client, upstream } = await under.pair(asked.slice(0, -4));
    await upstream.gets('action');
    upstream.reset();
    await sleep(30);
    expect(client.text).toBe('');
    client.send(asked.slice(-4));
    await client.gets(answer);
    expect(Buffer.from(standIn.exchanges[0]?.request.body ?? []).toString()).toBe('action=store&a=1');
  });

  it('while the client waits to be asked for the body: it is asked by us', async () => {
    const request = post(TRY, 'a=1', 'Expect: 100-continue\r\n');
    const { client, upstream } = await under.pair(request.slice(0, -3));
    await upstream.gets('\r\n\r\n');
    await client.gets('HTTP/1.1 100 Continue\r\n\r\n');
    await upstream.closed();
    client.send('a=1');
    await client.gets(answer);
    expect(client.text).toBe(`HTTP/1.1 100 Continue\r\n\r\n${answer}`);
    expect(taken()).toBe(`POST ${TRY} | - | upstream-timeout replayed`);
  });

  it('not when the client takes its time with the body, asked for or not', async () => {
    for (const interim of ['', 'HTTP/1.1 100 Continue\r\n\r\n']) {
      const request = post(TRY, 'a=1', 'Expect: 100-continue\r\n');
      const { client, upstream } = await under.pair(request.slice(0, interim === '' ? -1 : -3));
      await upstream.gets('\r\n\r\n');
      upstream.send(interim);
      await sleep(400);
      client.send(request.slice(interim === '' ? -1 : -3));
      await upstream.gets('a=1');
      upstream.send(ok());
      await client.gets(ok());
      expect(client.text).toBe(interim + ok());
    }
    expect(standIn.failures).toEqual([]);
  });

  it('after the client has closed its side', async () => {
    const { client, upstream } = await under.pair(asked);
    client.end();
    await upstream.closed();
    upstream.reset();
    expect(await client.closed()).toBe('end');
    expect(client.text).toBe(answer);
  });

  it('and nobody stands in: the client sees the failure as it was', async () => {
    standIn.stands = false;
    const { client, upstream } = await under.pair(asked);
    await upstream.gets('a=1');
    upstream.send(half);
    await sleep(30);
    upstream.reset();
    await client.closed();
    expect(client.text).toBe(half);
    expect(brief(await under.exchange(0))).toBe(`POST ${TRY} | 200~ | upstream-left`);
  });

  it('in a request that is too large to be kept: the client sees it', async () => {
    await under.close();
    under = await startRelay({ standIn, maxBodyBytes: 4 });
    const { client, upstream } = await under.pair(asked);
    await upstream.gets('a=1');
    upstream.reset();
    expect(await client.closed()).toBe('reset');
    expect(standIn.failures).toEqual([]);
  });
});

describe('what the stand-in answers itself', () => {
  it('upstream is not dialled for', async () => {
    const client = await under.connect();
    client.send(post(OWN, 'a=1'));
    await client.gets(answer);
    expect(under.origin.peers).toEqual([]);
    expect(taken()).toBe(`POST ${OWN} | - | own-session replayed`);
  });

  it('a body that waits to be asked for is asked for', async () => {
    const client = await under.connect();
    const head = `POST ${OWN} HTTP/1.1\r\nHost: scalews.withings.net\r\nExpect: 100-continue\r\n`;
    client.send(`${head}Content-Length: 3\r\n\r\n`);
    await client.gets('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('a=1');
    await client.gets(answer);
    expect(Buffer.from(standIn.exchanges[0]?.interim ?? []).toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  });

  it('the connection is closed when the client wants it so', async () => {
    const client = await under.connect();
    client.send(post(OWN, 'a=1', 'Connection: close\r\n'));
    expect(await client.closed()).toBe('end');
    expect(client.text).toBe(answer);
  });

  it('a client that leaves before the answer harms nobody', async () => {
    let release: (text: string) => void = () => undefined;
    standIn.answering = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const client = await under.connect();
    client.send(post(OWN, 'a=1'));
    while (standIn.exchanges.length === 0) await sleep(2);
    client.reset();
    while (standIn.closedConnections.length === 0) await sleep(2);
    release(answer);
    await sleep(10);
    expect(under.faults).toEqual([]);
    expect(under.exchanges).toEqual([]);
  });

  it('without an answer the client is told', async () => {
    standIn.answering = () => null;
    const client = await under.connect();
    client.send(post(OWN, 'a=1'));
    await client.gets('\n');
    expect(client.text).toMatch(/^HTTP\/1.1 503 /);
    expect(brief(await under.exchange(0))).toBe(`POST ${OWN} | 503 | own-session refused`);
  });
});

describe('a request whose body decides', () => {
  it('is held until it is whole, and then goes its way', async () => {
    standIn.wholePlan = () => 'try';
    const client = await under.connect();
    const request = post(UNDECIDED, 'a=1');
    client.send(request.slice(0, -1));
    await sleep(30);
    expect(under.origin.peers).toEqual([]);
    client.send(request.slice(-1));
    const upstream = await under.origin.peer(0);
    await upstream.gets(request);
    upstream.send(ok());
    await client.gets(ok());
    expect(upstream.text).toBe(request);
  });

  it('is answered by the stand-in, or relayed, one after the other on one connection', async () => {
    standIn.wholePlan = (body) => (body === 'own' ? { answer: 'own-session' } : 'relay');
    const { client, upstream } = await under.pair(post(UNDECIDED, 'theirs') + post(UNDECIDED, 'own'));
    await upstream.gets('theirs');
    upstream.send(ok('"theirs"'));
    await client.gets(answer);
    client.send(post(UNDECIDED, 'more'));
    await upstream.gets('more');
    upstream.send(ok('"more"'));
    await client.gets('"more"');
    expect(client.text).toBe(ok('"theirs"') + answer + ok('"more"'));
    expect(upstream.text).toBe(post(UNDECIDED, 'theirs') + post(UNDECIDED, 'more'));
  });

  it('waits for what has to be done first', async () => {
    let proceed: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    standIn.wholePlan = () => first.then(() => 'review' as const);
    const client = await under.connect();
    client.send(post(UNDECIDED, 'a=1'));
    await sleep(30);
    expect(under.origin.peers).toEqual([]);
    proceed();
    const upstream = await under.origin.peer(0);
    await upstream.gets('a=1');
    upstream.send(ok());
    await client.gets(ok());
  });

  it.each(['end', 'reset'] as const)('upstream may close (%s) meanwhile: it is dialled anew', async (how) => {
    let proceed: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    standIn.wholePlan = () => first.then(() => 'try' as const);
    const { client, upstream } = await under.pair(post(TRY, 'n=1'));
    await upstream.gets('n=1');
    upstream.send(ok());
    await client.gets(ok());
    client.send(post(UNDECIDED, 'n=2'));
    await sleep(20);
    upstream[how]();
    await sleep(20);
    proceed();
    const second = await under.origin.peer(1);
    await second.gets('n=2');
    second.send(ok('"2"'));
    await client.gets('"2"');
    expect(standIn.failures).toEqual([]);
    expect(brief(await under.exchange(1))).toBe(`POST ${UNDECIDED} | 200 | plain`);
  });

  it('can be refused', async () => {
    standIn.wholePlan = () => ({ reason: 'offline', message: 'not now' });
    const client = await under.connect();
    client.send(post(UNDECIDED, 'a=1'));
    expect(await client.closed()).toBe('end');
    expect(client.text).toMatch(/^HTTP\/1.1 503 [\s\S]*not now\n$/);
  });
});

it('a stand-in that forbids calls: bytes that are no request lead nowhere either', async () => {
  standIn.mayCall = false;
  const client = await under.connect();
  client.send('\x16\x03\x01 no head at all\r\n\r\n');
  await client.closed();
  expect(client.text).toMatch(/^HTTP\/1.1 503 /);
  expect(under.origin.peers).toEqual([]);
});

it('many turns on one connection leave nothing behind', async () => {
  const { client, upstream } = await under.pair(post(TRY, 'n=0'));
  let expected = '';
  for (let n = 0; n < 200; n++) {
    if (n > 0) client.send(post(TRY, `n=${n}`));
    await upstream.gets(`n=${n}`);
    upstream.send(ok());
    expected += ok();
    await client.gets(expected.length);
  }
  expect(client.text).toBe(expected);
  expect(under.exchanges).toHaveLength(200);
  expect(under.faults).toEqual([]);
});
