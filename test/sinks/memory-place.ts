import { type KeptReading, reading } from '../../src/model/reading.js';
import type { Retraction } from '../../src/model/retraction.js';
import type { DeliveryPlace, PlacedReading } from '../../src/sinks/delivery.js';

const ana = { key: 'ana', name: 'Ana' };

/** Weights of one device, a second apart, numbered by their value: 1, 2, 3 ... */
export function weights(count: number): KeptReading[] {
  return Array.from({ length: count }, (_, i) => ({
    ...reading({
      kind: 'weight',
      value: i + 1,
      timeMs: 1_363_749_900_000 + i * 1000,
      device: '00:24:e4:06:59:dc',
      vendor: 'withings',
      person: '1744475',
    }),
    owner: ana,
    ownedBy: 'vendor',
    counts: true,
  }));
}

/** Taking back what somebody of this name has. */
const taking = (owner: string): Retraction => ({ of: 'person', owner });

/** Stands for the store in the tests of the loop: the same promises, for one sink, in memory. */
export class MemoryPlace implements DeliveryPlace {
  readonly refused = new Map<number, { reading: KeptReading; message: string }>();
  place = 0;
  /** The call that fails, as all do on a full or locked disk. */
  broken: keyof DeliveryPlace | undefined;
  /** Names of people whose readings are to be taken back; the first ones are done. */
  readonly retracting: string[] = [];
  doneRetractions = 0;
  readonly #readings: PlacedReading[] = [];

  constructor(readings: readonly KeptReading[] = []) {
    this.add(readings);
  }

  /** Commits more readings. Sequence numbers have gaps, as rows of other tables' transactions leave them. */
  add(readings: readonly KeptReading[]): void {
    for (const reading of readings) {
      this.#readings.push({ seq: (this.#readings.at(-1)?.seq ?? 0) + 3, reading });
    }
  }

  retractions(_sink: string, limit: number) {
    this.#touch('retractions');
    return this.retracting
      .map((owner, i) => ({ id: i + 1, retraction: taking(owner) }))
      .slice(this.doneRetractions, this.doneRetractions + limit);
  }

  retracted(_sink: string, id: number): void {
    this.#touch('retracted');
    this.doneRetractions = id;
  }

  next(_sink: string, limit: number): PlacedReading[] {
    this.#touch('next');
    if (this.doneRetractions < this.retracting.length) return [];
    return this.#readings.filter(({ seq }) => seq > this.place).slice(0, limit);
  }

  advance(_sink: string, seq: number): void {
    this.#touch('advance');
    this.place = seq;
  }

  refuse(_sink: string, seq: number, reading: KeptReading, message: string): void {
    this.#touch('refuse');
    this.refused.set(seq, { reading, message });
  }

  backlog(): number {
    this.#touch('backlog');
    return this.#readings.filter(({ seq }) => seq > this.place).length;
  }

  /** The values of the refused readings, in order. */
  refusedValues(): number[] {
    return [...this.refused].sort(([a], [b]) => a - b).map(([, { reading }]) => reading.value);
  }

  #touch(call: keyof DeliveryPlace): void {
    if (this.broken === call) throw new Error('database or disk is full');
  }
}
