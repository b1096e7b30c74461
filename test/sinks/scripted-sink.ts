import type { KeptReading } from '../../src/model/reading.js';
import type { Retraction } from '../../src/model/retraction.js';
import type { Outcome, Sink } from '../../src/sinks/sink.js';

type Taking = (owners: (string | null)[], call: number) => Outcome | Promise<Outcome>;
type Answer = (values: number[], call: number) => Outcome | Promise<Outcome>;

export const delivered: Outcome = { kind: 'delivered' };
export const unreachable: Outcome = { kind: 'retry', cause: 'unreachable', message: 'connect ECONNREFUSED' };
export const refused: Outcome = { kind: 'refused', message: 'field type conflict' };

/** A sink that does what the test says, for weather that no real server makes on order. */
export class ScriptedSink implements Sink {
  readonly name = 'scripted';
  /** The values of each batch that came, and what became of it. */
  readonly calls: { values: number[]; outcome?: Outcome }[] = [];
  /** The owners of each call that takes back, and what became of it. */
  readonly retractions: { owners: (string | null)[]; outcome?: Outcome }[] = [];
  closed = false;
  readonly batchSize: number;
  readonly #answer: Answer;

  readonly #taking: Taking;

  constructor(answer: Answer = () => delivered, batchSize = 10, taking: Taking = () => delivered) {
    this.#answer = answer;
    this.batchSize = batchSize;
    this.#taking = taking;
  }

  async deliver(batch: readonly KeptReading[]): Promise<Outcome> {
    const call: { values: number[]; outcome?: Outcome } = { values: batch.map(({ value }) => value) };
    this.calls.push(call);
    call.outcome = await this.#answer(call.values, this.calls.length);
    return call.outcome;
  }

  async retract(retractions: readonly Retraction[]): Promise<Outcome> {
    const call: (typeof this.retractions)[number] = { owners: retractions.map(({ owner }) => owner) };
    this.retractions.push(call);
    call.outcome = await this.#taking(call.owners, this.retractions.length);
    return call.outcome;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** Every value that was in a delivered batch, in the order that they came. */
  deliveredValues(): number[] {
    return this.calls.filter(({ outcome }) => outcome?.kind === 'delivered').flatMap(({ values }) => values);
  }
}
