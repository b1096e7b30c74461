import type { Kind } from '../../model/quantity.js';
import { type Quality, type Reading, reading } from '../../model/reading.js';
import { normalMac } from '../mac.js';
import { quote } from '../quote.js';
import { lowerHeader } from '../raw.js';
import { isAboutFriends } from './endpoints.js';
import type { RenphoExchange } from './exchange.js';
import { measurements } from './fields.js';
import { girths, isGirths } from './girths.js';
import { type JsonObject, numberOf } from './json.js';
import type { Refusals } from './refusals.js';
import { cloudIdOf, personId, type Row, type Rows, rowsOf, secondsOf } from './rows.js';

/** What was found in the rows of an exchange. */
interface WeighIns {
  /** Each once, even if its row stands there several times. */
  readonly readings: readonly Reading[];
  readonly deleted: readonly string[];
  /** The device that all rows with readings name; null when they do not. */
  readonly device: string | null;
}

/** What of an exchange is the cloud's own word. */
interface Trust {
  /** It has taken what was sent. */
  readonly sent: boolean;
  /** The answer is its own. */
  readonly got: boolean;
}

/** `deviceType` of a weigh-in that was typed in by hand. That `isAuto` or `method` tell it too is disputed. */
const TYPED_IN = '00000';

/** From so many digits on an id in an upload is the cloud's, and not one that the phone counts for itself [I]. */
const CLOUD_DIGITS = 16;

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
/** The farthest zones. */
const MOST_HOURS = 14;
/** Between stepping on the scale and the upload. */
const MOST_DELAY_S = 180;

/** Whose account it is, by the request; null when that does not tell. */
export function accountOf({ exchange, query, form }: RenphoExchange): string | null {
  const header = lowerHeader(exchange.request.head, 'userid', 'first');
  return personId(header) ?? personId(query.get('user_id')) ?? personId(form.get('user_id')) ?? null;
}

/**
 * The weigh-ins in an exchange: every object with a weight above 0 and a time stamp, wherever it stands; no endpoint for
 * uploading them is published. Beside them the records of a tape.
 */
export function weighIns(renpho: RenphoExchange, refusals: Refusals, trust: Trust): WeighIns {
  const rows = rowsOf(renpho);
  const reader = new Reader(renpho, rows, refusals, trust);
  for (const row of rows.rows) reader.read(row);
  const [device = '', ...others] = reader.devices;
  return {
    readings: [...reader.readings.values()],
    deleted: trust.got ? rows.deleted : [],
    device: device === '' || others.length > 0 ? null : device,
  };
}

class Reader {
  readonly readings = new Map<string, Reading>();
  readonly devices = new Set<string>();
  readonly #ids: Rows['ids'];
  readonly #uploadsAt: ReadonlyMap<number, number>;
  readonly #refusals: Refusals;
  readonly #startedAtS: number;
  /** Whom a row belongs to when neither it nor what it stands in names anybody. */
  readonly #account: string | null;
  /** Of friends: what they weigh is never the account's. */
  readonly #mustNamePerson: boolean;
  readonly #trust: Trust;

  constructor(renpho: RenphoExchange, { rows, ids }: Rows, refusals: Refusals, trust: Trust) {
    this.#ids = ids;
    this.#uploadsAt = uploadsAt(rows);
    this.#refusals = refusals;
    this.#startedAtS = renpho.exchange.startedAtUs / 1_000_000;
    this.#mustNamePerson = isAboutFriends(renpho.path);
    this.#account = accountOf(renpho);
    this.#trust = trust;
  }

  read(row: Row): void {
    const { json } = row;
    if ((numberOf(json.weight) ?? 0) > 0) this.#add(row, measurements);
    if (isGirths(json)) this.#add(row, girths);
  }

  #add(row: Row, numbersIn: (json: JsonObject, refusals: Refusals) => Map<Kind, number>): void {
    const { json } = row;
    const person = row.person ?? (this.#mustNamePerson ? null : (row.around ?? this.#account));
    if (person === null && this.#mustNamePerson) return;
    const seconds = secondsOf(json);
    if (seconds === undefined) {
      this.#refusals.add('bad-time', `time stamp is ${quote(json.timeStamp ?? json.time_stamp)}`);
      return;
    }
    const numbers = numbersIn(json, this.#refusals);
    if (numbers.size === 0) return;
    const device = deviceOf(json);
    this.devices.add(device);
    const quality = this.#qualityOf(row, seconds);
    const cloudId = this.#cloudIdOf(row, seconds);
    const rest = { timeMs: seconds * 1000, device, vendor: 'renpho', person, quality, cloudId } as const;
    for (const [kind, value] of numbers) {
      // Not every row of a weigh-in names the device, so it is not part of what makes the reading this one.
      this.#keep(reading({ kind, value, ...rest }, ''));
    }
  }

  /** One that is there already learns what only the other row tells. */
  #keep(found: Reading): void {
    const same = this.readings.get(found.id);
    if (same === undefined) {
      this.readings.set(found.id, found);
      return;
    }
    const quality = [...new Set([...same.quality, ...found.quality])];
    const device = same.device === '' ? found.device : same.device;
    this.readings.set(found.id, { ...same, quality, device, cloudId: same.cloudId ?? found.cloudId });
  }

  #cloudIdOf({ json, uploaded }: Row, seconds: number): string | null {
    // An id that anybody may have made up would stand in the way of the weigh-in that has it.
    if (!this.#isTrusted(uploaded)) return null;
    const own = cloudIdOf(json);
    if (!uploaded) return own;
    if (own !== null && own.length >= CLOUD_DIGITS) return own;
    return this.#uploadsAt.get(seconds) === 1 ? (this.#ids.get(seconds) ?? null) : null;
  }

  #isTrusted(uploaded: boolean): boolean {
    return uploaded ? this.#trust.sent : this.#trust.got;
  }

  #qualityOf({ json, uploaded, deleted }: Row, seconds: number): Quality[] {
    const quality: Quality[] = [];
    const typedIn = (json.deviceType ?? json.device_type) === TYPED_IN;
    if (typedIn) quality.push('typed-in');
    if (deleted) quality.push('deleted');
    if (!this.#isTrusted(uploaded)) quality.push('unverified');
    if (uploaded && !typedIn && this.#isShifted(seconds)) quality.push('shifted-time');
    if (seconds > this.#startedAtS + DAY_S) quality.push('future-time');
    return quality;
  }

  /** Whether what is sent just now says that it was so many whole hours ago, or will be. */
  #isShifted(seconds: number): boolean {
    const ahead = seconds - this.#startedAtS;
    const hours = Math.round(ahead / HOUR_S);
    const count = Math.abs(hours);
    if (count < 1 || count > MOST_HOURS || Math.abs(ahead - hours * HOUR_S) > MOST_DELAY_S) return false;
    const where = hours > 0 ? 'ahead of' : 'behind';
    const text = `time stamp ${seconds} is ${count} ${count === 1 ? 'hour' : 'hours'} ${where} this machine's clock`;
    this.#refusals.add('time-off-by-hours', text);
    return true;
  }
}

/** How many rows the phone sent for each second. */
function uploadsAt(rows: readonly Row[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { json, uploaded } of rows) {
    const seconds = uploaded ? secondsOf(json) : undefined;
    if (seconds !== undefined) counts.set(seconds, (counts.get(seconds) ?? 0) + 1);
  }
  return counts;
}

function deviceOf({ mac }: JsonObject): string {
  const device = typeof mac === 'string' ? normalMac(mac) : null;
  return device === null || device === '00:00:00:00:00:00' ? '' : device;
}
