import type { RenphoExchange } from './exchange.js';
import { isObject, type JsonObject, numberOf, parseJson, textOf } from './json.js';

/** An object with a time stamp, wherever it stands in an exchange: a weigh-in, girths, or something else. */
export interface Row {
  readonly json: JsonObject;
  /** Whether the phone sent it. */
  readonly uploaded: boolean;
  /** Whether it stands in a list of what was deleted. */
  readonly deleted: boolean;
  /** Whose it is by its own word; undefined when it names nobody. */
  readonly person: string | undefined;
  /** Whom the object names that it stands in, or the next one outwards. */
  readonly around: string | undefined;
}

export interface Rows {
  readonly rows: readonly Row[];
  /** The cloud's ids of what was deleted, by its own word. */
  readonly deleted: readonly string[];
  /**
   * The cloud's ids of what the phone sent, by time stamp: it answers `[{"id":..,"timeStamp":..}]` to the upload of
   * girths, and is expected to do the same for weigh-ins [I]. Null when there are several of one time.
   */
  readonly ids: ReadonlyMap<number, string | null>;
}

/** Lists of what was deleted: rows or ids. */
const deletedNames: ReadonlySet<string> = new Set(['delete_ary', 'deleteAry']);

/**
 * Everything with a time stamp in request and answer, whatever the endpoint: in lists, in objects, in JSON that stands
 * as a text in a field (fields named `*_json` are known of the old cloud), and the fields of the request themselves.
 */
export function rowsOf({ query, form, sent, got }: RenphoExchange): Rows {
  const uploads = new Walk(true);
  uploads.visit(Object.fromEntries(query));
  uploads.visit(Object.fromEntries(form));
  uploads.visit(sent);
  const answers = new Walk(false);
  answers.visit(got);
  return {
    rows: [...uploads.rows, ...answers.rows],
    deleted: [...answers.deleted],
    ids: idsByTime(answers.rows),
  };
}

/** The time stamp of a row in seconds; undefined when it is none. */
export function secondsOf({ timeStamp, time_stamp }: JsonObject): number | undefined {
  const seconds = Math.trunc(numberOf(timeStamp ?? time_stamp) ?? 0);
  return seconds > 0 && seconds <= 0xffff_ffff ? seconds : undefined;
}

/** The id that a row has in the cloud. `girth_id` is none: the old cloud may count girths by themselves [I]. */
export function cloudIdOf(row: JsonObject): string | null {
  const text = textOf(row.id);
  return text === undefined || /^0*$/.test(text) ? null : text;
}

/**
 * Whom an object names. The owner comes first; a Wi-Fi scale's row that the app has not yet given to anybody has only
 * `subUserId` (a1dancole/renpho-mcp, README).
 */
export function personOf(json: JsonObject): string | undefined {
  return (
    personId(json.bUserId) ??
    personId(json.b_user_id) ??
    personId(json.subUserId) ??
    personId(json.sub_user_id) ??
    personId(json.userId) ??
    personId(json.user_id)
  );
}

/** An id that is somebody's. */
export function personId(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined || /^0*$/.test(text) ? undefined : text;
}

/** Where a value stands. */
interface Surroundings {
  readonly inDeleted: boolean;
  /** In JSON that stands as a text: texts are taken apart once. */
  readonly inText: boolean;
  readonly person: string | undefined;
}

const outermost: Surroundings = { inDeleted: false, inText: false, person: undefined };

class Walk {
  readonly rows: Row[] = [];
  readonly deleted = new Set<string>();
  readonly #uploaded: boolean;

  constructor(uploaded: boolean) {
    this.#uploaded = uploaded;
  }

  /** JSON has at most so many levels as parseJson lets through. */
  visit(value: unknown, around = outermost): void {
    if (typeof value === 'string') {
      if (!around.inText && /^\s*[[{]/.test(value)) this.visit(parseJson(value), { ...around, inText: true });
    } else if (Array.isArray(value)) {
      for (const element of value) this.visit(element, around);
    } else if (isObject(value)) {
      this.#visitObject(value, around);
    }
  }

  #visitObject(json: JsonObject, around: Surroundings): void {
    const person = personOf(json);
    if ((json.timeStamp ?? json.time_stamp ?? '') !== '') {
      const { inDeleted: deleted, person: outer } = around;
      this.rows.push({ json, uploaded: this.#uploaded, deleted, person, around: outer });
    }
    const inside = person === undefined ? around : { ...around, person };
    for (const name in json) {
      const inner = json[name];
      const isList = deletedNames.has(name);
      if (isList) this.#delete(inner);
      if (typeof inner === 'object' || typeof inner === 'string') {
        this.visit(inner, isList ? { ...inside, inDeleted: true } : inside);
      }
    }
  }

  #delete(list: unknown): void {
    for (const element of Array.isArray(list) ? list : []) {
      const id = cloudIdOf(isObject(element) ? element : { id: element });
      if (id !== null) this.deleted.add(id);
    }
  }
}

function idsByTime(answers: readonly Row[]): ReadonlyMap<number, string | null> {
  const ids = new Map<number, string | null>();
  for (const { json } of answers) {
    const seconds = secondsOf(json);
    const id = cloudIdOf(json);
    if (seconds === undefined || id === null) continue;
    const other = ids.get(seconds);
    ids.set(seconds, other === undefined || other === id ? id : null);
  }
  return ids;
}
