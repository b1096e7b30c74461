import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeptReading } from '../../../src/model/reading.js';
import type { Retraction } from '../../../src/model/retraction.js';
import { lineSafe } from '../../../src/sinks/influx/points.js';
import type { Sink } from '../../../src/sinks/sink.js';
import { haveInfluxdb, type Influxd, startInfluxd } from '../../servers/influxdb.js';
import { keptReading } from '../readings.js';
import { type Door, openDoor, org, token } from './door.js';
import { sinkOf } from './sinks.js';

// Whatever is corrected, and in whatever order, InfluxDB has in the end what the house has. The house is a model of the
// store: each correction leaves a retraction, and the readings that it concerns are delivered anew, as they are then.

const scale = '00:24:e4:06:59:dc';
const morning = 1_363_749_900_123;
const names = ['Ann', 'ann', `'"\\, =\n<script>😀`, '%', ''];

interface WeighIn {
  readonly timeMs: number;
  /** The index of the person. */
  owner: number | null;
  counts: boolean;
}

type Correction =
  | { readonly what: 'owner'; readonly of: number; readonly owner: number | null }
  | { readonly what: 'counts'; readonly of: number; readonly counts: boolean }
  | { readonly what: 'name'; readonly of: number; readonly name: string };

class House {
  readonly people: string[] = ['Ben', 'Eve'];
  readonly weighIns: WeighIn[] = Array.from({ length: 5 }, (_, i) => ({
    timeMs: morning + i * 86_400_000,
    owner: [0, 1, null][i % 3] ?? null,
    counts: true,
  }));
  readonly #air: boolean;

  /** With `air`, the scale told of the room at each weigh-in. */
  constructor(air: boolean) {
    this.#air = air;
  }

  /** What is delivered of a weigh-in as it is now. */
  readings({ timeMs, owner, counts }: WeighIn): KeptReading[] {
    const draft = { timeMs, device: scale, vendor: 'withings', person: null } as const;
    const name = this.#name(owner);
    const weight = keptReading(
      { ...draft, kind: 'weight', value: 70 },
      { owner: name === null ? null : { key: String(owner), name } },
    );
    const air = keptReading({ ...draft, kind: 'co2', value: 700 });
    return [...(counts ? [weight] : []), ...(this.#air ? [air] : [])];
  }

  /** Makes a correction; gives what is to be taken back, and which weigh-ins are to be delivered again. */
  correct(correction: Correction): [Retraction, WeighIn[]] | null {
    if (correction.what === 'name') {
      const before = this.people[correction.of];
      // Nobody else is called the same.
      if (before === undefined || this.people.includes(correction.name)) return null;
      this.people[correction.of] = correction.name;
      const owned = this.weighIns.filter(({ owner }) => owner === correction.of);
      return [{ of: 'person', owner: before }, owned];
    }
    const weighIn = this.weighIns[correction.of];
    if (weighIn === undefined) return null;
    const owner = this.#name(weighIn.owner);
    if (correction.what === 'owner') weighIn.owner = correction.owner;
    else weighIn.counts = correction.counts;
    const { timeMs } = weighIn;
    return [{ of: 'weigh-in', vendor: 'withings', device: scale, timeMs, owner }, [weighIn]];
  }

  /** `time person weight co2` of all points that should be there. */
  points(): string[] {
    return this.weighIns
      .flatMap(({ timeMs, owner, counts }) => {
        const name = this.#name(owner);
        const air = this.#air ? 700 : null;
        if (!counts) return air === null ? [] : [line(timeMs, null, null, air)];
        if (name === null) return [line(timeMs, null, 70, air)];
        const own = line(timeMs, lineSafe(name), 70, null);
        return air === null ? [own] : [own, line(timeMs, null, null, air)];
      })
      .sort();
  }

  #name(owner: number | null): string | null {
    return owner === null ? null : (this.people[owner] ?? null);
  }
}

function line(...cells: unknown[]): string {
  return JSON.stringify(cells.map((cell) => cell ?? null));
}

const ofWeighIns = fc.oneof(
  fc.record({
    what: fc.constant('owner' as const),
    of: fc.nat({ max: 4 }),
    owner: fc.constantFrom(0, 1, null),
  }),
  fc.record({ what: fc.constant('counts' as const), of: fc.nat({ max: 4 }), counts: fc.boolean() }),
);
const ofPeople = fc.record({
  what: fc.constant('name' as const),
  of: fc.nat({ max: 1 }),
  name: fc.constantFrom(...names),
});

describe.skipIf(!haveInfluxdb)('a real InfluxDB 1.x has what the house has', () => {
  let influxd: Influxd;
  let door: Door;
  beforeAll(async () => {
    influxd = await startInfluxd();
    door = await openDoor(influxd);
  });
  afterAll(async () => {
    await door.close();
    await influxd.remove();
  });

  async function pointsIn(database: string): Promise<string[]> {
    const series = await influxd.query('SELECT * FROM "scaletap"', database);
    return series
      .flatMap(({ columns, values }) =>
        values.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]]))),
      )
      .filter(({ quality }) => quality !== 'retracted')
      .map(({ time, person, weight_kg, co2_ppm }) => line(time, person, weight_kg, co2_ppm))
      .sort();
  }

  test.each<['1' | '2' | '3', boolean, fc.Arbitrary<Correction>]>([
    ['1', true, fc.oneof(ofWeighIns, ofPeople)],
    ['2', true, fc.oneof(ofWeighIns, ofPeople)],
    // What 3 cannot do is in docs/influxdb.md: names, and weigh-ins of nobody in the point of the room.
    ['3', false, ofWeighIns],
  ])('by the API of %s', async (version, air, correction) => {
    let run = 0;
    const steps = fc.array(fc.tuple(fc.array(correction, { minLength: 1, maxLength: 4 }), fc.boolean()), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (groups) => {
        const database = `house-${version}-${++run}`;
        await influxd.query(`CREATE DATABASE "${database}"`);
        const sink = await sinkAt(version, database);
        const house = new House(air);
        const deliver = (weighIns: Iterable<WeighIn>) =>
          sink.deliver([...weighIns].flatMap((each) => house.readings(each)));
        await deliver(house.weighIns);
        for (const [corrections, twice] of groups) {
          const done = corrections.flatMap((each) => {
            const found = house.correct(each);
            return found === null ? [] : [found];
          });
          const retractions = done.map(([retraction]) => retraction);
          // A kill in between has all of it done again.
          if (twice) await sink.retract(retractions);
          if (twice) await deliver(done[0]?.[1] ?? []);
          expect(await sink.retract(retractions)).toEqual({ kind: 'delivered' });
          await deliver(new Set(done.flatMap(([, concerned]) => concerned)));
        }
        expect(await pointsIn(database)).toEqual(house.points());
        await sink.close();
        await influxd.query(`DROP DATABASE "${database}"`);
      }),
      { numRuns: 25 },
    );
  });

  function sinkAt(version: '1' | '2' | '3', database: string): Promise<Sink> {
    if (version === '1') return sinkOf({ url: `${influxd.url}/${database}` });
    return sinkOf({ version, url: `${door.url}/${database}`, token, org: version === '2' ? org : null });
  }
});
