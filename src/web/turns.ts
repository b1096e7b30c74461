/** Lets one piece of work run at a time, and a few wait; what is more is turned away. */
export class Turns {
  readonly #most: number;
  #taken = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** `most` counts the one that runs and those that wait. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Null, at once, when too many wait. Rejects as `work` does. */
  async run<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.#taken >= this.#most) return null;
    this.#taken += 1;
    const mine = this.#last.then(work);
    this.#last = mine.then(
      () => undefined,
      // Its own caller hears of it.
      () => undefined,
    );
    try {
      return await mine;
    } finally {
      this.#taken -= 1;
    }
  }
}
