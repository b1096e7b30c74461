import type { Stamp } from '../store/page-queries.js';
import { shownExchangeRow } from './exchanges.js';
import type { Household } from './household.js';
import type { Happening } from './messages.js';
import type { Events } from './shapes.js';

/** Of a flood only the newest are told. */
const MOST_AT_ONCE = 50;

/** What changes in the database from when this is made: each {@link look} tells what is new since the one before. */
export class Watch {
  readonly #house: Household;
  #version: number;
  #stamp: Stamp;
  #people: string;

  constructor(house: Household) {
    this.#house = house;
    this.#version = house.db.version();
    this.#stamp = house.db.stamp();
    this.#people = this.#everybody();
  }

  look(): Happening[] {
    const version = this.#house.db.version();
    if (version === this.#version) return [];
    const before = this.#stamp;
    const stamp = this.#house.db.stamp();
    const everybody = this.#everybody();
    const corrected = stamp.retraction !== before.retraction;
    const happened: Happening[] = [];
    if (stamp.lastExchange > before.lastExchange) {
      for (const row of this.#house.db.exchangesAfter(before.lastExchange, MOST_AT_ONCE)) {
        // One that was committed since is told the next time.
        if (row.id <= stamp.lastExchange) happened.push(happening('exchange', shownExchangeRow(row)));
      }
    }
    if (stamp.seq !== before.seq || corrected) happened.push(happening('readings', {}));
    if (everybody !== this.#people || corrected) happened.push(happening('people', {}));
    this.#version = version;
    this.#stamp = stamp;
    this.#people = everybody;
    return happened;
  }

  /** People, and how many weigh-ins wait for them: giving one of nobody's to nobody is no correction. */
  #everybody(): string {
    const { db } = this.#house;
    return JSON.stringify([db.people(), db.personIds(), db.unassigned()]);
  }
}

function happening<E extends Happening['event']>(event: E, data: Events[E]): Happening {
  return { event, data: JSON.stringify(data) };
}
