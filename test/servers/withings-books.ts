import { createHash, randomBytes } from 'node:crypto';
import type { Endpoint } from './scale-posts.js';

/**
 * What the vendor's cloud knows of scales, and what it says to them by docs/protocols/withings.md: nonces, sessions,
 * people, measures. It trusts nobody, and counts everything.
 */

/** A person in the table of a scale, as it stands in a session reply. */
export interface CloudUser {
  readonly id: number;
  readonly sn: string;
  wt: number;
  readonly ht: number;
  readonly agt: number;
  readonly sx: number;
  readonly fm: number;
  cr: number;
  att: number;
}

/** A scale of an account. */
export interface CloudDevice {
  /** Undefined when the cloud is to believe every hash. */
  readonly secret?: string;
  readonly users: CloudUser[];
  /** Asks for maint in the next session. */
  asksMaint: boolean;
}

/** One quantity that a post brought. */
export interface Receipt {
  /** `address time type`. */
  readonly key: string;
  readonly value: number;
  readonly users: readonly number[];
  readonly session: string;
  /** Of the post: the number of its connection, and when it came, of the monotonic clock. */
  readonly connection: number;
  readonly atMs: number;
  /** Whether the whole good answer was written to a connection that was not closed. */
  answered: boolean;
}

/** How often a measure came, and how many of these times were answered. */
export interface Tally {
  readonly received: number;
  readonly answered: number;
}

/** A session that the cloud has given; ids that it has not are in no book. */
export interface Session {
  readonly device: string;
  isOpen: boolean;
}

/** A post, taken apart. */
export interface Post {
  readonly endpoint: Endpoint;
  readonly form: URLSearchParams;
  readonly connection: number;
}

/** What a post is answered with, and what is in the books by it. */
export interface Outcome {
  readonly body: { readonly status: number; readonly body?: unknown };
  readonly receipts: readonly Receipt[];
}

const AUTHFAILED = 100;
const WRONGMEASURES = 206;
const WRONGUSERID = 247;
const WRONGSESSIONID = 250;
const INVALID_PARAMS = 503;
const EXPIRED_NONCE = 507;

const good: Outcome = { body: { status: 0 }, receipts: [] };

export class WithingsBooks {
  readonly devices = new Map<string, CloudDevice>();
  readonly sessions = new Map<string, Session>();
  readonly receipts: Receipt[] = [];
  /** Every post that was answered, and with what. */
  readonly answers: { readonly endpoint: Endpoint; readonly status: number; readonly connection: number }[] =
    [];
  /** Nonces, and which connection got them. */
  readonly #nonces = new Map<string, number>();

  /** How often each measure came, by `address time type`. */
  tally(): ReadonlyMap<string, Tally> {
    const tallies = new Map<string, Tally>();
    for (const { key, answered } of this.receipts) {
      const { received, answered: before } = tallies.get(key) ?? { received: 0, answered: 0 };
      tallies.set(key, { received: received + 1, answered: before + (answered ? 1 : 0) });
    }
    return tallies;
  }

  /** How often this status was given. */
  count(status: number): number {
    return this.answers.filter((answer) => answer.status === status).length;
  }

  answer(post: Post): Outcome {
    const outcome = this.#outcome(post);
    this.answers.push({ endpoint: post.endpoint, status: outcome.body.status, connection: post.connection });
    this.receipts.push(...outcome.receipts);
    return outcome;
  }

  /** A session reply with a new id, whoever asked. */
  open(mac: string): Outcome {
    const device = this.#device(mac);
    const sessionid = `${randomBytes(2).readUInt16BE()}-${hexTime(1)}-${randomBytes(4).toString('hex')}`;
    this.sessions.set(sessionid, { device: mac, isOpen: true });
    const stp = device.asksMaint ? 1 : 0;
    device.asksMaint = false;
    const body = {
      sessionid,
      sp: { users: device.users },
      ind: { lg: 'en_GB', imt: 1, stp, f: 0, g: 97918 },
      syp: { utc: Math.floor(Date.now() / 1000) },
      ctp: { goff: -14400, dst: 0, ngoff: 0 },
    };
    return { body: { status: 0, body }, receipts: [] };
  }

  #outcome(post: Post): Outcome {
    const { endpoint, form, connection } = post;
    const action = form.get('action');
    if (endpoint === 'once' && action === 'get') {
      const once = `${hexTime(100)}-${randomBytes(4).toString('hex')}`;
      this.#nonces.set(once, connection);
      return { body: { status: 0, body: { once } }, receipts: [] };
    }
    if (endpoint === 'once') return action === 'probe' ? good : failed(INVALID_PARAMS);
    if (endpoint === 'session') return this.#authenticate(form, connection);
    const session = this.sessions.get(form.get('sessionid') ?? '');
    if (session === undefined || !session.isOpen) return failed(WRONGSESSIONID);
    switch (endpoint) {
      case 'delete':
        session.isOpen = false;
        return good;
      case 'measure':
      case 'v2/measure':
        return this.#measure(post, session);
      case 'v2/weather':
        return { body: { status: 0, body: { series: [] } }, receipts: [] };
      default:
        return good;
    }
  }

  /** The hash is none of its own nonces: it expired when this connection got none, else it is wrong. */
  #authenticate(form: URLSearchParams, connection: number): Outcome {
    const mac = form.get('auth') ?? '';
    if (form.get('action') !== 'new' || !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac))
      return failed(INVALID_PARAMS);
    const { secret } = this.#device(mac);
    const nonces = [...this.#nonces.keys()];
    const isProven =
      secret === undefined
        ? nonces.length > 0
        : nonces.some((once) => md5(`${mac}:${secret}:${once}`) === form.get('hash'));
    if (isProven) return this.open(mac);
    return failed([...this.#nonces.values()].includes(connection) ? AUTHFAILED : EXPIRED_NONCE);
  }

  #measure({ form, connection }: Post, session: Session): Outcome {
    const mac = form.get('macaddress') ?? session.device;
    if (mac !== session.device) return failed(WRONGSESSIONID);
    const users = form.getAll('userid').map(Number);
    const known = this.#device(mac).users;
    if (users.some((user) => !known.some(({ id }) => id === user))) return failed(WRONGUSERID);
    const quantities = quantitiesIn(form);
    if (quantities === undefined) return failed(WRONGMEASURES);
    const sessionid = form.get('sessionid') ?? '';
    const receipts = quantities.map(({ time, type, value }) => {
      const user = known.find(
        ({ id, cr }) => type === 1 && users.length === 1 && id === users[0] && cr < time,
      );
      if (user) Object.assign(user, { wt: value, cr: time, att: 0 });
      return {
        ...{ key: `${mac} ${time} ${type}`, value, users, session: sessionid },
        ...{ connection, atMs: performance.now(), answered: false },
      };
    });
    const isGrouped = form.has('measuregrps') && receipts.some(({ key }) => key.endsWith(' 1'));
    const updatetime = Math.floor(Date.now() / 1000);
    return { body: isGrouped ? { status: 0, body: { updatetime } } : { status: 0 }, receipts };
  }

  #device(mac: string): CloudDevice {
    let device = this.devices.get(mac);
    if (device === undefined) {
      device = { users: [], asksMaint: false };
      this.devices.set(mac, device);
    }
    return device;
  }
}

interface Quantity {
  readonly time: number;
  readonly type: number;
  readonly value: number;
}

/** What the forms of the three kinds of measure posts bring; undefined when one cannot be read. */
function quantitiesIn(form: URLSearchParams): Quantity[] | undefined {
  const text = form.get('measures') ?? form.get('measuregrps');
  if (text === null) return undefined;
  try {
    const parsed = JSON.parse(text);
    const groups = Array.isArray(parsed)
      ? parsed
      : (parsed.measuregrps ?? [{ ...parsed, meastime: form.get('meastime') }]);
    return groups.flatMap(({ meastime, measures }: { meastime: unknown; measures: unknown[] }) =>
      measures.map((measure) => quantityOf(Number(meastime), measure)),
    );
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function quantityOf(time: number, measure: unknown): Quantity {
  const { value, unit, type, data } = Object(measure);
  const found = data ? data.mantissa * 10 ** data.exponent : value * 10 ** unit;
  if (![time, found, type].every(Number.isFinite)) throw new TypeError('no number');
  // Numbers in decimal, as they were meant.
  return { time, type, value: Number(found.toFixed(6)) };
}

function failed(status: number): Outcome {
  return { body: { status }, receipts: [] };
}

function hexTime(dividedBy: number): string {
  return Math.floor(Date.now() / 1000 / dividedBy)
    .toString(16)
    .padStart(8, '0');
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
