import type { Problem } from './failure.js';
import type { Link } from './link.js';
import { type House, isOwn, type Message, parting } from './messages.js';

/** What a broker keeps of ours, as far as that is known on one connection to it. */
export class Retained {
  readonly link: Link;
  readonly #house: House;
  /** What the broker has acknowledged, by topic. */
  readonly #told = new Map<string, string>();
  /** What it has besides, from before. */
  readonly #found = new Map<string, string>();

  constructor(house: House, link: Link) {
    this.#house = house;
    this.link = link;
  }

  /** Takes note of a message that the broker has from before; says whether it is one of ours. */
  hear(message: Message): boolean {
    const [topic, payload] = message;
    if (payload === '' || this.#told.has(topic) || !isOwn(this.#house, message)) return false;
    this.#found.set(topic, payload);
    return true;
  }

  /** Has everything told again by the next {@link bring}, as there is somebody who has not heard it. */
  repeat(): void {
    for (const [topic, payload] of this.#told) this.#found.set(topic, payload);
    this.#told.clear();
  }

  /**
   * Publishes what the broker does not have as it is wanted, and removes what is not wanted. Resolves when all of it is
   * acknowledged, or with the first problem.
   */
  async bring(wanted: ReadonlyMap<string, string>): Promise<Problem | undefined> {
    const queue = [...wanted].filter(([topic, payload]) => this.#told.get(topic) !== payload);
    for (const topic of [...this.#told.keys(), ...this.#found.keys()]) {
      if (!wanted.has(topic)) queue.push([topic, '']);
    }
    let problem: Problem | undefined;
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined && problem === undefined; next = queue.shift()) {
        const found = await this.#tell(next);
        problem ??= found;
      }
    };
    await Promise.all(Array.from({ length: this.link.inFlight }, worker));
    return problem;
  }

  async #tell(message: Message): Promise<Problem | undefined> {
    const [topic, payload] = message;
    const before = this.#told.get(topic) ?? this.#found.get(topic);
    const farewell = before === undefined ? null : parting(before, payload);
    const unsaid = farewell === null ? undefined : await this.link.publish([topic, farewell]);
    const problem = unsaid ?? (await this.link.publish(message));
    if (problem !== undefined) return problem;
    this.#found.delete(topic);
    if (payload === '') this.#told.delete(topic);
    else this.#told.set(topic, payload);
    return undefined;
  }
}
