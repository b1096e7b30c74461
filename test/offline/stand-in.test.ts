import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Mode } from '../../src/config/choices.js';
import type { Failure } from '../../src/wire/stand-in.js';
import { message, requestHead } from '../vendors/withings/exchanges.js';
import {
  askedOf,
  captured,
  Deciding,
  everyFailure,
  failed,
  portal,
  reply,
  s5,
  unavailable,
} from './deciding.js';

/**
 * Who answers a request, by the mode and by what has failed:
 *
 *     live      upstream; what fails there, the client is told
 *     auto      upstream; we, when it fails in a way that counts, and while its breaker is open
 *     offline   we, and upstream is not called; what we cannot answer is refused
 *
 * Only POSTs to a host and path that a vendor is sure of are answered by us.
 */

const { challenge, open, measure, close } = captured;

const get = { request: message('GET /cgi-bin/once HTTP/1.1\r\nHost: scalews.withings.net\r\n\r\n', '') };
const strange = { request: message(requestHead('/cgi-bin/dream', 'Content-Length: 1\r\n'), 'x') };
const foreign = { host: 'example.org', address: null, port: 80 };

/** Has the breaker's clock turned by the test. */
function fakeTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

describe('mode live', () => {
  test('upstream answers; a look is taken at the replies to session only', async () => {
    const room = new Deciding({ mode: 'live' });
    const told = [];
    for (const each of [challenge, open, measure, close]) told.push(await room.live(each));
    expect(told).toEqual(['relayed', 'passed', 'relayed', 'passed']);
  });

  test('what is wrong with upstream the client sees, and no breaker opens', async () => {
    const room = new Deciding({ mode: 'live', failOn: new Set([...everyFailure, 'status']) });
    const review = room.standIn.review(askedOf(open.request), 'review', open.request, unavailable);
    expect(review).toEqual({ failed: null, verdict: { kind: 'pass' } });
    expect(await room.failing(open)).toBe('refused (upstream-timeout)');
    for (const answer of [portal, unavailable, reply('{"status":601}')]) {
      expect(await room.ask(open.request, answer)).toEqual({ how: 'passed', response: answer });
      expect(await room.ask(measure.request, answer)).toEqual({ how: 'relayed', response: answer });
    }
    room.standIn.mode = 'auto';
    expect(await room.live(challenge)).toBe('passed');
  });
});

describe('mode offline', () => {
  test('we answer everything that a scale says, and upstream is not called', async () => {
    const room = new Deciding({ mode: 'offline' });
    expect(room.standIn.mayCall).toBe(false);
    expect(await room.failing(challenge)).toBe('ours (offline)');
    for (const each of [open, measure]) expect(await room.failing(each)).toBe('ours (own-session)');
    expect(await room.failing(measure, { connection: 'c2' })).toBe('ours (offline)');
    expect(room.probes).toEqual([]);
  });

  test.each([
    ['a GET', get, {}],
    ['a path that no scale is known to use', strange, {}],
    ['a host that is no vendor’s', challenge, { upstream: foreign }],
  ])('%s is refused', async (_what, each, where) => {
    const room = new Deciding({ mode: 'offline' });
    expect(await room.failing(each, where)).toBe('refused (offline)');
    const plan = room.standIn.planWhole(askedOf(each.request, where), each.request);
    expect(plan).toMatchObject({ reason: 'offline', message: expect.stringContaining('not called') });
  });
});

describe('mode auto', () => {
  test('upstream answers, and a look is taken at every reply', async () => {
    const room = new Deciding();
    for (const each of [challenge, open, measure, close]) expect(await room.live(each)).toBe('passed');
  });

  test.each([
    ['a GET', get, {}],
    ['a path that no scale is known to use', strange, {}],
    ['a host that is no vendor’s', challenge, { upstream: foreign }],
  ])('%s is relayed, whatever has failed', async (_what, each, where) => {
    const room = new Deciding();
    await room.failing(challenge);
    room.standIn.closed('c1');
    expect(await room.ask(each.request, portal, where)).toMatchObject({ how: 'relayed' });
    expect(await room.failing(each, where)).toBe('refused (upstream-timeout)');
  });

  test('a query does not change whose path it is', async () => {
    const room = new Deciding();
    const head = Buffer.from(challenge.request.head).toString('latin1');
    const queried = message(head.replace('/cgi-bin/once', '/cgi-bin/once?v=1'), 'action=get');
    expect(await room.failing({ request: queried })).toBe('ours (upstream-timeout)');
  });
});

describe('counts as a failure when it is named so, and passes or is refused when it is not:', () => {
  const failing = (kind: Failure) => new Deciding({ failOn: new Set([kind]) });
  const forgiving = (kind: Failure) => {
    const others = new Set<Failure>([...everyFailure, 'status']);
    others.delete(kind);
    return new Deciding({ failOn: others });
  };

  test.each([
    ['lookup', 'lookup-failed'],
    ['connect', 'connect-timeout'],
    ['lost', 'upstream-left'],
    ['timeout', 'upstream-timeout'],
  ] as const)('%s', async (kind, reason) => {
    const { request } = measure;
    expect(await failing(kind).ask(request, failed(kind))).toMatchObject({ how: `ours (${reason})` });
    const room = forgiving(kind);
    expect(await room.ask(request, failed(kind))).toMatchObject({ how: `refused (${reason})` });
    // Nor does the breaker take it for one.
    expect(await room.live(challenge)).toBe('passed');
  });

  test.each([
    ['server-error', unavailable],
    ['not-protocol', portal],
    ['not-protocol', reply('{"status":"0"}')],
    ['not-protocol', { ...reply('{"status":0}'), complete: false }],
  ] as const)('%s', async (kind, answer) => {
    const { request } = measure;
    expect(await failing(kind).ask(request, answer)).toMatchObject({ how: `ours (${kind})` });
    const room = forgiving(kind);
    expect(await room.ask(request, answer)).toEqual({ how: 'passed', response: answer });
    expect(await room.live(challenge)).toBe('passed');
  });

  test('an answer without an end, to whatever request', async () => {
    const weather = message(requestHead('/cgi-bin/v2/weather', 'Content-Length: 1\r\n'), 'x');
    const answer = { ...reply('{"status":0}'), complete: false };
    const told = await failing('not-protocol').ask(weather, answer);
    expect(told).toMatchObject({ how: 'ours (not-protocol)' });
  });

  test('status, for session new and nothing else; and it does not open the breaker', async () => {
    const answer = reply('{"status":601}');
    const room = failing('status');
    expect(await room.ask(challenge.request, answer)).toMatchObject({ how: 'passed' });
    expect(await room.ask(measure.request, answer)).toMatchObject({ how: 'passed' });
    expect(await room.ask(close.request, answer)).toMatchObject({ how: 'passed' });
    const told = await room.ask(open.request, answer);
    expect(told).toMatchObject({ how: 'ours (bad-status)' });
    expect(Buffer.from(told.response?.body ?? []).toString()).toContain('"sessionid":"');
    // The rest of this visit is ours, and others are as before.
    expect(await room.live(measure)).toBe('ours (own-session)');
    expect(await room.live(open, { connection: 'c2' })).toBe('passed');
    expect(room.logged.filter((line) => !line.startsWith('debug'))).toEqual([
      expect.stringMatching(/^info 00:24:e4:00:00:01 has a session with scaletap/),
    ]);
    expect(await forgiving('status').ask(open.request, answer)).toEqual({ how: 'passed', response: answer });
  });
});

describe('the breaker', () => {
  test('keeps clients from an upstream that has failed, until it is back', async () => {
    fakeTimers();
    const room = new Deciding({ breakerFailures: 2, probeIntervalMs: 1_000 });
    room.isThere = false;
    expect(await room.failing(measure)).toBe('ours (upstream-timeout)');
    expect(await room.failing(measure)).toBe('ours (upstream-timeout)');
    expect(await room.live(measure)).toBe('ours (upstream-down)');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await room.live(measure)).toBe('ours (upstream-down)');
    room.isThere = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await room.live(measure)).toBe('passed');
    expect(room.probes).toEqual(['scalews.withings.net', 'scalews.withings.net']);
    expect(room.logged.filter((line) => !line.startsWith('debug'))).toEqual([
      expect.stringMatching(
        /^warn scalews\.withings\.net failed .* scales are answered from what was learnt$/,
      ),
      'info scalews.withings.net answers again',
    ]);
  });

  test('counts failures in a row: a good answer begins anew', async () => {
    const room = new Deciding({ breakerFailures: 2 });
    for (let count = 0; count < 3; count++) {
      await room.failing(measure);
      expect(await room.live(measure)).toBe('passed');
    }
  });

  test('is one for each host', async () => {
    const room = new Deciding();
    await room.failing(measure);
    expect(await room.live(measure)).toBe('ours (upstream-down)');
    expect(await room.live(measure, { upstream: s5 })).toBe('passed');
    const patient = new Deciding({ breakerFailures: 2 });
    await patient.failing(measure);
    await patient.failing(measure, { upstream: s5 });
    expect(await patient.live(measure)).toBe('passed');
  });

  test('makes no probes any more when the stand-in is closed', async () => {
    fakeTimers();
    const room = new Deciding({ probeIntervalMs: 1_000 });
    await room.failing(measure);
    room.standIn.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(room.probes).toEqual([]);
  });
});

describe('a switch of the mode', () => {
  const plan = (room: Deciding) => room.standIn.plan(askedOf(measure.request));

  test('is for every request from then on, and is said when it is one', () => {
    const room = new Deciding();
    const seen = (['live', 'offline', 'offline', 'auto'] as Mode[]).map((mode) => {
      room.standIn.mode = mode;
      return [room.standIn.mode, room.standIn.mayCall, plan(room)];
    });
    expect(seen).toEqual([
      ['live', true, 'relay'],
      ['offline', false, { answer: 'offline' }],
      ['offline', false, { answer: 'offline' }],
      ['auto', true, 'try'],
    ]);
    expect(room.logged).toEqual([
      'info mode live instead of auto',
      'info mode offline instead of live',
      'info mode auto instead of offline',
    ]);
  });

  test('to live: the breaker lets all through and rests; back in auto it is as it was', async () => {
    fakeTimers();
    const room = new Deciding({ probeIntervalMs: 1_000 });
    room.isThere = false;
    await room.failing(measure);
    for (const mode of ['live', 'offline'] as const) {
      room.standIn.mode = mode;
      await vi.advanceTimersByTimeAsync(5_000);
      expect(room.probes).toEqual([]);
    }
    room.standIn.mode = 'live';
    expect(plan(room)).toBe('relay');
    room.standIn.mode = 'auto';
    expect(plan(room)).toEqual({ answer: 'upstream-down' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(room.probes).toEqual(['scalews.withings.net']);
  });

  test('to live, a session reply that is good closes the breaker', async () => {
    const room = new Deciding();
    await room.failing(measure);
    room.standIn.mode = 'live';
    expect(await room.live(open)).toBe('passed');
    room.standIn.mode = 'auto';
    expect(plan(room)).toBe('try');
  });

  test('while a request is tried: in live its failure is the client’s, in offline it is answered by us', () => {
    const room = new Deciding({ failOn: new Set() });
    const asked = askedOf(measure.request);
    expect(room.standIn.standsInFor(asked, failed('lost'))).toBe(false);
    room.standIn.mode = 'offline';
    expect(room.standIn.standsInFor(asked, failed('lost'))).toBe(true);
    const eager = new Deciding();
    expect(eager.standIn.standsInFor(asked, failed('lost'))).toBe(true);
    eager.standIn.mode = 'live';
    expect(eager.standIn.standsInFor(asked, failed('lost'))).toBe(false);
  });

  test('to offline between head and body: upstream is not called', () => {
    const room = new Deciding();
    room.owing.add('withings 00:24:e4:00:00:01');
    const asked = askedOf(measure.request);
    expect(room.standIn.plan(asked)).toBe('undecided');
    room.standIn.mode = 'offline';
    expect(room.standIn.planWhole(asked, measure.request)).toEqual({ answer: 'offline' });
  });
});

test('the time-outs of upstream are those of the settings', () => {
  const { standIn } = new Deciding({ firstByteTimeoutMs: 123, answerTimeoutMs: 456 });
  expect([standIn.firstByteTimeoutMs, standIn.answerTimeoutMs]).toEqual([123, 456]);
});
