import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Mode } from '../../src/config/choices.js';
import type { RawMessage } from '../../src/model/exchange.js';
import type { Where } from './deciding.js';
import { askedOf, captured, Deciding, inSession, reply, scale, scalews, sessionOf } from './deciding.js';

/**
 * A visit that we began is ours to the end, since upstream knows neither its challenge nor its session: on its
 * connection; from challenge to session by the client's address; and by the session id on any connection.
 * A visit that upstream began stays upstream's, and before it ends the cloud gets what it is owed.
 */

const { challenge, open, measure, close } = captured;
const liveId = sessionOf(open.response);

/** Has the clock that sessions are remembered by turned by the test. */
function fakeClock(): void {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
}

/** A visit that we have begun because upstream failed, and whose session is open. Upstream is back since. */
async function begun(where: Where = {}, room = new Deciding({ breakerFailures: 9 })) {
  expect(await room.failing(challenge, where)).toBe('ours (upstream-timeout)');
  const { how, response } = await room.ask(open.request, open.response ?? reply(''), where);
  expect(how).toBe('ours (own-session)');
  const id = sessionOf(response);
  return { room, id, report: { request: inSession(id, measure) }, end: { request: inSession(id, close) } };
}

const ok = reply('{"status":0}');
const answeredLive = (request: RawMessage) => ({ ...measure, request, response: ok });

describe('on its connection', () => {
  test('everything is ours from the challenge to the end; then all is as before', async () => {
    const { room, report, end } = await begun();
    expect(await room.live(answeredLive(report.request))).toBe('ours (own-session)');
    expect(await room.live(answeredLive(report.request))).toBe('ours (own-session)');
    expect(await room.live(answeredLive(end.request))).toBe('ours (own-session)');
    expect(await room.live(challenge)).toBe('passed');
    expect(await room.live(open)).toBe('passed');
  });

  test.each(['live', 'auto'] as Mode[])('also after a switch to %s', async (mode) => {
    const { room, report } = await begun({}, new Deciding({ mode: 'auto', breakerFailures: 9 }));
    room.standIn.mode = 'offline';
    room.standIn.mode = mode;
    expect(await room.live(answeredLive(report.request))).toBe('ours (own-session)');
  });

  test('a session that upstream did not open is ours although it gave the challenge', async () => {
    const room = new Deciding({ breakerFailures: 9 });
    await room.live(challenge);
    const { how } = await room.ask(open.request, { ...ok, body: Buffer.from('<html>') });
    expect(how).toBe('ours (not-protocol)');
    expect(await room.live(measure)).toBe('ours (own-session)');
  });

  test('what another client says meanwhile goes to upstream', async () => {
    const { room } = await begun();
    const other = { connection: 'c2', client: '192.0.2.8:4711' };
    for (const each of [challenge, open, measure, close]) expect(await room.live(each, other)).toBe('passed');
  });

  test('what no scale says goes there too', async () => {
    const { room } = await begun();
    const get = Buffer.from(challenge.request.head).toString('latin1').replace('POST', 'GET');
    expect(room.standIn.plan(askedOf({ ...challenge.request, head: Buffer.from(get) }))).toBe('relay');
  });

  test('when it closes, the visit on it is over', async () => {
    const { room } = await begun();
    room.standIn.closed('c1');
    expect(await room.live(measure)).toBe('passed');
  });

  test('a client that leaves before it has its challenge has no visit', async () => {
    const room = new Deciding({ breakerFailures: 9 });
    let answer: (response: RawMessage) => void = () => undefined;
    room.answering = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const told = room.failing(challenge);
    room.standIn.closed('c1');
    answer(ok);
    await told;
    room.answering = null;
    // Connections do not come back; what is kept of them would be kept for ever.
    expect(await room.live(measure)).toBe('passed');
    expect(await room.live(open, { connection: 'c2' })).toBe('passed');
  });

  test('what we had no answer to does not make a visit ours', async () => {
    const room = new Deciding({ breakerFailures: 9 });
    room.answering = async () => null;
    expect(await room.failing(challenge)).toBe('refused (offline)');
    expect(await room.live(measure)).toBe('passed');
  });

  test('a session that we refuse to open leaves the rest of the connection ours, but no session', async () => {
    const room = new Deciding({ breakerFailures: 9 });
    await room.failing(challenge);
    room.answering = async () => reply('{"status":100}');
    expect(await room.live(open)).toBe('ours (own-session)');
    expect(await room.live(measure)).toBe('ours (own-session)');
    room.standIn.closed('c1');
    expect(await room.live(measure, { connection: 'c2' })).toBe('passed');
  });
});

describe('by the client’s address, from challenge to session', () => {
  const again = { connection: 'c2', client: '192.0.2.9:4712' };
  const other = { connection: 'c3', client: '192.0.2.8:4711' };

  test('a session that it opens on another connection is ours, that of somebody else is not', async () => {
    const room = new Deciding({ breakerFailures: 9 });
    await room.failing(challenge);
    room.standIn.closed('c1');
    expect(await room.live(open, other)).toBe('passed');
    expect(await room.live(open, again)).toBe('ours (own-session)');
    expect(await room.live(measure, again)).toBe('ours (own-session)');
    room.standIn.closed('c2');
    // Its next visit begins with a challenge of upstream's.
    expect(await room.live(open, { ...again, connection: 'c4' })).toBe('passed');
  });

  test('an address of IPv6 is told from its port', async () => {
    const room = new Deciding({ breakerFailures: 9 });
    await room.failing(challenge, { client: '[2001:db8::1]:4711' });
    room.standIn.closed('c1');
    const stranger = { connection: 'c2', client: '[2001:db8::2]:4711' };
    expect(await room.live(open, stranger)).toBe('passed');
    const same = { connection: 'c3', client: '[2001:db8::1]:5000' };
    expect(await room.live(open, same)).toBe('ours (own-session)');
  });

  test('only a session is: what has no id of ours goes to upstream', async () => {
    const room = new Deciding({ breakerFailures: 9 });
    await room.failing(challenge);
    expect(await room.live(measure, again)).toBe('passed');
    expect(await room.live(close, again)).toBe('passed');
    expect(await room.live(open, again)).toBe('ours (own-session)');
  });

  test('for a minute', async () => {
    fakeClock();
    const room = new Deciding({ breakerFailures: 9 });
    await room.failing(challenge);
    room.standIn.closed('c1');
    vi.advanceTimersByTime(60_000);
    expect(await room.live(open, again)).toBe('passed');
  });

  test('not when upstream has challenged it since', async () => {
    const room = new Deciding({ breakerFailures: 9 });
    await room.failing(challenge);
    room.standIn.closed('c1');
    expect(await room.live(challenge, other)).toBe('passed');
    expect(await room.live(challenge, again)).toBe('passed');
    expect(await room.live(open, again)).toBe('passed');
  });
});

describe('by the session id, on any connection', () => {
  const elsewhere = { connection: 'c2', client: '192.0.2.8:4711' };

  test.each(['auto', 'live'] as Mode[])('in mode %s, also after its end', async (mode) => {
    const { room, report, end } = await begun();
    room.standIn.closed('c1');
    room.standIn.mode = mode;
    expect(await room.live(answeredLive(report.request), elsewhere)).toBe('ours (own-session)');
    expect(await room.live(answeredLive(end.request), elsewhere)).toBe('ours (own-session)');
    // It did not get the answer, and says it again.
    expect(await room.live(answeredLive(end.request), elsewhere)).toBe('ours (own-session)');
  });

  test('another id is upstream’s', async () => {
    const { room } = await begun();
    expect(await room.live(measure, elsewhere)).toBe('passed');
  });

  test('for an hour', async () => {
    fakeClock();
    const { room, report } = await begun();
    vi.advanceTimersByTime(3_600_000 - 1);
    expect(await room.live(answeredLive(report.request), elsewhere)).toBe('ours (own-session)');
    vi.advanceTimersByTime(1);
    expect(await room.live(answeredLive(report.request), elsewhere)).toBe('passed');
  });

  test('those of a run before this one too', async () => {
    const room = new Deciding();
    room.standIn.recall(['8-5-ab', '9-5-cd']);
    expect(await room.live(answeredLive(inSession('9-5-cd', measure)))).toBe('ours (own-session)');
    expect(await room.live(measure)).toBe('passed');
  });

  test('a request without a body that is all there is nobody’s', async () => {
    const { room, report } = await begun();
    const cut = { ...report.request, body: new Uint8Array(0), complete: false };
    expect(room.standIn.planWhole(askedOf(cut, elsewhere), cut)).toBe('try');
  });
});

describe('a visit that upstream began', () => {
  test('goes on offline when upstream fails in the middle, and goes back when it is there again', async () => {
    const room = new Deciding({ breakerFailures: 9 });
    await room.live(challenge);
    await room.live(open);
    expect(await room.failing(measure)).toBe('ours (upstream-timeout)');
    expect(await room.live(measure)).toBe('passed');
  });

  test('is not asked for while the breaker is open', async () => {
    const room = new Deciding();
    await room.live(challenge);
    await room.live(open);
    await room.failing(measure);
    expect(await room.live(measure)).toBe('ours (upstream-down)');
    expect(await room.live(close)).toBe('ours (upstream-down)');
  });
});

describe('what the cloud is owed of a device', () => {
  const owe = (room: Deciding, device = scale) => room.owing.add(`withings ${device}`);
  const visit = { device: scale, session: liveId, upstream: scalews };

  test.each(['auto', 'live'] as Mode[])('is sent before its session ends, in mode %s', async (mode) => {
    const room = new Deciding({ mode });
    await room.live(challenge);
    await room.live(open);
    owe(room);
    let done: () => void = () => undefined;
    room.delivering = () =>
      new Promise((resolve) => {
        done = resolve;
      });
    const events: string[] = [];
    const ended = room.live(close, { connection: 'c2' }).then((how) => events.push(how));
    await sleep(20);
    expect(room.visits).toMatchObject([visit]);
    events.push('delivered');
    done();
    await ended;
    expect(events).toEqual(['delivered', 'passed']);
  });

  test('nothing else is held for it', async () => {
    const room = new Deciding();
    owe(room);
    const report = { ...measure, request: inSession(liveId, measure) };
    for (const each of [challenge, open, report]) expect(await room.live(each)).toBe('passed');
    expect(room.visits).toEqual([]);
  });

  test('is of that device only, and of a session that upstream has opened', async () => {
    const room = new Deciding();
    owe(room);
    expect(await room.live(close)).toBe('passed');
    expect(room.visits).toEqual([]);
    await room.live(open);
    room.owing.clear();
    owe(room, '00:24:e4:00:00:02');
    expect(await room.live(close)).toBe('passed');
    expect(room.visits).toEqual([]);
  });

  test('is not sent in a session of ours, nor when upstream is not to be called', async () => {
    const { room, end } = await begun();
    owe(room);
    expect(await room.live(answeredLive(end.request), { connection: 'c2' })).toBe('ours (own-session)');
    const other = { connection: 'c3', client: '192.0.2.8:1' };
    await room.live(open, other);
    room.standIn.mode = 'offline';
    expect(await room.live(close, other)).toBe('ours (offline)');
    const broken = new Deciding();
    await broken.live(open);
    owe(broken);
    await broken.failing(measure);
    expect(await broken.live(close)).toBe('ours (upstream-down)');
    expect([...room.visits, ...broken.visits]).toEqual([]);
  });

  test('a mode that is switched meanwhile decides about the end of the session', async () => {
    const room = new Deciding();
    await room.live(open);
    owe(room);
    room.delivering = async () => {
      room.standIn.mode = 'offline';
    };
    expect(await room.live(close)).toBe('ours (offline)');
    expect(room.visits).toHaveLength(1);
  });

  test('is not sent in a session that is an hour old', async () => {
    fakeClock();
    const room = new Deciding();
    await room.live(open);
    owe(room);
    vi.advanceTimersByTime(3_600_000);
    expect(await room.live(close)).toBe('passed');
    expect(room.visits).toEqual([]);
  });
});
