import { printable } from '../../model/escape.js';
import type { RawMessage } from '../../model/exchange.js';
import { quote } from '../quote.js';
import { contentOf, hasChunkedBody, isCut, lowerHeader, pathOf, targetOf, view } from '../raw.js';
import type { Judgement } from '../vendor.js';
import { endpoints } from './endpoints.js';
import { isObject, type JsonObject, member, parseJson } from './json.js';
import { fieldText, requestForm } from './request-form.js';

type Bad = Extract<Judgement, { good: false }>;

const WEATHER = '/cgi-bin/v2/weather';

const PLAIN = Buffer.from('{"status":0}');
const PLAIN_CHUNKED = Buffer.from('c\r\n{"status":0}\r\n0\r\n\r\n');
const FINE: Judgement = { good: true, status: 0, final: false, session: null };

/**
 * Statuses that say what is wrong with what was sent: the same would be refused again in any other session. By
 * the names in status.ts. All others, those without a name too, may be about the session (100, 250, 501, 507), the
 * account or the server's own trouble (519, 525, 601, 2551 to 2558); 200 has two names, one of each sort.
 *
 * 201 WRONGDATE, 202 WRONGMEASNATURE, 206 WRONGMEASURES, 211 WRONGMEASUNIT, 212 WRONGMEASATTRIB, 225 ILLEGALMEASURE,
 * 235 WRONGMACADDRESS, 246 WRONGMEASTYPE, 247 WRONGUSERID, 248 WRONGDEVICETYPE, 249 WRONG_DATE_FORMAT,
 * 252 WRONGBATTERYLVL, 258 WRONGMAINTDATA, 260 WRONGDEVTYPE, 265 TOOBIG, 267 WRONGFW, 275 WRONGSESSIONDURATION,
 * 300 WRONGIMPEDANCEMETER, 331 WRONGMFGID, 503 INVALID_PARAMS, 515 INVALID_FUTURE_DATE, 521 MSG_TOO_LONG
 */
const finals: ReadonlySet<number> = new Set([
  ...[201, 202, 206, 211, 212, 225, 235, 246, 247, 248, 249, 252, 258, 260, 265, 267, 275, 300, 331],
  ...[503, 515, 521],
]);

/**
 * Whether a reply is the vendor's own: a JSON object with a whole `status`, and with what the scale needs of it to
 * go on, `body.once` and `body.sessionid`. To `once action=probe` any JSON will do (WS-30 firmware 211).
 *
 * The scale does not look at the HTTP status, and the real server has only been seen with 200. Other servers
 * on the way do mean something by it, so a reply is the vendor's own with 2xx, and with 4xx if its `status` says what
 * is wrong; but not where a 4xx says 0, or only repeats the HTTP status, which is how web frameworks word their
 * errors. A redirect never is, and 5xx is the server's trouble whatever the body says.
 *
 * Of a path that is not in endpoints.ts, a firmware image say, the shape of replies is not known, and neither is that
 * of the weather: all but 5xx pass.
 */
export function judge(request: RawMessage, response: RawMessage): Judgement {
  const http = httpStatus(response.head);
  if (http >= 500 && http <= 599) return bad('server-error', `HTTP status ${http}`);
  const path = pathOf(targetOf(request.head));
  const needs = path === '/cgi-bin/once' || path === '/cgi-bin/session' ? need(path, request) : null;
  if (http >= 200 && http <= 299 && needs === null && isPlain(response)) return FINE;

  if (!endpoints.has(path) || path === WEATHER) return FINE;
  if (http < 200 || (http >= 300 && http <= 399)) return notProtocol(`HTTP status ${http}`);
  const json = readJson(response);
  if ('good' in json) return json;
  if (needs === 'any') return http > 299 ? notProtocol(`HTTP status ${http}`) : good(anyStatus(json.value));
  if (!isObject(json.value)) return notProtocol('JSON that is no object');
  return judgeObject(json.value, http, needs);
}

function judgeObject(reply: JsonObject, http: number, needs: 'once' | 'sessionid' | null): Judgement {
  const status = member(reply, 'status');
  if (typeof status !== 'number' || !Number.isSafeInteger(status)) {
    return notProtocol(status === undefined ? 'JSON without status' : `status is ${quote(status)}`);
  }
  if (http > 299 && (status === 0 || status === http)) {
    return notProtocol(`HTTP status ${http} and status ${status}`);
  }
  if (status !== 0 || needs === null) return good(status);
  const value = member(member(reply, 'body'), needs);
  if (typeof value !== 'string' || value === '') return notProtocol(`status 0 without body.${needs}`);
  return good(0, needs === 'sessionid' ? value : null);
}

/** The status of a reply that need not have one. */
function anyStatus(reply: unknown): number {
  const status = member(reply, 'status');
  return typeof status === 'number' && Number.isSafeInteger(status) ? status : 0;
}

/** The member of its body that a good reply must have; `any` when any JSON will do. */
function need(path: string, request: RawMessage): 'once' | 'sessionid' | 'any' | null {
  const action = actionOf(request);
  if (path === '/cgi-bin/session') return action === 'new' ? 'sessionid' : null;
  if (action === 'get') return 'once';
  return action === 'probe' ? 'any' : null;
}

/** The request's action. Scales say it first, and their bodies are not chunked. */
function actionOf(request: RawMessage): string | undefined {
  const first = /^action=([a-z]+)&/.exec(view(request.body).toString('latin1', 0, 24));
  return first?.[1] ?? fieldText(requestForm(request), 'action');
}

function good(status: number, session: string | null = null): Judgement {
  return { good: true, status, final: finals.has(status), session };
}

function bad(reason: Bad['reason'], detail: string): Bad {
  return { good: false, reason, detail };
}

function notProtocol(detail: string): Bad {
  return bad('not-protocol', detail);
}

/** The status in a response's start line; 0 when there is none. */
function httpStatus(head: Uint8Array): number {
  const start = /^[\r\n]*HTTP\/1\.\d[ \t]+([1-9]\d\d)(?!\d)/.exec(view(head).toString('latin1', 0, 64));
  return Number(start?.[1] ?? 0);
}

/** Whether a body is just `{"status":0}`, as the reply to nearly everything is. */
function isPlain(response: RawMessage): boolean {
  const body = view(response.body);
  if (isCut(response)) return false;
  if (body.length === PLAIN.length) return body.equals(PLAIN) && !hasChunkedBody(response.head);
  return body.equals(PLAIN_CHUNKED) && hasChunkedBody(response.head);
}

function readJson(response: RawMessage): { readonly value: unknown } | Bad {
  if (isCut(response)) return notProtocol('body is cut');
  const content = contentOf(response);
  if (content.length === 0) return notProtocol('no body');
  const value = parseJson(content.toString('utf8'));
  if (value !== undefined) return { value };
  const coding = lowerHeader(response.head, 'content-encoding', 'first');
  const type = lowerHeader(response.head, 'content-type', 'first');
  const what = [
    type ?? 'no content type',
    ...(coding === undefined ? [] : [coding]),
    `${content.length} bytes`,
  ];
  return notProtocol(`not JSON (${what.map(plainWord).join(', ')})`);
}

/** A header's value as it may be shown. */
function plainWord(text: string): string {
  return printable(text.slice(0, 40));
}
