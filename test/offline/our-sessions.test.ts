import { describe, expect, test } from 'vitest';
import { LiveSessions, OurSessions } from '../../src/offline/our-sessions.js';

/**
 * A visit that we began is known by its connection until it ends, by the client's address from the challenge to the
 * session, and by its session id for an hour. What is remembered is bounded, and the oldest goes first.
 */

const address = '192.0.2.9';
const SECOND = 1_000;
const HOUR = 3_600_000;
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('a visit of ours', () => {
  test('is known by its connection, from the challenge to the end', () => {
    const ours = new OurSessions();
    expect(ours.hasConnection('c1')).toBe(false);
    ours.challenged('c1', address, 0);
    expect(ours.hasConnection('c1')).toBe(true);
    expect(ours.hasConnection('c2')).toBe(false);
    ours.ended('c1');
    expect(ours.hasConnection('c1')).toBe(false);
  });

  test('is known by the address between challenge and session, for a minute', () => {
    const ours = new OurSessions();
    ours.challenged('c1', address, 5_000);
    ours.ended('c1');
    expect(ours.hasChallenged(address, 5_000)).toBe(true);
    expect(ours.hasChallenged('192.0.2.8', 5_000)).toBe(false);
    expect(ours.hasChallenged(address, 5_000 + 60 * SECOND - 1)).toBe(true);
    expect(ours.hasChallenged(address, 5_000 + 60 * SECOND)).toBe(false);
  });

  test('a second challenge begins the minute anew', () => {
    const ours = new OurSessions();
    ours.challenged('c1', address, 0);
    ours.challenged('c2', address, 40 * SECOND);
    expect(ours.hasChallenged(address, 99 * SECOND)).toBe(true);
  });

  test('that upstream has challenged since is not ours', () => {
    const ours = new OurSessions();
    ours.challenged('c1', address, 0);
    ours.challenged('c2', '192.0.2.8', 0);
    ours.challengedLive(address);
    expect(ours.hasChallenged(address, 1)).toBe(false);
    expect(ours.hasChallenged('192.0.2.8', 1)).toBe(true);
  });

  test('once the session is open, the address says nothing any more', () => {
    const ours = new OurSessions();
    ours.challenged('c1', address, 0);
    ours.opened('c1', address, 'id', 1);
    expect(ours.hasChallenged(address, 2)).toBe(false);
    expect(ours.hasConnection('c1')).toBe(true);
  });

  test('a session that was opened without a challenge of ours is ours as well', () => {
    const ours = new OurSessions();
    ours.opened('c1', address, 'id', 0);
    expect([ours.hasConnection('c1'), ours.hasSession('id', 0)]).toEqual([true, true]);
  });

  test('a session id is known for an hour, after the end too', () => {
    const ours = new OurSessions();
    ours.opened('c1', address, 'id', 0);
    ours.ended('c1');
    expect(ours.hasSession('id', HOUR - 1)).toBe(true);
    expect(ours.hasSession('id', HOUR)).toBe(false);
    expect(ours.hasSession('other', 0)).toBe(false);
  });
});

describe('whether any request may be of a visit of ours', () => {
  test('is so for a minute after a challenge, and for an hour after a session', () => {
    const ours = new OurSessions();
    expect(ours.any(0)).toBe(false);
    ours.challenged('c1', address, 0);
    expect(ours.any(60 * SECOND - 1)).toBe(true);
    expect(ours.any(60 * SECOND)).toBe(false);
    ours.opened('c1', address, 'id', 70 * SECOND);
    ours.opened('c1', address, 'id2', 80 * SECOND);
    expect(ours.any(80 * SECOND + HOUR - 1)).toBe(true);
    expect(ours.any(80 * SECOND + HOUR)).toBe(false);
    expect(ours.any(80 * SECOND + HOUR)).toBe(false);
  });
});

describe('what is remembered is bounded', () => {
  test('of session ids the newest 1024 are kept', () => {
    const ours = new OurSessions();
    for (const index of range(0, 1_030)) ours.opened('c1', address, `id ${index}`, index);
    const known = range(0, 1_030).filter((index) => ours.hasSession(`id ${index}`, 1_030));
    expect(known).toEqual(range(6, 1_030));
  });

  test('of addresses too, and one that comes again is new again', () => {
    const ours = new OurSessions();
    for (const index of range(0, 1_024)) ours.challenged('c1', `a ${index}`, index);
    ours.challenged('c1', 'a 0', 1_024);
    ours.challenged('c1', 'a 1024', 1_025);
    const gone = range(0, 1_025).filter((index) => !ours.hasChallenged(`a ${index}`, 1_025));
    expect(gone).toEqual([1]);
  });
});

describe('sessions that upstream has opened', () => {
  test('are known with their device, for an hour', () => {
    const live = new LiveSessions();
    live.opened('id', '00:24:e4:00:00:01', 0);
    live.opened('id2', '00:24:e4:00:00:02', 0);
    expect(live.device('id', HOUR - 1)).toBe('00:24:e4:00:00:01');
    expect(live.device('id2', 0)).toBe('00:24:e4:00:00:02');
    expect(live.device('id', HOUR)).toBeUndefined();
    expect(live.device('id3', 0)).toBeUndefined();
  });

  test('an id that upstream gives again belongs to the one that got it last', () => {
    const live = new LiveSessions();
    live.opened('id', '00:24:e4:00:00:01', 0);
    live.opened('id', '00:24:e4:00:00:02', 1);
    expect(live.device('id', 2)).toBe('00:24:e4:00:00:02');
  });
});
