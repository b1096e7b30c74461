import { view } from '../raw.js';
import type { Circumstances } from '../vendor.js';
import { isObject, type JsonObject, jsonText, member, parseJson } from './json.js';
import { isGravity, type Limits, limitsBy, withoutOrders } from './limits.js';
import { isWhole } from './user-members.js';
import { type LearntTable, latest, userTable, withoutThose } from './user-table.js';
import type { Visit } from './visit.js';

/**
 * Our own reply to session new, in the words of the learnt one if there is one: what it held besides stays, since a
 * newer model may want it.
 *
 *     {"status":0,"body":{"sessionid":"6256-51492c6d-5483c37e","sp":{"users":[...]},
 *       "ind":{"lg":"en_GB","imt":1,"stp":0,"f":0,"g":97918},"syp":{"utc":1363749997},
 *       "ctp":{"goff":-14400,"dst":0,"ngoff":0}}}
 */
export function sessionReply(visit: Visit, device: string, circumstances: Circumstances): string {
  return made(visit, device, circumstances, learntSession(device, circumstances));
}

/** Levels of JSON at which a session reply has its body, and in it the list of users. */
const BODY_LEVEL = 2;
const USERS_LEVEL = 4;

interface Learnt {
  /** The body, without orders. */
  readonly body: JsonObject;
  readonly table: LearntTable | undefined;
  /** The whole reply as it stood; empty when there is none. */
  readonly text: string;
  readonly limits: Limits;
}

/** Members of `ind` that are whole numbers. */
const unitSettings: ReadonlySet<string> = new Set(['tmp', 'w', 'h', 'd']);
const wholeSettings: ReadonlySet<string> = new Set([...unitSettings, 'imt', 'f']);

const nothingLearnt: Learnt = { body: {}, table: undefined, text: '', limits: limitsBy('', []) };

/** The learnt session reply with its users, or those that were learnt or set after it. */
function learntSession(device: string, { value }: Circumstances): Learnt {
  const session = value(device, 'session');
  const json = parseJson(session?.text ?? '');
  const found = member(json, 'status') === 0 ? withoutOrders(member(json, 'body'), BODY_LEVEL) : undefined;
  const body = isObject(found) ? found : {};
  const inSession = tableOf(member(body.sp, 'users'), session?.updatedAtMs);
  const users = value(device, 'users');
  const alone = tableOf(withoutOrders(parseJson(users?.text ?? ''), USERS_LEVEL), users?.updatedAtMs);
  const younger = alone !== undefined && alone.atMs >= (inSession?.atMs ?? Number.NEGATIVE_INFINITY);
  const text = isObject(found) ? (session?.text ?? '') : '';
  return { body, table: younger ? alone : inSession, text, limits: limitsBy(text, inSession?.users ?? []) };
}

function tableOf(users: unknown, atMs: number | undefined): LearntTable | undefined {
  return Array.isArray(users) && atMs !== undefined ? { users, atMs } : undefined;
}

/** The reply, with as many users as there is room for; without the learnt words when they leave none at all. */
function made(visit: Visit, device: string, circumstances: Circumstances, learnt: Learnt): string {
  const { body, table, text, limits } = learnt;
  const rest = {
    ind: settings(visit, device, circumstances, objectOf(body.ind)),
    syp: clock(circumstances, body.syp),
    ctp: offsets(circumstances, body.ctp),
  };
  const sessionid = sessionId(circumstances);
  for (let users = userTable(table, circumstances, limits); ; ) {
    // An empty table makes the scale forget whom it knows, so that is only said where the server has said so.
    const unknown = users.length === 0 && table === undefined;
    const sp = unknown ? undefined : { ...objectOf(body.sp), users };
    const json = jsonText({ ...body, sessionid, sp, ...rest }) ?? '{}';
    const whole = written(`{"status":0,"body":${json}}`, text);
    const bytes = Buffer.byteLength(whole);
    if (bytes <= limits.bytes) return whole;
    if (users.length === 0) {
      return learnt === nothingLearnt ? whole : made(visit, device, circumstances, nothingLearnt);
    }
    const room = Math.floor((users.length * limits.bytes) / bytes);
    users = latest(users, Math.min(users.length - 1, room));
  }
}

/**
 * JSON as the server writes it, by its learnt reply: PHP escapes slashes and all that is not ASCII, unless it is told
 * not to.
 */
function written(json: string, learnt: string): string {
  if (/\P{ASCII}|[^\\]\//u.test(learnt)) return json;
  return json
    .replaceAll('/', '\\/')
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `number-hex time-hex random`, as they were until 2013; at most 22 characters of the 31 that a scale can hold. */
function sessionId({ nowMs, random }: Circumstances): string {
  const [a = 0, b = 0] = random.subarray(8);
  const number = 1_000 + ((a * 256 + b) % 9_000);
  return `${number}-${hex32(Math.floor(nowMs / 1000))}-${hex(random.subarray(4, 8))}`;
}

/** Eight hex digits, whatever the number. */
export function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}

/** Two hex digits a byte. */
export function hex(bytes: Uint8Array): string {
  return view(bytes).toString('hex');
}

/**
 * `ind`, or nothing when gravity is not known: a scale passes over an `ind` without it, and a wrong one makes all
 * weights wrong. Sending `stp` 1 asks the scale for its secret.
 */
function settings(
  visit: Visit,
  device: string,
  circumstances: Circumstances,
  learnt: JsonObject,
): JsonObject | undefined {
  const g = gravityOf(device, circumstances, learnt);
  if (g === undefined) return undefined;
  const asked = (circumstances.known.value(device, 'learn-secret') ?? '') !== '';
  const stp = asked && visit.verdict !== 'verified' ? 1 : 0;
  const units = objectOf(parseJson(circumstances.value(device, 'units')?.text ?? ''));
  const known = {
    ...membersOf(
      learnt,
      ([name, value]) => isWhole(value) || !(wholeSettings.has(name) || isFraction(value)),
    ),
    ...membersOf(units, ([name, value]) => unitSettings.has(name) && isWhole(value)),
  };
  const lg = languageOf(device, circumstances, learnt);
  // What is not learnt is as the WS-30's server told a scale that had no users.
  return { ...known, ...withoutThose({ lg, imt: 1, stp, f: 0, g }, known), lg, stp, g };
}

/** Gravity in 1e-4 m/s2: as learnt or set, else by the place that is told; undefined when it cannot be had. */
function gravityOf(
  device: string,
  { value, gravityMs2 }: Circumstances,
  learnt: JsonObject,
): number | undefined {
  const text = value(device, 'gravity')?.text ?? '';
  const places = [
    /^\d{1,6}$/.test(text) ? Number(text) : 0,
    learnt.g,
    Math.round((gravityMs2 ?? 0) * 10_000),
  ];
  return places.filter(isWhole).find(isGravity);
}

/** A tag of at most five characters: as learnt or set, else by the settings, else that of most captures. */
function languageOf(device: string, { value, language }: Circumstances, learnt: JsonObject): string {
  const known = [value(device, 'language')?.text, learnt.lg];
  const tag = known.find((text) => typeof text === 'string' && /^[\w-]{1,5}$/.test(text));
  return typeof tag === 'string' ? tag : (shortTag(language ?? '') ?? 'en_GB');
}

/** `en_GB` of `en-GB`, `en_GB.UTF-8` or `en-Latn-GB`; without the country when both take more than five characters. */
function shortTag(tag: string): string | undefined {
  const parts = /^([a-z]{2,3})(?:[_-][a-z]{4})?(?:[_-]([a-z]{2}))?(?![a-z\d])/i.exec(tag);
  const [, tongue = '', country] = parts?.map((part) => part ?? '') ?? [];
  const whole = `${tongue.toLowerCase()}_${(country ?? '').toUpperCase()}`;
  if (tongue === '') return undefined;
  return country === '' || whole.length > 5 ? tongue.toLowerCase() : whole;
}

/** `syp` with the time; nothing when the time cannot be trusted, as it sets the scale's clock. */
function clock({ nowMs, clockIsRight }: Circumstances, learnt: unknown): JsonObject | undefined {
  const utc = Math.floor(nowMs / 1000);
  return clockIsRight && isWhole(utc) ? { ...objectOf(learnt), utc } : undefined;
}

/** `ctp`; nothing when the time cannot be trusted, since the offsets are those of another season then. */
function offsets({ zone, clockIsRight }: Circumstances, learnt: unknown): JsonObject | undefined {
  const { offsetS: goff, changeS: dst, nextOffsetS: ngoff } = zone;
  return clockIsRight ? { ...objectOf(learnt), goff, dst, ngoff } : undefined;
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** A number that no member of `ind` can be: in it all are whole. */
function isFraction(value: unknown): boolean {
  return typeof value === 'number' && !Number.isInteger(value);
}

function membersOf(
  object: JsonObject,
  wanted: (member: [name: string, value: unknown]) => boolean,
): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(wanted));
}
