import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../../src/model/change.js';
import type { Person } from '../../src/model/person.js';
import type { KeptReading, Reading } from '../../src/model/reading.js';
import { reading } from '../../src/model/reading.js';
import type { Retraction } from '../../src/model/retraction.js';
import { weighInId } from '../../src/model/weigh-in.js';
import { DeliveryLoop } from '../../src/sinks/delivery.js';
import type { Outcome, Sink } from '../../src/sinks/sink.js';
import type { Store } from '../../src/store/store.js';
import { exchange, post } from '../transfer/exchanges.js';
import { folder, openRaw, openStore, scripted } from './stores.js';

// Whatever becomes known and whatever is changed, in any order, with sinks that are killed at any point and of any
// speed: in the end each sink has exactly the readings that count, under the names of whose they are.

const knock = exchange({ request: post('/cgi-bin/once', 'action=get') });

/** Few devices, times and ids, so that they meet. */
const ids = ['1', '2'] as const;
const names = ['Ana', 'Bo'] as const;
const keys = ['withings-1', 'renpho-1', 'renpho-2', 'ana', 'dora'] as const;

const anyReading: fc.Arbitrary<Reading> = fc
  .record({
    vendor: fc.constantFrom('withings', 'renpho'),
    kind: fc.constantFrom('weight', 'fat_ratio', 'room_temperature'),
    value: fc.constantFrom(60, 61, 80, 95),
    day: fc.nat(2),
    device: fc.constantFrom('a', 'b'),
    person: fc.option(fc.constantFrom(...ids)),
    candidates: fc.subarray([...ids]),
    quality: fc.constantFrom([], [], [], [], ['typed-in'], ['deleted'], ['unverified']),
    cloudId: fc.option(fc.constantFrom('11', '12', '13')),
  } as const)
  .map(({ day, candidates, cloudId, ...draft }) => {
    const isCloud = draft.vendor === 'renpho';
    const among = draft.person === null ? candidates : [];
    const timeMs = Date.UTC(2026, 0, 1 + day);
    return reading({ ...draft, timeMs, candidates: among, cloudId: isCloud ? cloudId : null });
  });

const anyId = fc.record({
  vendor: fc.constantFrom('withings', 'renpho'),
  id: fc.constantFrom(...ids),
} as const);

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    change: fc.constant('add-person' as const),
    person: fc.record({
      name: fc.constantFrom(...names),
      ids: fc.array(anyId, { maxLength: 2 }),
      ...{ shortName: fc.constant(null), colour: fc.constant(null), heightM: fc.constant(null) },
      ...{ birthDate: fc.constant(null), sex: fc.constant(null) },
    }),
  }),
  fc.record({
    change: fc.constant('edit-person' as const),
    key: fc.constantFrom(...keys),
    person: fc.record(
      { name: fc.constantFrom(...names), ids: fc.array(anyId, { maxLength: 2 }) },
      { requiredKeys: [] },
    ),
  }),
  fc.record({ change: fc.constant('remove-person' as const), key: fc.constantFrom(...keys) }),
  fc.record({
    change: fc.constant('merge-person' as const),
    key: fc.constantFrom(...keys),
    into: fc.constantFrom(...keys),
  }),
);

type Step = Said | Delivering;

interface Delivering {
  readonly do: 'deliver';
  readonly sink: number;
  readonly calls: number;
  readonly killed: boolean;
  /** What happens while the first call is under way. */
  readonly meanwhile: Said;
}

type Said =
  | { readonly do: 'commit'; readonly readings: readonly Reading[]; readonly deleted: readonly string[] }
  | { readonly do: 'change'; readonly change: Change }
  /** By the number of a reading that is there. */
  | { readonly do: 'say'; readonly nth: number; readonly owner?: string | null; readonly counts?: boolean }
  | { readonly do: 'seed'; readonly people: readonly Person[] };

const dora: Person = {
  name: 'Dora',
  shortName: 'DOR',
  ...{ heightM: null, birthDate: null, sex: null, athlete: false, weightKg: 61, ids: {} },
};
const houses: readonly (readonly Person[])[] = [
  [],
  [dora],
  [{ ...dora, ids: { withings: '1' } }],
  [
    { ...dora, ids: { renpho: '2' } },
    { ...dora, name: 'Ana', shortName: 'ANA', ids: { withings: '1' } },
  ],
];

const anyCommit = fc.record({
  do: fc.constant('commit' as const),
  readings: fc.array(anyReading, { maxLength: 6 }),
  deleted: fc.subarray(['11', '12', '13'], { maxLength: 1 }),
});

const anySaid: fc.Arbitrary<Said> = fc.oneof(
  anyCommit,
  fc.record({ do: fc.constant('change' as const), change: anyChange }),
  fc.record(
    {
      do: fc.constant('say' as const),
      nth: fc.nat(8),
      owner: fc.option(fc.constantFrom(...keys)),
      counts: fc.boolean(),
    },
    { requiredKeys: ['do', 'nth'] },
  ),
  fc.record({ do: fc.constant('seed' as const), people: fc.constantFrom(...houses) }),
);

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: anySaid },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      sink: fc.nat(1),
      calls: fc.nat(4),
      killed: fc.boolean(),
      meanwhile: anySaid,
    }),
  },
);

const delivered: Outcome = { kind: 'delivered' };
const unreachable: Outcome = { kind: 'retry', cause: 'unreachable', message: 'killed' };

/** What a place like InfluxDB keeps: a point for each reading and name. */
class Place implements Sink {
  readonly name: string;
  readonly batchSize = 2;
  readonly points = new Map<string, KeptReading>();
  /** After so many calls nothing is answered any more; the last one is done all the same if `late`. */
  calls = 0;
  late = false;
  meanwhile: (() => void) | undefined;

  constructor(name: string) {
    this.name = name;
  }

  async deliver(batch: readonly KeptReading[]): Promise<Outcome> {
    return this.#call(() => {
      for (const each of batch) this.points.set(pointOf(each), each);
    });
  }

  async retract(retractions: readonly Retraction[]): Promise<Outcome> {
    return this.#call(() => {
      for (const retraction of retractions) {
        for (const [key, each] of this.points) if (isOf(each, retraction)) this.points.delete(key);
      }
    });
  }

  async close(): Promise<void> {}

  #call(work: () => void): Outcome {
    this.meanwhile?.();
    this.meanwhile = undefined;
    if (this.calls-- > 0) {
      work();
      return delivered;
    }
    if (this.late) work();
    return unreachable;
  }
}

const pointOf = ({ id, owner }: KeptReading): string => `${id} ${owner?.name ?? ''}`;

function isOf(each: KeptReading, retraction: Retraction): boolean {
  if (retraction.of === 'person') return each.owner?.name === retraction.owner;
  const { vendor, device, timeMs } = retraction;
  return each.vendor === vendor && each.device === device && each.timeMs === timeMs;
}

/** Runs a loop until it has nothing to do, or its sink answers no more; then it is killed. */
async function deliver(store: Store, sink: Place, calls: number, late: boolean): Promise<void> {
  sink.calls = calls;
  sink.late = late;
  const loop = new DeliveryLoop(sink, store.deliveries, { random: () => 1 });
  loop.wake();
  while (loop.status().state === 'delivering') await new Promise(setImmediate);
  await loop.close();
}

function take(store: Store, found: { readings: readonly Reading[]; deleted: readonly string[] }, step: Said) {
  switch (step.do) {
    case 'commit':
      Object.assign(found, step);
      store.journal.commit([knock]);
      break;
    case 'change':
      store.change(step.change);
      break;
    case 'say': {
      const { nth, owner, counts } = step;
      const said = store.readings.list()[nth];
      if (said === undefined) break;
      const { vendor, device, timeMs, person } = said;
      const weighIn = weighInId({ vendor, device, timeMs, person });
      store.change({
        change: 'weigh-in',
        weighIn,
        ...(owner !== undefined && { owner }),
        ...(counts !== undefined && { counts }),
        ...(owner === undefined && { reset: counts === undefined }),
      });
      break;
    }
    case 'seed':
      store.seed(step.people);
      break;
  }
}

test('any sinks have in the end what counts, under the right names', async () => {
  await fc.assert(
    fc.asyncProperty(anyCommit, fc.array(anyStep, { minLength: 3, maxLength: 25 }), async (first, steps) => {
      const found = { readings: [] as readonly Reading[], deleted: [] as readonly string[] };
      const store = openStore(
        folder(),
        scripted(() => found, { name: 'renpho' }),
      );
      const sinks = [new Place('one'), new Place('other')] as const;
      take(store, found, first);
      await deliver(store, sinks[0], 10, false);
      for (const step of steps) {
        if (step.do !== 'deliver') {
          take(store, found, step);
          continue;
        }
        const sink = sinks[step.sink === 0 ? 0 : 1];
        sink.meanwhile = () => take(store, found, step.meanwhile);
        await deliver(store, sink, step.calls, step.killed);
        sink.meanwhile = undefined;
      }
      const wanted = new Map(
        store.readings
          .list()
          .filter(({ counts }) => counts)
          .map((each) => [pointOf(each), each]),
      );
      for (const sink of [...sinks, new Place('new')]) {
        await deliver(store, sink, 10_000, false);
        expect([...sink.points.keys()].sort()).toEqual([...wanted.keys()].sort());
        for (const [key, each] of sink.points) expect(each.owner).toEqual(wanted.get(key)?.owner);
        expect(store.deliveries.backlog(sink.name)).toBe(0);
      }
      sound(store);
      const lost = openRaw(store.file).prepare(
        'SELECT count(*) AS count FROM reading WHERE owner > 0 AND owner NOT IN (SELECT id FROM person)',
      );
      expect(lost.get([])).toMatchObject({ count: 0 });
      store.close();
    }),
    { numRuns: 60 },
  );
}, 120_000);

/** What holds of people and readings at any time. */
function sound(store: Store): void {
  const people = store.people.list();
  expect(new Set(people.map(({ key }) => key)).size).toBe(people.length);
  for (const each of store.readings.list()) {
    const { kind, vendor, person, owner, ownedBy } = each;
    if (kind === 'room_temperature') expect([owner, ownedBy]).toEqual([null, null]);
    else if (ownedBy === 'vendor') {
      const holder = people.find(({ ids: theirs }) =>
        theirs.some(({ vendor: at, id }) => at === vendor && id === person),
      );
      expect(owner?.key).toBe(holder?.key);
    } else if (ownedBy === null) expect(owner).toBeNull();
  }
}
