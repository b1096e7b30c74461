import type { Store } from '../store/store.js';
import { devices } from './devices.js';
import { exchangeDetail } from './exchange-detail.js';
import { exchanges } from './exchanges.js';
import type { Household } from './household.js';
import type { ViewReply, ViewRequest } from './messages.js';
import { NoAnswer } from './no-answer.js';
import { kinds, people, person } from './people.js';
import { series } from './series.js';
import { weighIn, weighIns } from './weigh-ins.js';

/** Replies are kept for the next page that asks the same, up to so many bytes. */
const KEPT_BYTES = 8 * 1024 * 1024;

interface Kept {
  readonly reply: ViewReply;
  /** The `version` of the database that it was made of. */
  readonly version: number;
  /** The newest reading and correction in it: a series is made of nothing else. */
  readonly points: string;
}

/** Answers requests with JSON. The same request over a database that has not changed is answered from memory. */
export class Answering {
  readonly #store: Store;
  readonly #house: Household;
  readonly #kept = new Map<string, Kept>();
  #keptBytes = 0;

  constructor(store: Store, house: Household) {
    this.#store = store;
    this.#house = house;
  }

  /** Throws only for the database's own trouble. */
  reply(request: ViewRequest): ViewReply {
    // Asked before what is read, so that a change in between makes it old.
    const version = this.#house.db.version();
    const { seq, retraction } = this.#house.db.stamp();
    const points = `${seq} ${retraction}`;
    const key = JSON.stringify(request);
    const kept = this.#kept.get(key);
    if (kept?.version === version || (request.view === 'series' && kept?.points === points)) {
      return kept.reply;
    }
    const reply = this.#make(request);
    this.#forget(key);
    if (reply.status === 200) this.#keep(key, { reply, version, points });
    return reply;
  }

  #make(request: ViewRequest): ViewReply {
    try {
      return json(200, this.#answer(request));
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return json(error.status, { message: error.message });
    }
  }

  #answer(request: ViewRequest): unknown {
    const house = this.#house;
    switch (request.view) {
      case 'people':
        return people(house);
      case 'person':
        return person(house, request.key);
      case 'kinds':
        return kinds(house, request.query);
      case 'series':
        return series(house, request.query);
      case 'weigh-ins':
        return weighIns(house, request.query);
      case 'weigh-in':
        return weighIn(house, request.id);
      case 'devices':
        return devices(house);
      case 'exchanges':
        return exchanges(house, request.query);
      case 'exchange':
        return exchangeDetail(this.#store.journal.get(request.id), request.id);
    }
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.set(key, kept);
    this.#keptBytes += kept.reply.body.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= KEPT_BYTES) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#keptBytes -= this.#kept.get(key)?.reply.body.length ?? 0;
    this.#kept.delete(key);
  }
}

/** A reply in bytes. */
export function json(status: ViewReply['status'], answer: unknown): ViewReply {
  return { status, body: new TextEncoder().encode(JSON.stringify(answer)) };
}
