import { describe, expect, test } from 'vitest';
import { RelayCounters } from '../../src/recorder/counters.js';
import { type Delivering, RelayReporter } from '../../src/recorder/relay-report.js';
import type { DeliveryStatus } from '../../src/sinks/delivery.js';
import type { Outcome, RelayPoint } from '../../src/sinks/sink.js';
import { exchange, post } from '../transfer/exchanges.js';

const delivered: Outcome = { kind: 'delivered' };
const plain = exchange({ request: post('/cgi-bin/once', 'action=get') });

type Report = (points: readonly RelayPoint[]) => Promise<Outcome>;

function delivering(name: string, status: Partial<DeliveryStatus> = {}, report?: Report): Delivering {
  const well = async () => delivered;
  const sink = { name, batchSize: 1, deliver: well, retract: well, close: async () => undefined };
  return {
    sink: { ...sink, ...(report && { report }) },
    loop: { status: () => ({ name, state: 'idle', deliveredCount: 0, backlog: 0, ...status }) },
  };
}

/** A reporter to these, with one exchange counted, and what it said was lost. */
function reporterTo(...to: Delivering[]) {
  const counters = new RelayCounters();
  counters.committing(() => counters.see(plain, 'withings'));
  const lost: string[] = [];
  return { reporter: new RelayReporter(counters, to, (message) => lost.push(message)), counters, lost };
}

function listener() {
  const heard: (readonly RelayPoint[])[] = [];
  const report: Report = async (points) => {
    heard.push(points);
    return delivered;
  };
  return { heard, report };
}

const never: Report = () => new Promise(() => undefined);
const numbers = (points: readonly RelayPoint[] = []) => points.map(({ tags, fields }) => [tags, fields]);

describe('a report', () => {
  test('has the exchanges of the interval, and the backlog of every sink that the store can tell', async () => {
    const { heard, report } = listener();
    const mqtt = delivering('mqtt', { backlog: 4 });
    const { reporter, counters } = reporterTo(
      delivering('influx', {}, report),
      mqtt,
      delivering('x', { backlog: null }),
    );
    const refused = { ...plain, answered: 'refused', reason: 'offline', responseAfterUs: null } as const;
    counters.committing(() => counters.see(refused, null));
    await reporter.report();
    expect(numbers(heard[0])).toEqual([
      [
        { vendor: 'withings', answered: 'upstream' },
        { exchanges: 1, p50_ms: 1.5, p99_ms: 1.5, max_ms: 1.5 },
      ],
      [{ vendor: 'unknown', answered: 'refused' }, { exchanges: 1 }],
      [{ vendor: 'unknown', answered: 'refused', reason: 'offline' }, { with_reason: 1 }],
      [{ sink: 'influx' }, { backlog: 0 }],
      [{ sink: 'mqtt' }, { backlog: 4 }],
    ]);
    await reporter.report();
    expect(numbers(heard[1])).toEqual([
      [{ sink: 'influx' }, { backlog: 0 }],
      [{ sink: 'mqtt' }, { backlog: 4 }],
    ]);
  });

  test('is gone when it does not go through, which is said; others have it all the same', async () => {
    const { heard, report } = listener();
    const { reporter, lost } = reporterTo(
      delivering('a', {}, async () => ({ kind: 'retry', cause: 'unreachable', message: 'nobody there' })),
      delivering('b', {}, async () => {
        throw new Error('a fault');
      }),
      delivering('c', {}, report),
    );
    await reporter.report();
    expect(heard).toHaveLength(1);
    expect(lost).toEqual([
      "a: a minute of the relay's numbers is not written: nobody there",
      "b: a minute of the relay's numbers is not written: a fault",
    ]);
  });

  test('is not made where no sink wants one', async () => {
    const { reporter, counters } = reporterTo(delivering('mqtt'));
    await reporter.report();
    await reporter.close();
    expect(counters.interval()).toHaveLength(1);
  });
});

describe('the last report', () => {
  test('goes to those whose delivery is well', async () => {
    const [well, ill] = [listener(), listener()];
    const { reporter } = reporterTo(
      delivering('well', {}, well.report),
      delivering('ill', { state: 'waiting', cause: 'timeout' }, ill.report),
    );
    await reporter.close();
    expect(well.heard.map((points) => points.length)).toEqual([3]);
    expect(ill.heard).toEqual([]);
  });

  test('is waited for a second, not longer', async () => {
    const { reporter } = reporterTo(delivering('influx', {}, never));
    const from = performance.now();
    await reporter.close();
    expect(performance.now() - from).toBeLessThan(3000);
  });
});
