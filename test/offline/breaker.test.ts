import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { BreakerOptions } from '../../src/offline/breaker.js';
import { Breaker } from '../../src/offline/breaker.js';

/**
 * So many failures in a row open it. Open, it probes from time to time, one probe after the other, until upstream is
 * there; paused, it does not call at all. Who opened it is told once, and that it closed once.
 */

const INTERVAL_MS = 30_000;

/** A breaker with a clock that the test turns, and probes that it answers. */
function watched(given: Partial<BreakerOptions> = {}) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const told: string[] = [];
  const probes: ((there: boolean) => void)[] = [];
  const breaker = new Breaker({
    failures: 1,
    probeIntervalMs: INTERVAL_MS,
    probe: () => new Promise((resolve) => probes.push(resolve)),
    onOpen: (why) => told.push(why),
    onClosed: () => told.push('closed'),
    ...given,
  });
  return {
    breaker,
    told,
    probes,
    /** Lets an interval pass. */
    wait: (intervals = 1) => vi.advanceTimersByTimeAsync(intervals * INTERVAL_MS),
    /** Answers the latest probe. */
    answer: async (there: boolean) => {
      probes.at(-1)?.(there);
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

describe('opens', () => {
  test.each([1, 2, 5])('after %i failures in a row', (failures) => {
    const { breaker, told } = watched({ failures });
    for (let count = 1; count < failures; count++) breaker.failed(`failure ${count}`);
    expect([breaker.isOpen, told]).toEqual([false, []]);
    breaker.failed('the last one');
    expect([breaker.isOpen, told]).toEqual([true, ['the last one']]);
    // Requests that were under way fail too.
    breaker.failed('one more');
    expect(told).toEqual(['the last one']);
  });

  test('not while it works in between', () => {
    const { breaker, told } = watched({ failures: 2 });
    for (let count = 0; count < 5; count++) {
      breaker.failed('once');
      breaker.worked();
    }
    expect([breaker.isOpen, told]).toEqual([false, []]);
  });

  test('again, after so many failures as the first time', async () => {
    const { breaker, told, wait, answer } = watched({ failures: 2 });
    breaker.failed('a');
    breaker.failed('b');
    await wait();
    await answer(true);
    breaker.failed('c');
    expect(breaker.isOpen).toBe(false);
    breaker.failed('d');
    expect(breaker.isOpen).toBe(true);
    expect(told).toEqual(['b', 'closed', 'd']);
  });
});

describe('open, it probes', () => {
  test('after each interval, until upstream is there', async () => {
    const { breaker, told, probes, wait, answer } = watched();
    await wait(3);
    expect(probes).toHaveLength(0);
    breaker.failed('gone');
    await wait(0.9);
    expect(probes).toHaveLength(0);
    await wait(0.1);
    expect(probes).toHaveLength(1);
    await answer(false);
    expect(breaker.isOpen).toBe(true);
    await wait();
    await answer(true);
    expect([probes.length, breaker.isOpen]).toEqual([2, false]);
    await wait(3);
    expect(probes).toHaveLength(2);
    expect(told).toEqual(['gone', 'closed']);
  });

  test('one after the other, however long one takes', async () => {
    const { breaker, probes, wait, answer } = watched();
    breaker.failed('gone');
    await wait(10);
    breaker.failed('still gone');
    await wait(10);
    expect(probes).toHaveLength(1);
    await answer(false);
    await wait();
    expect(probes).toHaveLength(2);
  });

  test('no more when a client was served meanwhile', async () => {
    const { breaker, told, probes, wait } = watched();
    breaker.failed('gone');
    breaker.worked();
    expect([breaker.isOpen, told]).toEqual([false, ['gone', 'closed']]);
    await wait(3);
    expect(probes).toHaveLength(0);
  });

  test.each([true, false])('what comes of a probe too late (%s) changes nothing', async (there) => {
    const { breaker, told, probes, wait, answer } = watched();
    breaker.failed('gone');
    await wait();
    breaker.worked();
    await answer(there);
    await wait(5);
    expect([told, probes.length]).toEqual([['gone', 'closed'], 1]);
  });

  test('and does not keep the process alive', () => {
    const { breaker } = watched();
    vi.useRealTimers();
    const before = process.getActiveResourcesInfo().length;
    breaker.failed('gone');
    expect(process.getActiveResourcesInfo().length).toBe(before);
    breaker.worked();
  });
});

describe('paused', () => {
  test('it makes no probe; resumed, it goes on', async () => {
    const { breaker, probes, wait } = watched();
    breaker.failed('gone');
    breaker.pause();
    await wait(5);
    expect([breaker.isOpen, probes.length]).toEqual([true, 0]);
    breaker.resume();
    await wait();
    expect(probes).toHaveLength(1);
  });

  test('it opens, and probes when it is resumed', async () => {
    const { breaker, told, probes, wait } = watched();
    breaker.pause();
    breaker.failed('gone');
    await wait(5);
    expect([told, probes.length]).toEqual([['gone'], 0]);
    breaker.resume();
    await wait();
    expect(probes).toHaveLength(1);
  });

  test('it closes when a client was served', () => {
    const { breaker, told } = watched();
    breaker.failed('gone');
    breaker.pause();
    breaker.worked();
    expect([breaker.isOpen, told]).toEqual([false, ['gone', 'closed']]);
  });

  test('it does not go by a probe that was under way', async () => {
    const { breaker, probes, wait, answer } = watched();
    breaker.failed('gone');
    await wait();
    breaker.pause();
    await answer(true);
    await wait(5);
    expect([breaker.isOpen, probes.length]).toEqual([true, 1]);
  });

  test('and resumed while a probe is under way, it makes no second one beside it, nor one after the next pause', async () => {
    const { breaker, probes, wait, answer } = watched();
    breaker.failed('gone');
    await wait();
    breaker.pause();
    breaker.resume();
    await wait(5);
    expect(probes).toHaveLength(1);
    await answer(false);
    await wait();
    expect(probes).toHaveLength(2);
    await answer(false);
    breaker.pause();
    await wait(5);
    expect(probes).toHaveLength(2);
  });

  test('a breaker that is not open has nothing to resume', async () => {
    const { breaker, probes, wait } = watched();
    breaker.pause();
    breaker.resume();
    await wait(5);
    expect([breaker.isOpen, probes.length]).toEqual([false, 0]);
  });
});
