import type { RenphoExchange } from './exchange.js';
import { isObject, type JsonObject, numberOf, parseJson, textOf } from './json.js';

/** An object with a time stamp, wherever it stands in an exchange: a weigh-in, girths, or something else. */
export interface Row {
  readonly json: JsonObject;
  /** Whether the phone sent it. */
  readonly uploaded: boolean;
  /** Whether it stands in a list of what was deleted. */
  readonly deleted: boolean;
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

class Walk {
  readonly rows: Row[] = [];
  readonly deleted = new Set<string>();
  readonly #uploaded: boolean;

  constructor(uploaded: boolean) {
    this.#uploaded = uploaded;
  }

  /** JSON has at most so many levels as parseJson lets through, and texts are taken apart once. */
  visit(value: unknown, inDeleted = false, inText = false): void {
    if (typeof value === 'string') {
      if (!inText && /^\s*[[{]/.test(value)) this.visit(parseJson(value), inDeleted, true);
    } else if (Array.isArray(value)) {
      for (const element of value) this.visit(element, inDeleted, inText);
    } else if (isObject(value)) {
      if ((value.timeStamp ?? value.time_stamp ?? '') !== '') {
        this.rows.push({ json: value, uploaded: this.#uploaded, deleted: inDeleted });
      }
      for (const name in value) {
        const inner = value[name];
        if (deletedNames.has(name)) this.#delete(inner);
        if (typeof inner === 'object' || typeof inner === 'string') {
          this.visit(inner, inDeleted || deletedNames.has(name), inText);
        }
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
