import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Peer } from '../servers/raw.js';
import type { Capture, Step } from './captures.js';
import { captures, said } from './captures.js';
import { brief, ok, post } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';
import { ScriptedStandIn } from './scripted-stand-in.js';
import { contents } from './tapped.js';
import { clientBytes, session, upstreamBytes } from './traffic.js';
import { cutAt } from './transcript.js';

/*
 * What the client sends is what upstream gets, and the other way round, byte for byte, whatever way the bytes are cut
 * into packets. And the exchanges that are told of hold just these bytes.
 */

let alone: RelayUnderTest;
let withStandIn: RelayUnderTest;
let under: RelayUnderTest;

/** A stand-in that is not needed must not be seen either. */
const standIn = new ScriptedStandIn();
standIn.plans = Object.fromEntries(
  ['once', 'session', 'maint', 'association'].map((name) => [`/cgi-bin/${name}`, 'try']),
);
standIn.plans = { ...standIn.plans, '/cgi-bin/session': 'review' };

beforeAll(async () => {
  alone = await startRelay();
  withStandIn = await startRelay({ standIn });
  under = alone;
});
afterAll(async () => {
  await alone.close();
  await withStandIn.close();
});

const cuttings: [string, (bytes: Buffer) => Buffer[]][] = [
  ['in one piece', (bytes) => [bytes]],
  [
    'in pieces of 100',
    (bytes) =>
      cutAt(
        bytes,
        [...bytes.keys()].filter((at) => at % 100 === 0),
      ),
  ],
  ['byte by byte', (bytes) => cutAt(bytes, [...bytes.keys()])],
];

describe.each(captures())('$name', (capture) => {
  const relays = cuttings.flatMap(([name, cut]) => [
    [name, cut, false] as const,
    [`${name} with a stand-in`, cut, true] as const,
  ]);
  it.each(relays)('crosses unchanged %s', async (_, cut, standsIn) => {
    under = standsIn ? withStandIn : alone;
    const { client, upstream, exchanges } = await converse(capture, cut);
    expect(upstream.received.equals(said(capture, 'client'))).toBe(true);
    expect(client.received.equals(said(capture, 'upstream'))).toBe(true);
    expect(exchanges).toHaveLength(capture.exchanges);
    for (const exchange of exchanges) {
      expect(brief(exchange)).toMatch(/^POST \/\S+ \| 200 \| plain$/);
      expect(exchange.upstream).toBe(`scalews.withings.net 127.0.0.1:${under.origin.port}`);
      expect(exchange.client).toBe(`127.0.0.1:${client.port}`);
      expect(exchange.connection).toBe(exchanges[0]?.connection);
      expect(exchange.responseAfterUs ?? 0).toBeGreaterThan(0);
      expect(exchange.endedAfterUs).toBeGreaterThanOrEqual(exchange.responseAfterUs ?? 0);
    }
    const crossed = exchanges.flatMap(({ request, interim, response }) => [
      request.head,
      interim,
      request.body,
      response?.head ?? Buffer.alloc(0),
      response?.body ?? Buffer.alloc(0),
    ]);
    expect(Buffer.concat(crossed).equals(Buffer.concat(capture.steps.map(({ bytes }) => bytes)))).toBe(true);
  });
});

/** The steps with what one side says in one go joined: an answer is held until it is whole. */
function turns({ steps }: Capture): Step[] {
  const joined: Step[] = [];
  for (const step of steps) {
    const last = joined.at(-1);
    const interim = last?.bytes.subarray(0, 12).toString() === 'HTTP/1.1 100';
    if (last?.by !== step.by || interim) joined.push(step);
    else joined[joined.length - 1] = { by: step.by, bytes: Buffer.concat([last.bytes, step.bytes]) };
  }
  return joined;
}

/** Plays a capture: each side speaks when it has heard all that was said before. */
async function converse(capture: Capture, cut: (bytes: Buffer) => Buffer[]) {
  const from = under.exchanges.length;
  const connections = under.origin.peers.length;
  const client = await under.connect();
  let upstream: Peer | undefined;
  const heard = { client: 0, upstream: 0 };
  for (const { by, bytes } of under === withStandIn ? turns(capture) : capture.steps) {
    const speaker = by === 'client' ? client : upstream;
    await speaker?.trickle(cut(bytes));
    upstream ??= await under.origin.peer(connections);
    const hearer = by === 'client' ? 'upstream' : 'client';
    heard[hearer] += bytes.length;
    await (hearer === 'client' ? client : upstream).gets(heard[hearer]);
  }
  if (!upstream) throw new Error('an empty capture');
  await under.exchange(from + capture.exchanges - 1);
  client.end();
  upstream.end();
  await client.closed();
  return { client, upstream, exchanges: under.exchanges.slice(from) };
}

it('generated traffic crosses unchanged, and is told of as it was made', async () => {
  const cuts = fc.array(fc.nat({ max: 600 }), { maxLength: 8 });
  const sessions = session.filter(({ exchanges }) => exchanges.length > 0);
  await fc.assert(
    fc.asyncProperty(sessions, cuts, cuts, async (generated, clientCuts, upstreamCuts) => {
      const before = under.exchanges.length;
      const asked = clientBytes({ ...generated, tunnel: Buffer.alloc(0) });
      const answered = upstreamBytes(generated);
      const [first = Buffer.alloc(0), ...rest] = cutAt(asked, clientCuts);
      const connections = under.origin.peers.length;
      const client = await under.connect();
      await client.trickle([first, ...rest]);
      const upstream = await under.origin.peer(connections);
      await upstream.gets(asked.length);
      await upstream.trickle(cutAt(answered, upstreamCuts));
      await client.gets(answered.length);
      client.send(generated.tunnel);
      await upstream.gets(asked.length + generated.tunnel.length);
      if (generated.last === 'to-close') upstream.end();
      else client.end();
      const closings = generated.last === 'to-close' ? client.closed() : upstream.closed();
      expect(await closings).toBe('end');
      client.end();
      upstream.end();
      await under.exchange(before + generated.exchanges.length - 1);

      expect(upstream.received.equals(Buffer.concat([asked, generated.tunnel]))).toBe(true);
      expect(client.received.equals(answered)).toBe(true);
      const told = under.exchanges.slice(before);
      expect(told.map(contents)).toMatchObject(
        generated.exchanges.map(({ request, interim, response }) => ({
          request: { head: request.head.toString('latin1'), complete: true },
          interim: interim.join(''),
          response: { head: response.head.toString('latin1') },
        })),
      );
    }),
    { numRuns: 60 },
  );
});

it('pipelined requests are answered in their order', async () => {
  const before = under.exchanges.length;
  const { client, upstream } = await under.pair(post('/1') + post('/2') + post('/3'));
  await upstream.gets(post('/1').length * 3);
  upstream.send(ok('one') + ok('two'));
  upstream.send(ok('three'));
  await client.gets(ok('one') + ok('two') + ok('three'));
  await under.exchange(before + 2);
  expect(under.exchanges.slice(before).map(brief)).toEqual([
    'POST /1 | 200 | plain',
    'POST /2 | 200 | plain',
    'POST /3 | 200 | plain',
  ]);
});

it('no fault was told of', () => {
  expect(under.faults).toEqual([]);
});
