import type { Person } from '../model/person.js';
import { isStoreTrouble, type Store } from '../store/store.js';

/** The people whom a scale may be told of: those of the settings, and those who were added on the page. */
export class Household {
  readonly #store: Store;
  readonly #settings: readonly Person[];
  readonly #log: (message: string) => void;
  #people: readonly Person[];
  /** The store has the people of the settings. */
  #isSeeded = false;
  /** That it cannot be has been said. */
  #failing = false;

  /** `log` is told, for people, when the store does not take them. */
  constructor(store: Store, settings: readonly Person[], log: (message: string) => void) {
    this.#store = store;
    this.#settings = settings;
    this.#log = log;
    this.#people = settings;
  }

  get people(): readonly Person[] {
    return this.#people;
  }

  /** Has the store know the people of the settings, and sees who was added meanwhile, also by another process. */
  look(): void {
    try {
      if (!this.#isSeeded) this.#store.seed(this.#settings);
      this.#isSeeded = true;
      this.read();
      this.#failing = false;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (this.#failing) return;
      this.#failing = true;
      const fault = isStoreTrouble(error) ? '' : ', which is a fault in scaletap';
      this.#log(`cannot bring the people of the settings into ${this.#store.file}: ${error.message}${fault}`);
    }
  }

  /** Sees who was added. */
  read(): void {
    this.#people = [...this.#settings, ...this.#store.peopleOfPage()];
  }
}
