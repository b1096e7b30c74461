import { randomBytes } from 'node:crypto';
import type { Place, Row, WeighIn } from './renpho-rows.js';

/** What Renpho's two clouds know of people and their weigh-ins, and every request that they got. */

/** An account lives on one of the two clouds. */
export type Api = 'old' | 'new';

/** Somebody of an account: a family member, or a friend who has an account of their own. */
export interface Person {
  readonly id: bigint;
  readonly name: string;
}

export interface Account extends Person {
  readonly api: Api;
  readonly email: string;
  readonly password: string;
  /** The old app's: the password under RSA, in base64. This stand-in has no key, and takes this very text. */
  readonly passwordForm: string;
  /** The session that is good: new `token`, old `terminal_user_session_key`. Signing in makes another one. */
  token: string;
  readonly family: Person[];
  readonly friends: Person[];
  readonly girths: Row[];
  /** Ids of rows that were deleted, as the old cloud lists them. */
  readonly deleted: bigint[];
}

/** A request as it came, with what was in its envelope. */
export interface SeenRequest {
  readonly api: Api;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** In the order and case in which they came. */
  readonly headers: readonly (readonly [string, string])[];
  /** New: the JSON in the envelope, undefined when it was empty. Old: the fields of a form or of a JSON body. */
  readonly body: unknown;
  /** The body as it came. */
  readonly raw: Buffer;
  /** Which connection it came on, counted from 1. */
  readonly connection: number;
  /** Unix milliseconds. */
  readonly at: number;
}

/** An account as a test asks for one. */
export type AccountFacts = Partial<Omit<Account, 'token' | 'passwordForm' | 'girths' | 'deleted'>>;

/** How weigh-ins are spread; by default a day apart, the newest an hour ago, in the four-electrode place. */
export interface Spread {
  readonly place?: Place;
  /** Of the newest, Unix seconds. */
  readonly newestAt?: number;
  readonly apartS?: number;
  readonly isTypedIn?: boolean;
}

/** Ids of 19 digits, the first ones beyond what a double can hold. */
const FIRST_USER = 5_245_536_005_636_456_321n;
const FIRST_ROW = 5_919_278_420_902_642_177n;
const HOUR_S = 3600;
const DAY_S = 86_400;

export class RenphoBooks {
  readonly accounts: Account[] = [];
  readonly weighIns: WeighIn[] = [];
  readonly requests: SeenRequest[] = [];
  /** How often a sign-in was asked for, well or in vain. */
  signIns = 0;
  #users = 0n;
  #rows = 0n;

  /** A person with an id that nobody has. */
  person(name: string): Person {
    return { id: FIRST_USER + this.#users++ * 1_000_003n, name };
  }

  /** An account of the new cloud, unless the facts say the old one. */
  addAccount(facts: AccountFacts = {}): Account {
    const { id, name } = this.person(facts.name ?? 'Aidan Example');
    const account: Account = {
      ...{ id, name, api: 'new', email: `${id}@mail.example`, password: `pass word ${id}` },
      ...{ passwordForm: randomBytes(128).toString('base64'), token: newToken(), family: [], friends: [] },
      ...{ girths: [], deleted: [], ...facts },
    };
    this.accounts.push(account);
    return account;
  }

  /** Lets a person stand on the scale so many times; the oldest first. */
  addWeighIns(user: bigint, count: number, spread: Spread = {}): WeighIn[] {
    const { place = 'four-electrode', apartS = DAY_S, isTypedIn = false } = spread;
    const newestAt = spread.newestAt ?? Math.floor(Date.now() / 1000) - HOUR_S;
    const added = Array.from({ length: count }, (_, i): WeighIn => {
      const at = newestAt - (count - 1 - i) * apartS;
      // Of the grid of 0.05 kg that the scales have.
      return { id: this.newId(), user, at, weightKg: 80 + (i % 100) / 20, place, isTypedIn };
    });
    for (const weighIn of added) this.weighIns.push(weighIn);
    return added;
  }

  /** Keeps what an app has uploaded, and gives it an id. */
  upload(facts: Omit<WeighIn, 'id'>): WeighIn {
    const weighIn = { id: this.newId(), ...facts };
    this.weighIns.push(weighIn);
    return weighIn;
  }

  /** An id for a row, of whatever table. */
  newId(): bigint {
    return FIRST_ROW + this.#rows++ * 64n;
  }

  /** Somebody signs in on another device: the session that was good is no more. */
  signInElsewhere(account: Account): void {
    account.token = newToken();
  }

  /** The requests to a path, which may be the end of it. */
  requestsTo(path: string): SeenRequest[] {
    return this.requests.filter((request) => request.path.endsWith(path));
  }
}

/** The decimal name of the shard that a person's rows are in: id mod 24, as seen on a live account. */
export function tableOf(user: bigint): string {
  return `measurements_info_${user % 24n}`;
}

function newToken(): string {
  return randomBytes(24).toString('base64url');
}
