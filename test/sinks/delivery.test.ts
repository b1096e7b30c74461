import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DeliveryLoop, type DeliveryOptions, type DeliveryStatus } from '../../src/sinks/delivery.js';
import type { Outcome, RetryCause } from '../../src/sinks/sink.js';
import { MemoryPlace, weights } from './memory-place.js';
import { delivered, refused, ScriptedSink, unreachable } from './scripted-sink.js';

// What the loop promises: readings go out in order and in batches; the place moves only after a batch is there;
// trouble is waited out, longer each time, and told once; nothing that sink or store do stops it or throws.

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new Promise<Outcome>(() => {});

function start(sink: ScriptedSink, place: MemoryPlace, options: DeliveryOptions = {}) {
  const changes: DeliveryStatus[] = [];
  const loop = new DeliveryLoop(sink, place, {
    random: () => 0.5,
    onChange: (status) => changes.push(status),
    ...options,
  });
  loop.wake();
  return { loop, changes };
}

/** Lets everything happen that is due within `ms`. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Runs with a sink that always fails, and gives the pauses between its first `count` tries in milliseconds. */
async function pauses(outcome: Outcome, count: number, random: () => number): Promise<number[]> {
  const times: number[] = [];
  const sink = new ScriptedSink(() => {
    times.push(Date.now());
    return outcome;
  });
  const { loop } = start(sink, new MemoryPlace(weights(1)), { random });
  while (times.length < count) await vi.advanceTimersToNextTimerAsync();
  await loop.close();
  return times.slice(1).map((time, i) => time - (times[i] ?? 0));
}

describe('good weather', () => {
  test('delivers everything in order, in batches, and moves the place only afterwards', async () => {
    const place = new MemoryPlace(weights(25));
    const places: number[] = [];
    const sink = new ScriptedSink(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      places.push(place.place);
      return delivered;
    });
    const { loop, changes } = start(sink, place);
    await pass(100);
    expect(sink.calls.map(({ values }) => values.length)).toEqual([10, 10, 5]);
    expect(sink.deliveredValues()).toEqual(weights(25).map(({ value }) => value));
    expect(places).toEqual([0, 30, 60]);
    expect(loop.status()).toEqual({ name: 'scripted', state: 'idle', deliveredCount: 25, backlog: 0 });
    expect(changes).toEqual([]);
  });

  test('sleeps until woken, and sees what was committed while it delivered', async () => {
    const [first, second, third] = weights(3);
    if (!first || !second || !third) throw new Error('three weights');
    const place = new MemoryPlace([first]);
    const sink = new ScriptedSink(async (_, call) => {
      if (call === 1) place.add([second]);
      return delivered;
    });
    const { loop } = start(sink, place);
    await pass(10);
    expect(sink.deliveredValues()).toEqual([1, 2]);
    place.add([third]);
    await pass(3_600_000);
    expect(sink.calls).toHaveLength(2);
    loop.wake();
    await pass(10);
    expect(sink.deliveredValues()).toEqual([1, 2, 3]);
  });

  test('readings that come one by one are delivered a few at a time, the first at once', async () => {
    const place = new MemoryPlace(weights(1));
    const sink = new ScriptedSink(() => delivered);
    const { loop } = start(sink, place, { restMs: 250 });
    for (let i = 0; i < 50; i++) {
      await pass(10);
      place.add(weights(1));
      loop.wake();
    }
    await pass(1_000);
    expect(sink.calls.map(({ values }) => values.length)).toEqual([1, 10, 10, 4, 10, 10, 5, 1]);
    expect(loop.status()).toMatchObject({ state: 'idle', backlog: 0 });
  });

  test('wake does nothing on the stack of its caller', () => {
    const place = new MemoryPlace(weights(1));
    const next = vi.spyOn(place, 'next');
    start(new ScriptedSink(), place);
    expect(next).not.toHaveBeenCalled();
  });
});

describe('back-off', () => {
  const retry = (cause: RetryCause, afterMs?: number): Outcome => ({
    kind: 'retry',
    cause,
    message: 'x',
    ...(afterMs !== undefined && { afterMs }),
  });

  test('the ceiling doubles from one second to five minutes, the jitter is full', async () => {
    const ceilings = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * 1000);
    for (const part of [0, 0.25, 1]) {
      const waits = await pauses(retry('unreachable'), 12, () => part);
      expect(waits).toEqual(ceilings.map((ms) => ms * part));
    }
  });

  test.each(['unauthorized', 'missing-target'] as const)('%s starts at one minute', async (cause) => {
    expect(await pauses(retry(cause), 6, () => 1)).toEqual([60, 120, 240, 300, 300].map((s) => s * 1000));
  });

  test('is not shorter than the server asks for, and not longer than an hour', async () => {
    expect(await pauses(retry('server-error', 90_000), 3, () => 0.5)).toEqual([90_000, 90_000]);
    expect(await pauses(retry('server-error', 1e15), 3, () => 0.5)).toEqual([3_600_000, 3_600_000]);
  });

  test('starts anew after a success', async () => {
    const times: number[] = [];
    const sink = new ScriptedSink((_, call) => {
      times.push(Date.now());
      return call === 4 ? delivered : unreachable;
    }, 1);
    start(sink, new MemoryPlace(weights(2)));
    await pass(4_000);
    const [, , , fourth = 0, fifth = 0, sixth = 0] = times;
    expect(fourth - 1_000_000).toBe(500 + 1000 + 2000);
    expect(fifth).toBe(fourth);
    expect(sixth - fifth).toBe(500);
  });

  test('a store that fails after each delivery is not asked without pause', async () => {
    const place = new MemoryPlace(weights(1));
    place.broken = 'advance';
    const sink = new ScriptedSink();
    start(sink, place, { random: () => 1 });
    await pass(1000 + 2000 + 4000 + 8000);
    expect(sink.calls).toHaveLength(5);
  });

  test('wake during a wait does not try sooner', async () => {
    const sink = new ScriptedSink(() => unreachable);
    const { loop } = start(sink, new MemoryPlace(weights(1)), { random: () => 1 });
    await pass(10);
    for (let i = 0; i < 90; i++) {
      loop.wake();
      await pass(10);
    }
    expect(sink.calls).toHaveLength(1);
    await pass(100);
    expect(sink.calls).toHaveLength(2);
  });
});

describe('status', () => {
  test('tells once that it went bad and once that it is well again', async () => {
    let up = false;
    const { loop, changes } = start(
      new ScriptedSink(() => (up ? delivered : unreachable)),
      new MemoryPlace(weights(12)),
    );
    await pass(60_000);
    const bad = { name: 'scripted', state: 'waiting', cause: 'unreachable', message: 'connect ECONNREFUSED' };
    expect(changes).toEqual([{ ...bad, deliveredCount: 0, backlog: 12, nextTryMs: 1_000_500 }]);
    expect(loop.status()).toMatchObject({ ...bad, nextTryMs: expect.any(Number) });
    up = true;
    await pass(60_000);
    expect(changes).toHaveLength(2);
    expect(changes[1]).toEqual({ name: 'scripted', state: 'delivering', deliveredCount: 10, backlog: 2 });
    expect(loop.status()).toEqual({ name: 'scripted', state: 'idle', deliveredCount: 12, backlog: 0 });
  });

  test('tells each cause once in a bad spell, and again in the next one', async () => {
    const causes = [
      'unreachable',
      'timeout',
      'unreachable',
      'unauthorized',
      'timeout',
      null,
      'unreachable',
    ] as const;
    const sink = new ScriptedSink((_, call) => {
      const cause = causes[call - 1];
      return cause ? { kind: 'retry', cause, message: cause } : delivered;
    }, 1);
    const { changes } = start(sink, new MemoryPlace(weights(3)));
    await pass(3_600_000);
    expect(changes.map(({ cause }) => cause)).toEqual([
      'unreachable',
      'timeout',
      'unauthorized',
      undefined,
      'unreachable',
      undefined,
    ]);
  });

  test('a listener that throws does not stop the delivery', async () => {
    const warnings: string[] = [];
    vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)));
    const sink = new ScriptedSink((_, call) => (call === 1 ? unreachable : delivered));
    start(sink, new MemoryPlace(weights(3)), {
      onChange: () => {
        throw new Error('broken listener');
      },
    });
    await pass(10_000);
    vi.mocked(process.emitWarning).mockRestore();
    expect(sink.deliveredValues()).toEqual([1, 2, 3]);
    expect(warnings.join()).toContain('broken listener');
  });
});

describe('faults', () => {
  test.each(['next', 'advance', 'refuse'] as const)(
    'a store whose %s throws is tried again',
    async (method) => {
      const place = new MemoryPlace(weights(3));
      place.broken = method;
      const sink = new ScriptedSink((values) =>
        values.includes(2) ? { kind: 'refused', message: 'bad point' } : delivered,
      );
      const { changes } = start(sink, place);
      await pass(20_000);
      expect(changes).toHaveLength(1);
      expect(changes[0]).toMatchObject({ cause: 'store-failed', message: 'database or disk is full' });
      place.broken = undefined;
      await pass(60_000);
      expect(place.refusedValues()).toEqual([2]);
      expect(new Set(sink.deliveredValues())).toEqual(new Set([1, 3]));
      expect(place.backlog()).toBe(0);
      expect(changes).toHaveLength(2);
    },
  );

  test('a backlog that cannot be counted is null', async () => {
    const place = new MemoryPlace(weights(1));
    place.broken = 'backlog';
    const { loop } = start(new ScriptedSink(), place);
    await pass(10);
    expect(loop.status()).toEqual({ name: 'scripted', state: 'idle', deliveredCount: 1, backlog: null });
  });

  test('a sink that rejects is tried again like a server error', async () => {
    const sink = new ScriptedSink((_, call) => {
      if (call < 3) throw new TypeError('a fault of ours');
      return delivered;
    });
    const { changes } = start(sink, new MemoryPlace(weights(2)));
    await pass(10_000);
    expect(changes[0]).toMatchObject({ cause: 'server-error', message: 'a fault of ours' });
    expect(sink.deliveredValues()).toEqual([1, 2]);
  });

  test('a sink that never answers is given up after the time-out, and its late answer means nothing', async () => {
    const place = new MemoryPlace(weights(1));
    let answerLate: (outcome: Outcome) => void = () => {};
    const late = new Promise<Outcome>((resolve) => {
      answerLate = resolve;
    });
    const sink = new ScriptedSink((_, call) => (call === 1 ? late : never));
    const { changes } = start(sink, place, { deliverTimeoutMs: 7_000 });
    await pass(7_100);
    expect(changes[0]).toMatchObject({ cause: 'timeout', message: 'no answer within 7 s' });
    answerLate(delivered);
    await pass(1_000);
    expect(place.place).toBe(0);
    expect(sink.calls).toHaveLength(2);
  });
});

describe('close', () => {
  test('leaves a batch that is under way to the next run', async () => {
    const place = new MemoryPlace(weights(1));
    let answer: (outcome: Outcome) => void = () => {};
    const sink = new ScriptedSink(() => new Promise((resolve) => (answer = resolve)));
    const { loop } = start(sink, place);
    await pass(10);
    const before = Date.now();
    await loop.close();
    expect(Date.now()).toBe(before);
    expect(sink.closed).toBe(true);
    const touched = [vi.spyOn(place, 'next'), vi.spyOn(place, 'advance')];
    answer(delivered);
    loop.wake();
    await pass(600_000);
    for (const spy of touched) expect(spy).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends a wait', async () => {
    const sink = new ScriptedSink(() => unreachable);
    const { loop } = start(sink, new MemoryPlace(weights(1)));
    await pass(10);
    await loop.close();
    expect(vi.getTimerCount()).toBe(0);
    await pass(600_000);
    expect(sink.calls).toHaveLength(1);
  });

  test('right after wake delivers nothing', async () => {
    const sink = new ScriptedSink();
    const { loop } = start(sink, new MemoryPlace(weights(1)));
    await loop.close();
    await pass(1_000);
    expect(sink.calls).toHaveLength(0);
  });

  test('does not wait for a sink that does not close', async () => {
    const sink = new ScriptedSink();
    sink.close = () => new Promise(() => {});
    const { loop } = start(sink, new MemoryPlace());
    let closed = false;
    const closing = loop.close().then(() => {
      closed = true;
    });
    await pass(1_900);
    expect(closed).toBe(false);
    await pass(200);
    await closing;
    expect(closed).toBe(true);
  });
});

describe('retractions', () => {
  /** A place with three weights, from which things of these people are to be taken back. */
  function correcting(...names: string[]) {
    const place = new MemoryPlace(weights(3));
    place.retracting.push(...names);
    return place;
  }

  test('go before readings, all that wait at once', async () => {
    const place = correcting('Ana', 'Bo');
    const order: string[] = [];
    const sink = new ScriptedSink(
      (values) => {
        order.push(`deliver ${values}`);
        return delivered;
      },
      10,
      (owners) => {
        order.push(`retract ${owners}`);
        return delivered;
      },
    );
    const { loop } = start(sink, place);
    await pass(10);
    place.retracting.push('Cy');
    place.add(weights(1));
    loop.wake();
    await pass(10);
    expect(order).toEqual(['retract Ana,Bo', 'deliver 1,2,3', 'retract Cy', 'deliver 1']);
    expect(loop.status().deliveredCount).toBe(4);
  });

  test('that do not go through are tried again, and readings wait for them', async () => {
    const place = correcting('Ana');
    const sink = new ScriptedSink(undefined, 10, (_, call) => (call < 3 ? unreachable : delivered));
    const { changes } = start(sink, place, { random: () => 1 });
    await pass(2_900);
    expect([sink.retractions.length, sink.calls.length, place.doneRetractions]).toEqual([2, 0, 0]);
    expect(changes).toMatchObject([{ cause: 'unreachable', backlog: 3 }]);
    await pass(200);
    expect([sink.retractions.length, place.doneRetractions]).toEqual([3, 1]);
    expect(sink.deliveredValues()).toEqual([1, 2, 3]);
    expect(changes).toHaveLength(2);
  });

  test('that are refused for good are said once, and hold nothing up', async () => {
    const place = correcting('Ana', 'Bo', 'Cy', 'Bo');
    const said: string[] = [];
    const sink = new ScriptedSink(undefined, 10, (owners) => (owners.includes('Bo') ? refused : delivered));
    start(sink, place, { onRefused: (message) => said.push(message) });
    await pass(10);
    expect(sink.retractions.map(({ owners }) => owners.join())).toEqual([
      'Ana,Bo,Cy,Bo',
      'Ana',
      'Bo',
      'Cy',
      'Bo',
    ]);
    expect(sink.deliveredValues()).toEqual([1, 2, 3]);
    expect(said).toEqual(['scripted does not take back what was corrected: field type conflict']);
  });

  test('of a sink that never answers, or rejects, are tried again', async () => {
    const place = correcting('Ana');
    const sink = new ScriptedSink(undefined, 10, (_, call) => {
      if (call === 1) return never;
      if (call === 2) throw new TypeError('a fault of ours');
      return delivered;
    });
    const { changes } = start(sink, place, { deliverTimeoutMs: 7_000 });
    await pass(20_000);
    expect(changes.map(({ cause, message }) => [cause, message])).toEqual([
      ['timeout', 'no answer within 7 s'],
      ['server-error', 'a fault of ours'],
      [undefined, undefined],
    ]);
    expect(sink.deliveredValues()).toEqual([1, 2, 3]);
  });

  test.each(['retractions', 'retracted'] as const)(
    'a store whose %s throws is tried again',
    async (method) => {
      const place = correcting('Ana');
      place.broken = method;
      const sink = new ScriptedSink();
      const { changes } = start(sink, place);
      await pass(20_000);
      expect(changes).toMatchObject([{ cause: 'store-failed' }]);
      expect(sink.calls).toEqual([]);
      place.broken = undefined;
      await pass(60_000);
      expect(sink.deliveredValues()).toEqual([1, 2, 3]);
      expect(place.doneRetractions).toBe(1);
    },
  );

  test('under way at a close are left to the next run', async () => {
    const place = correcting('Ana');
    let answer: (outcome: Outcome) => void = () => {};
    const sink = new ScriptedSink(undefined, 10, () => new Promise((resolve) => (answer = resolve)));
    const { loop } = start(sink, place);
    await pass(10);
    await loop.close();
    answer(delivered);
    await pass(1_000);
    expect([place.doneRetractions, sink.calls.length]).toEqual([0, 0]);
  });
});
