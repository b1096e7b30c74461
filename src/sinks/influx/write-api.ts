import { oneLine } from './answer.js';
import type { InfluxTarget } from './url.js';

/** What is in the body of an answer. */
export interface Said {
  /** For people, in one line; empty when the answer says nothing. */
  readonly text: string;
  /** The members of the JSON object that the body is; none when it is something else. */
  readonly members: Readonly<Record<string, unknown>>;
}

/** How InfluxDB 2 or 3 is written to: one line-protocol body by POST, times in milliseconds. */
export interface WriteApi {
  /** Path and query. */
  readonly path: string;
  readonly authorization: string;
  /** Path and query of the request that deletes points; null where there is none. */
  readonly deletePath: string | null;
  /** Whether an answer is InfluxDB's word that it does not take points of the batch, now or later. */
  isVerdict(status: number, said: Said): boolean;
  /** Whether the answer to a deletion is that there is no such bucket, and so nothing to delete. */
  isNothingThere(status: number, said: Said): boolean;
}

/**
 * InfluxDB 2: `POST /api/v2/write` (docs.influxdata.com, InfluxDB v2, "Write data" and "Troubleshoot issues writing
 * data"; influxdata/influxdb, `http/write_handler.go`). Errors are `{"code", "message"}`. A line that cannot be read is
 * 400 `invalid` and stops the whole batch; points that conflict with a field's type or are older than the bucket keeps
 * are 422 `unprocessable entity`, with the others of the batch written. The first releases of 2.0 had 500 with "partial
 * write" for these [I]. Points are deleted by `POST /api/v2/delete`, for which the right to write is enough
 * (`http/delete_handler.go`); a path that is not known is 404 `not found` as well, with "path not found" [I].
 */
export function writeApi2({ database }: InfluxTarget, token: string, org: string): WriteApi {
  const query = new URLSearchParams({ org, bucket: database, precision: 'ms' });
  return {
    path: `/api/v2/write?${query}`,
    deletePath: `/api/v2/delete?${new URLSearchParams({ org, bucket: database })}`,
    authorization: `Token ${token}`,
    isNothingThere: (status, { text, members: { code } }) =>
      status === 404 && code === 'not found' && !/\bpath\b/.test(text),
    isVerdict(status, { text, members: { code } }) {
      if (status === 400) return code === 'invalid';
      return code !== undefined && (status === 422 || (status === 500 && /\bpartial write\b/.test(text)));
    },
  };
}

/**
 * InfluxDB 3: `POST /api/v3/write_lp` (docs.influxdata.com, InfluxDB 3 Core, "Use the v3 write_lp API to write data").
 * The database is made when it is missing. Lines that it does not take are 400 with `{"error", "data"}`, where `data`
 * tells of each line, or of the first; the others are written. An error without `data` is about the request, such as a
 * name that no database may have, and is no word about any point [I]. Nothing can be deleted but whole tables and
 * databases.
 */
export function writeApi3({ database }: InfluxTarget, token: string): WriteApi {
  const query = new URLSearchParams({ db: database, precision: 'millisecond' });
  return {
    path: `/api/v3/write_lp?${query}`,
    deletePath: null,
    isNothingThere: () => false,
    authorization: `Bearer ${token}`,
    isVerdict: (status, { members: { error, data } }) =>
      (status === 400 || status === 422) && error !== undefined && firstLine(data) !== undefined,
  };
}

/** Reads the body of an answer of either version, or of whatever else answers there. The text has no token in it. */
export function saidIn(body: string, token: string): Said {
  const members = object(body);
  const { message, error, data } = members;
  const why = firstLine(data)?.error_message;
  const said = [message, error, why].filter((part) => typeof part === 'string');
  const text = said.length === 0 ? body : said.join(': ');
  return { text: oneLine(text.replaceAll(token, '***')), members };
}

/** What InfluxDB 3 says of the first line that it does not take. */
function firstLine(data: unknown): Readonly<Record<string, unknown>> | undefined {
  const line: unknown = Array.isArray(data) ? data[0] : data;
  return isObject(line) ? line : undefined;
}

/** The members of a JSON object; none when the text is something else. */
function object(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    // The page of a proxy, or an answer that was cut: it says what it says as text.
    return {};
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
