import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { DeliveryLoop } from '../../src/sinks/delivery.js';
import { MemoryPlace, weights } from './memory-place.js';
import { delivered, refused, ScriptedSink, unreachable } from './scripted-sink.js';

// One bad reading never blocks the rest: it is found by halving, kept, and passed over. And a kill between any
// two steps loses nothing.

/** Runs a loop on real time until nothing is left. */
async function runToEnd(sink: ScriptedSink, place: MemoryPlace): Promise<void> {
  const loop = new DeliveryLoop(sink, place, { random: () => 0 });
  loop.wake();
  await vi.waitFor(() => expect(loop.status().state).toBe('idle'), { timeout: 10_000, interval: 1 });
  await loop.close();
}

const refusesAny = (bad: ReadonlySet<number>) => (values: number[]) =>
  values.some((value) => bad.has(value)) ? refused : delivered;

describe('a refused reading', () => {
  test('is found among 500 in few steps, kept with the message, and the others go through once', async () => {
    const place = new MemoryPlace(weights(500));
    const sink = new ScriptedSink(refusesAny(new Set([333])), 500);
    await runToEnd(sink, place);
    expect([...place.refused.values()]).toEqual([
      { reading: expect.objectContaining({ value: 333 }), message: 'field type conflict' },
    ]);
    expect(sink.deliveredValues()).toEqual(
      Array.from({ length: 500 }, (_, i) => i + 1).filter((v) => v !== 333),
    );
    expect(sink.calls.length).toBeLessThanOrEqual(12);
  });

  test('any bad ones among any number, in batches of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }),
        async (count, batchSize, badValues) => {
          const bad = new Set(badValues.filter((value) => value <= count));
          const place = new MemoryPlace(weights(count));
          const sink = new ScriptedSink(refusesAny(bad), batchSize);
          await runToEnd(sink, place);
          const all = Array.from({ length: count }, (_, i) => i + 1);
          expect(sink.deliveredValues()).toEqual(all.filter((value) => !bad.has(value)));
          expect(place.refusedValues()).toEqual(all.filter((value) => bad.has(value)));
          const steps = Math.ceil(Math.log2(batchSize)) + 1;
          expect(sink.calls.length).toBeLessThanOrEqual(
            Math.ceil(count / batchSize) + bad.size * (steps + 1),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  test('a batch that is only too large goes through in parts, and a single one too large is refused', async () => {
    const place = new MemoryPlace(weights(40));
    const sink = new ScriptedSink(
      (values) =>
        values.length > 6 || values.includes(17) ? { kind: 'refused', message: '413' } : delivered,
      16,
    );
    await runToEnd(sink, place);
    expect(place.refusedValues()).toEqual([17]);
    expect(sink.deliveredValues()).toHaveLength(39);
  });

  test('trouble in the middle of the search does not lose what is known', async () => {
    const place = new MemoryPlace(weights(64));
    const bad = refusesAny(new Set([50]));
    const sink = new ScriptedSink((values, call) => (call % 2 === 0 ? unreachable : bad(values)), 64);
    await runToEnd(sink, place);
    expect(place.refusedValues()).toEqual([50]);
    expect(sink.deliveredValues()).toHaveLength(63);
    expect(sink.calls.length).toBeLessThanOrEqual(2 * 9);
  });
});

test('a kill before or after any step of the store loses nothing', async () => {
  const count = 30;
  const bad = new Set([4, 17, 18]);
  const all = Array.from({ length: count }, (_, i) => i + 1);
  for (let step = 1; ; step++) {
    const place = new MemoryPlace(weights(count));
    const sink = new ScriptedSink(refusesAny(bad), 8);
    const killedAt = await runUntilStep(step, place, sink);
    if (killedAt === undefined) {
      expect(step).toBeGreaterThan(20);
      return;
    }
    await runToEnd(sink, place);
    expect([...new Set(sink.deliveredValues())], killedAt).toEqual(all.filter((value) => !bad.has(value)));
    expect(place.refusedValues(), killedAt).toEqual([...bad]);
  }
});

/**
 * Runs a loop that is cut off from the store at the given step: half of the steps are before a change is made,
 * half after it. Gives the step in words, or undefined when the run was over before.
 */
async function runUntilStep(
  step: number,
  place: MemoryPlace,
  sink: ScriptedSink,
): Promise<string | undefined> {
  let steps = 0;
  let killedAt: string | undefined;
  const point = (where: string) => {
    steps++;
    if (steps < step) return;
    killedAt ??= where;
    throw new Error('killed');
  };
  const change = (name: string, make: () => void) => {
    point(`before ${name}`);
    make();
    point(`after ${name}`);
  };
  const loop = new DeliveryLoop(sink, {
    retractions: (...args) => place.retractions(...args),
    retracted: (name, id) => change(`take back to ${id}`, () => place.retracted(name, id)),
    next: (...args) => place.next(...args),
    advance: (name, seq) => change(`advance to ${seq}`, () => place.advance(name, seq)),
    refuse: (name, seq, reading, message) =>
      change(`refuse ${seq}`, () => place.refuse(name, seq, reading, message)),
    backlog: () => place.backlog(),
  });
  loop.wake();
  await vi.waitFor(() => expect(loop.status().state).not.toBe('delivering'), { interval: 1 });
  await loop.close();
  return killedAt;
}
