import type { Reading } from '../../src/model/reading.js';
import type { Outcome, Sink } from '../../src/sinks/sink.js';

type Answer = (values: number[], call: number) => Outcome | Promise<Outcome>;

export const delivered: Outcome = { kind: 'delivered' };
export const unreachable: Outcome = { kind: 'retry', cause: 'unreachable', message: 'connect ECONNREFUSED' };
export const refused: Outcome = { kind: 'refused', message: 'field type conflict' };

/** A sink that does what the test says, for weather that no real server makes on order. */
export class ScriptedSink implements Sink {
  readonly name = 'scripted';
  /** The values of each batch that came, and what became of it. */
  readonly calls: { values: number[]; outcome?: Outcome }[] = [];
  closed = false;
  readonly batchSize: number;
  readonly #answer: Answer;

  constructor(answer: Answer = () => delivered, batchSize = 10) {
    this.#answer = answer;
    this.batchSize = batchSize;
  }

  async deliver(batch: readonly Reading[]): Promise<Outcome> {
    const call: { values: number[]; outcome?: Outcome } = { values: batch.map(({ value }) => value) };
    this.calls.push(call);
    call.outcome = await this.#answer(call.values, this.calls.length);
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
