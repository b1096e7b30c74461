import type { Message } from './incoming.js';
import type { Endpoint, Identity, Model, WeighIn } from './scale-posts.js';
import { deleteForm, dial, maintForm, measureForm, post, roomForm, sessionForm } from './scale-posts.js';
import type { ScaleUser, SessionReply } from './ws30-parser.js';
import { parseOnce, parseReply, parseSession } from './ws30-parser.js';

/**
 * A bathroom scale as the disassembly of the firmware of a WS-30 and the captures describe it
 * (docs/protocols/withings.md). How a WS-50 differs is known of its bodies only.
 */

/** How many weigh-ins the scale keeps; the next one is dropped. */
const STORE_SIZE = 16;
const DAY_S = 86_400;
const PATIENCE_MS = 15_000;
/** The address of the scale of the captures. */
const MAC = '00:24:e4:00:00:01';

export interface ScaleOptions {
  readonly mac?: string;
  readonly secret?: string;
  readonly model?: Model;
  /** How long it waits for more of a reply. How long the real one does is not known. */
  readonly patienceMs?: number;
}

/** One request of a visit, and what came back. */
interface Exchanged {
  readonly endpoint: Endpoint;
  readonly status: number;
  readonly reply: Message;
}

/** How a visit went. */
export interface Visit {
  /** The session that was opened; null when that was refused. */
  readonly session: SessionReply | null;
  readonly exchanges: readonly Exchanged[];
  /** The weigh-ins that the scale has forgotten, since they were answered with status 0. */
  readonly forgot: readonly WeighIn[];
}

export interface VisitOptions {
  /** Comes between two requests: before that of an endpoint. */
  readonly before?: (endpoint: Endpoint) => void | Promise<void>;
  /** Goes on over another connection from the first request to this endpoint on. */
  readonly reconnectBefore?: Endpoint;
  /** How often each measure is posted before the scale believes that it is through. */
  readonly repeat?: number;
  /** Posts measures under this id, and not under that of its session. */
  readonly sessionOfMeasures?: string;
}

/** Posts a form to an endpoint, and gives the status and the text of the reply. */
type Ask = (endpoint: Endpoint, form: string) => Promise<{ status: number; payload: Buffer }>;

export class Scale {
  /** Where it calls. */
  port: number;
  readonly identity: Identity;
  readonly #patienceMs: number;
  /** What is not delivered, the oldest first. */
  readonly store: WeighIn[] = [];
  /** Every weigh-in that it has ever taken into the store. */
  readonly weighed: WeighIn[] = [];
  /** The people that it knows, by the latest session reply that had a table. */
  users: ScaleUser[] = [];
  /** When a WS-50 sampled the air of the room; waits for the next visit. */
  #room: number[] = [];
  /** When the latest weigh-in was: one a second from two hours ago on, so that many at once are in the past. */
  #clock = Math.floor(Date.now() / 1000) - 7200;

  constructor(port: number, options: ScaleOptions = {}) {
    const { mac = MAC, secret = '0123456789abcdef', model = 'WS-30', patienceMs = PATIENCE_MS } = options;
    this.port = port;
    this.identity = { mac, secret, model };
    this.#patienceMs = patienceMs;
  }

  /** Somebody steps on; null when the store is full. Without `users` the scale decides who it is. */
  weigh(kg: number, users?: readonly number[]): WeighIn | null {
    this.#clock++;
    if (this.store.length >= STORE_SIZE) return null;
    const weighIn = { time: this.#clock, kg, users: users ?? this.#recognise(kg, this.#clock) };
    this.store.push(weighIn);
    this.weighed.push(weighIn);
    if (this.identity.model === 'WS-50') this.#room.push(weighIn.time);
    return weighIn;
  }

  /**
   * Connects, opens a session, delivers what it has, and closes the session. Rejects with NoReply, or with
   * ReplyRefused when a reply breaks a rule of the firmware.
   */
  async visit(options: VisitOptions = {}): Promise<Visit> {
    const exchanges: Exchanged[] = [];
    const forgot: WeighIn[] = [];
    let line = await dial(this.identity, this.port, this.#patienceMs);
    let reconnectBefore = options.reconnectBefore;
    const ask: Ask = async (endpoint, form) => {
      await options.before?.(endpoint);
      if (endpoint === reconnectBefore) {
        reconnectBefore = undefined;
        line.socket.end();
        line = await dial(this.identity, this.port, this.#patienceMs);
      }
      const reply = await post(line, endpoint, form);
      const status = endpoint === 'v2/weather' ? 0 : parseReply(endpoint, reply.payload).status;
      exchanges.push({ endpoint, status, reply });
      return { status, payload: reply.payload };
    };
    try {
      const session = await this.#open(ask);
      if (session === null) return { session, exchanges, forgot };
      const { sessionid, ind } = session;
      if (ind !== undefined && ind.stp !== 0) await ask('maint', maintForm(this.identity, sessionid));
      await this.#deliver(ask, options.sessionOfMeasures ?? sessionid, options.repeat ?? 1, forgot);
      if (this.identity.model === 'WS-50') await this.#deliverRoom(ask, sessionid);
      await ask('delete', deleteForm(sessionid));
      return { session, exchanges, forgot };
    } finally {
      line.socket.destroySoon();
    }
  }

  /** Null when once or session are answered with another status than 0: then it hangs up. */
  async #open(ask: Ask): Promise<SessionReply | null> {
    const challenge = await ask('once', 'action=get');
    if (challenge.status !== 0) return null;
    const opened = await ask('session', sessionForm(this.identity, parseOnce(challenge.payload)));
    if (opened.status !== 0) return null;
    const session = parseSession(opened.payload);
    // What it does to them itself is not to be seen in the reply.
    this.users = structuredClone(session.users) ?? this.users;
    return session;
  }

  /** Posts what is in the store until one is not answered with status 0. */
  async #deliver(ask: Ask, session: string, repeat: number, forgot: WeighIn[]): Promise<void> {
    for (let next = this.store[0]; next !== undefined; next = this.store[0]) {
      const form = measureForm(this.identity, session, next);
      for (let times = 0; times < repeat; times++) {
        if ((await ask('measure', form)).status !== 0) return;
      }
      this.store.shift();
      forgot.push(next);
      const { kg, time, users } = next;
      const weighed = this.users.filter(({ id }) => users.length === 1 && id === users[0]);
      for (const user of weighed) Object.assign(user, { wt: kg, cr: time, att: 0 });
    }
  }

  async #deliverRoom(ask: Ask, session: string): Promise<void> {
    if (this.#room.length > 0) {
      const { status } = await ask('v2/measure', roomForm(this.identity, session, this.#room));
      if (status === 0) this.#room = [];
    }
    // What it makes of the reply is not known; it was content with one that was not JSON.
    await ask('v2/weather', `sessionid=${session}`);
  }

  /** Whose weight it is: docs/protocols/withings.md, "Whose weight it is". */
  #recognise(kg: number, time: number): number[] {
    const isOnlyNew = this.users.filter(({ att }) => att === 4).length === 1;
    const within = kg >= 100 ? 3 : kg >= 50 ? 2.5 : 1.5;
    const near = this.users.filter(({ wt, cr, att }) => {
      if (cr - time > 2 * DAY_S) return false;
      if (att === 4 && isOnlyNew) return Math.abs(kg - wt) <= wt / 10;
      const age = Math.max(0, time - cr);
      const weeks = Math.floor(age / (7 * DAY_S));
      return Math.abs(kg - wt) <= (age <= 2 * DAY_S ? within : Math.min(6, within * (weeks + 1)));
    });
    return near.slice(0, 3).map(({ id }) => id);
  }
}
