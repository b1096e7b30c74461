import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Plan } from '../../src/wire/stand-in.js';
import type { Peer } from '../servers/raw.js';
import { host } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';
import { ours, ScriptedStandIn } from './scripted-stand-in.js';
import { cutAt } from './transcript.js';

/*
 * However a client cuts its requests, and however upstream fails, each request that the stand-in has a say in gets one
 * whole answer, in its turn, and its exchange is told of or handed over once.
 */

const plans = ['try', 'own', 'undecided-try', 'undecided-own', 'undecided-relay', 'relay', 'review'] as const;

/** What upstream does when it has a request. Of `early` it does not wait for the body. */
const deeds = {
  answers: (peer, answer) => peer.send(answer),
  trickles: (peer, answer) => peer.trickle(cutAt(Buffer.from(answer), [1, 20, 40, 50])),
  early: () => undefined,
  closes: (peer, answer) => peer.socket.end(answer),
  ends: (peer) => peer.end(),
  resets: (peer) => peer.reset(),
  'half, ends': (peer, answer) => peer.socket.end(answer.slice(0, -3)),
  'half, resets': async (peer, answer) => {
    peer.send(answer.slice(0, -3));
    await sleep(2);
    peer.reset();
  },
  half: (peer, answer) => peer.send(answer.slice(0, -3)),
  nothing: () => undefined,
  nonsense: (peer) => peer.send('SSH-2.0\r\n'),
  lies: (peer) => peer.send(ours('bad')),
} as const satisfies Record<string, (peer: Peer, answer: string) => unknown>;

type Deed = keyof typeof deeds;

interface Made {
  readonly plan: (typeof plans)[number];
  readonly deed: Deed;
  readonly framing: 'length' | 'chunked' | 'empty';
  readonly expects: boolean;
  readonly padding: number;
  readonly cuts: readonly number[];
  /** Whether the client has the answer before it sends the next. */
  readonly waits: boolean;
  /** Whether the client and the stand-in take their time. */
  readonly slow: boolean;
}

const request: fc.Arbitrary<Made> = fc.record({
  plan: fc.constantFrom(...plans),
  deed: fc.constantFrom(...(Object.keys(deeds) as Deed[])),
  framing: fc.constantFrom('length', 'chunked', 'empty'),
  expects: fc.boolean(),
  padding: fc.constantFrom(0, 3, 70_000),
  cuts: fc.array(fc.nat(260), { maxLength: 4 }),
  waits: fc.boolean(),
  slow: fc.boolean(),
});

/** Requests in which nothing fails that is not to be made good: what is only relayed is answered well, and waited for. */
const requests = fc.array(request, { minLength: 1, maxLength: 5 }).map((all) =>
  all.map((one, n): Made => {
    const relayed = one.plan.endsWith('relay') || one.plan === 'review';
    // An upstream that closes well takes the client with it.
    const well = one.deed === 'trickles' || (one.deed === 'closes' && n === all.length - 1);
    const deed = well || (!relayed && one.deed !== 'closes') ? one.deed : 'answers';
    return { ...one, deed, waits: one.waits || relayed };
  }),
);

function bytesOf({ plan, framing, expects, padding }: Made, n: number): string {
  const expect = expects ? 'Expect: 100-continue\r\n' : '';
  const head = `POST /${plan}?n=${n} HTTP/1.1\r\nHost: ${host}\r\n${expect}`;
  const body = framing === 'empty' ? '' : `n=${n}&${'x'.repeat(padding)}`;
  if (framing !== 'chunked') return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  return `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

/** From whomever: the client cannot tell. */
const answerTo = (n: number) => ours(`{"status":0,"n":${n}}`);

const numberIn = (text: string) => Number(/\?n=(\d+) /.exec(text)?.[1]);

/** An upstream that does what is to be done with each request. */
function upstreamOf(made: readonly Made[]): (peer: Peer) => void {
  return (peer) => {
    let at = 0;
    let early = -1;
    peer.socket.on('end', () => peer.socket.end());
    peer.socket.on('data', () => {
      for (;;) {
        const text = peer.text.slice(at);
        if (!text.includes('\r\n\r\n')) return;
        const n = numberIn(text);
        const one = made[n];
        if (one === undefined) throw new Error(`upstream got what was never sent: ${text}`);
        if (one.deed === 'early' && early !== n) peer.send(answerTo(n));
        if (one.deed === 'early') early = n;
        const { length } = bytesOf(one, n);
        if (text.length < length) return;
        at += length;
        void deeds[one.deed](peer, answerTo(n));
      }
    });
  };
}

async function start(made: readonly Made[]) {
  const standIn = new ScriptedStandIn();
  const own: Plan = { answer: 'own-session' };
  standIn.plan = ({ facts: { target } }) => {
    const plan = plans.find((each) => target.startsWith(`/${each}?`)) ?? 'relay';
    if (plan === 'try' || plan === 'review' || plan === 'relay') return plan;
    return plan === 'own' ? own : 'undecided';
  };
  const inTime = async <T>(n: number, value: T): Promise<T> => {
    if (made[n]?.slow) await sleep(2);
    return value;
  };
  standIn.planWhole = ({ facts: { target } }) => {
    const plan = target.includes('-own') ? own : target.includes('-try') ? 'try' : 'relay';
    const n = Number(target.split('=')[1]);
    return made[n]?.slow ? inTime(n, plan) : plan;
  };
  standIn.reviewing = (text) => ({
    failed: text.includes('"status":0')
      ? null
      : { failure: 'not-protocol', reason: 'not-protocol', message: 'it lies' },
    verdict: { kind: 'pass' },
  });
  standIn.answering = ({ request: { head } }) => {
    const n = numberIn(Buffer.from(head).toString('latin1'));
    return inTime(n, answerTo(n));
  };
  standIn.firstByteTimeoutMs = 40;
  standIn.answerTimeoutMs = 40;
  // A client that leaves while it is not read from is found out by this.
  const under = await startRelay({ standIn, idleTimeoutMs: 500 }, upstreamOf(made));
  return { standIn, under };
}

/** Which requests were told of or handed over. */
function toldOf({ exchanges }: RelayUnderTest, standIn: ScriptedStandIn): number[] {
  return [...exchanges, ...standIn.exchanges]
    .map(({ request: { head } }) => numberIn(Buffer.from(head).toString('latin1')))
    .filter((n) => !Number.isNaN(n))
    .sort((a, b) => a - b);
}

const answersIn = (text: string) => text.split('"status":0').length - 1;

async function until(test: () => boolean): Promise<void> {
  const last = performance.now() + 5_000;
  while (!test()) {
    if (performance.now() > last) throw new Error('waited in vain');
    await sleep(1);
  }
}

it('one whole answer to each request, in order, and each exchange once', async () => {
  const property = fc.asyncProperty(requests, async (made) => {
    const { standIn, under } = await start(made);
    try {
      const client = await under.connect();
      for (const [n, one] of made.entries()) {
        for (const piece of cutAt(Buffer.from(bytesOf(one, n)), one.cuts)) {
          client.send(piece);
          await (one.slow ? sleep(1) : new Promise(setImmediate));
        }
        if (one.waits) await until(() => answersIn(client.text) > n);
      }
      await until(() => answersIn(client.text) >= made.length);
      await until(() => toldOf(under, standIn).length >= made.length);
      const got = client.text.replaceAll('HTTP/1.1 100 Continue\r\n\r\n', '');
      expect(got).toBe(made.map((_, n) => answerTo(n)).join(''));
      expect(toldOf(under, standIn)).toEqual(made.map((_, n) => n));
      expect(under.faults).toEqual([]);
    } finally {
      await under.close();
    }
  });
  await fc.assert(property, { numRuns: 80, endOnFailure: true });
});

it('a client that leaves at any time leaves nothing behind, and no exchange is told of twice', async () => {
  const leaving = fc.record({
    after: fc.nat(400),
    resets: fc.boolean(),
    delay: fc.constantFrom(0, 1, 3, 8),
  });
  const property = fc.asyncProperty(requests, leaving, async (made, { after, resets, delay }) => {
    const { standIn, under } = await start(made);
    try {
      const client = await under.connect();
      const bytes = Buffer.from(made.map(bytesOf).join('')).subarray(0, after);
      for (const piece of cutAt(bytes, made[0]?.cuts ?? [])) {
        client.send(piece);
        await new Promise(setImmediate);
      }
      await sleep(delay);
      if (resets) client.reset();
      else client.end();
      await until(() => standIn.closedConnections.length === 1);
      await until(() => under.origin.peers.every(({ socket }) => socket.destroyed));
      const told = toldOf(under, standIn);
      expect(new Set(told).size).toBe(told.length);
      expect(under.faults).toEqual([]);
    } finally {
      await under.close();
    }
  });
  await fc.assert(property, { numRuns: 60, endOnFailure: true });
});
