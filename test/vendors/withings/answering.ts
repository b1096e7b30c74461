import type { Exchange } from '../../../src/model/exchange.js';
import { content } from '../../../src/model/message.js';
import type { Person } from '../../../src/model/person.js';
import type { Answer, Circumstances } from '../../../src/vendors/vendor.js';
import { withings } from '../../../src/vendors/withings/index.js';
import { Memory, post } from './exchanges.js';

/** A house for offline answers: what was learnt is in its memory, and the rest is as told. */

export const mac = '00:24:e4:00:00:01';
/** Three years after the captures of the WS-30. */
export const nowMs = Date.UTC(2016, 2, 20, 12);
/** When the values of {@link House} were learnt. */
export const learntMs = Date.UTC(2013, 2, 20, 3, 47, 19);

type Newest = ReturnType<Circumstances['newest']>;

export class House {
  readonly memory = new Memory();
  /** The newest readings, by `person kind`. */
  readonly readings = new Map<string, NonNullable<Newest>>();
  /** Values that are younger than the others, by name. */
  readonly younger = new Set<string>();
  told: Partial<Circumstances> = {};

  constructor(values: Readonly<Record<string, string>> = {}) {
    for (const [name, value] of Object.entries(values)) this.set(name, value);
  }

  set(name: string, value: string): void {
    this.memory.values.set(`${mac} ${name}`, value);
  }

  circumstances(): Circumstances {
    return {
      nowMs,
      clockIsRight: true,
      known: this.memory,
      value: (device, name) => {
        const found = this.memory.value(device, name);
        const updatedAtMs = learntMs + (this.younger.has(name) ? 1_000 : 0);
        return found === undefined ? undefined : { text: found, updatedAtMs };
      },
      newest: (person, kind) => this.readings.get(`${person} ${kind}`),
      people: [],
      zone: { offsetS: 3_600, changeS: 1_459_040_400, nextOffsetS: 7_200 },
      gravityMs2: null,
      language: null,
      requireAuth: false,
      canKeep: true,
      random: Uint8Array.from({ length: 16 }, (_, i) => 0x50 + i),
      ...this.told,
    };
  }

  /** Our answer to an exchange whose own response does not count. */
  answer(exchange: Exchange): Answer | null {
    return withings.answer({ ...exchange, response: null, answered: 'replayed' }, this.circumstances());
  }

  /** Asks, and reads the exchange that comes of it like any other: as JSON, and whether it acknowledges. */
  ask(path: string, form: string, over: Partial<Exchange> = {}): { json: string; acknowledges: boolean } {
    const exchange: Exchange = { ...post(path, form, null, over), answered: 'replayed' };
    const answer = this.answer(exchange);
    if (answer === null) throw new Error(`no answer to ${path}`);
    this.memory.play([{ ...exchange, response: answer.response }]);
    return { json: Buffer.from(content(answer.response)).toString(), acknowledges: answer.acknowledges };
  }

  /** The body of our reply to session new. */
  session(form = `action=new&auth=${mac}&hash=0`): SessionBody {
    return (JSON.parse(this.ask('session', form).json) as { body: SessionBody }).body;
  }
}

export interface SessionBody {
  readonly sessionid: string;
  readonly sp: { readonly users: readonly Record<string, unknown>[] };
  readonly ind?: Record<string, unknown>;
  readonly syp?: Record<string, unknown>;
  readonly ctp?: Record<string, unknown>;
  readonly [more: string]: unknown;
}

/** A person of whom everything is told. */
export function person(over: Partial<Person> = {}): Person {
  return {
    name: 'Anna',
    shortName: 'ANN',
    heightM: 1.68,
    birthDate: '1992-08-14',
    sex: 'female',
    athlete: false,
    weightKg: 61.5,
    ids: {},
    ...over,
  };
}
