import type { Proof } from './hash.js';
import { jsonText, member } from './json.js';
import { linesToLearn, type ReplyName } from './reply-head.js';
import { challengeOf } from './session-note.js';
import type { Visit } from './visit.js';

/**
 * What offline answers are made of is learnt from good answers of the vendor's own server. Values of a device, by
 * their names:
 *
 *     once              number of its last session                            00d0177b-1360777c
 *     session           whole reply to session new, as it stood               {"status":0,"body":{...}}
 *     users             sp.users of that reply                                [{"id":1744475,"sn":"MIC",...}]
 *     language          ind.lg                                                en_GB
 *     gravity           ind.g, in 1e-4 m/s2                                   97918
 *     units             unit types of ind, those that are there               {"tmp":11,"w":1}
 *     offsets           ctp                                                   {"goff":-14400,"dst":0,"ngoff":0}
 *     request.session   form of its last session new, as it stood             action=new&auth=...
 *     reply.NAME        lines of the head and, but for once and session, JSON of the body of a reply
 *                                             {"head":["HTTP/1.1 200 OK","Date:",...],"body":{"status":0}}
 *     secret, learn-secret   see maint.ts
 */

/** A reply is learnt at most so often for each device: heads differ from one back-end to the next, and say little. */
const REPLY_EVERY_US = 3_600_000_000;

const LONGEST_BODY = 2_000;
const LONGEST_REQUEST = 1_000;

/** Learns the head and the body of a good reply. This runs for every exchange, so most often it does nothing. */
export function learnReply(visit: Visit, name: Exclude<ReplyName, 'once' | 'session'>): void {
  const { device, reply, good } = visit;
  if (!good || device === null || reply === null || !isDue(visit, device, name)) return;
  if (reply.text.length <= LONGEST_BODY) learn(visit, device, name, visit.goodHead(), reply.text);
}

/** Takes over what a good reply to session new holds, and the head of the reply to once before it. */
export function learnSession(visit: Visit, device: string, proof: Proof | null): void {
  const { reply, good } = visit;
  if (!good || reply === null) return;
  const { body, text } = reply;
  if (proof !== null) visit.value(device, 'once', proof.once);
  visit.value(device, 'session', text);
  const users = member(member(body, 'sp'), 'users');
  const table = Array.isArray(users) ? jsonText(users) : undefined;
  if (table !== undefined) visit.value(device, 'users', table);
  else visit.refuse('wrong-shape', 'reply has no list body.sp.users');
  learnSettings(visit, device, body);
  if (isDue(visit, device, 'once')) learn(visit, device, 'once', challengeOf(visit)?.head ?? undefined);
  if (isDue(visit, device, 'session')) learn(visit, device, 'session', visit.goodHead());
}

/**
 * Takes over the request that opened a session, with which we can open one in the device's name. It is the device's own
 * word, so it does not matter who answered, but for one that was refused or is not the device's.
 */
export function learnRequest(visit: Visit, device: string): void {
  const { text } = visit.form;
  const accepted = visit.good || (visit.replayed && visit.verdict !== 'failed');
  if (accepted && !visit.isOurs && text.length <= LONGEST_REQUEST)
    visit.value(device, 'request.session', text);
}

function learnSettings(visit: Visit, device: string, body: unknown): void {
  const ind = member(body, 'ind');
  const language = member(ind, 'lg');
  if (typeof language === 'string' && language !== '') visit.value(device, 'language', language);
  const gravity = member(ind, 'g');
  if (Number.isSafeInteger(gravity) && gravity !== 0) visit.value(device, 'gravity', String(gravity));
  const units = wholes(ind, ['tmp', 'w', 'h', 'd']);
  if (units.length > 0) visit.value(device, 'units', `{${units.join(',')}}`);
  const offsets = wholes(member(body, 'ctp'), ['goff', 'dst', 'ngoff']);
  if (offsets.length === 3) visit.value(device, 'offsets', `{${offsets.join(',')}}`);
}

/** Those members of what may be an object that are whole numbers, as they stand in JSON. */
function wholes(value: unknown, names: readonly string[]): string[] {
  const found: string[] = [];
  for (const name of names) {
    const number = member(value, name);
    if (Number.isSafeInteger(number)) found.push(`"${name}":${number}`);
  }
  return found;
}

function isDue({ known, exchange }: Visit, device: string, name: ReplyName): boolean {
  const learntUs = known.note(noteKey(device, name));
  if (typeof learntUs !== 'number') return true;
  if (Math.abs(exchange.startedAtUs - learntUs) >= REPLY_EVERY_US) return true;
  // What was learnt may be gone all the same: by hand, or with a transaction that failed.
  return known.value(device, `reply.${name}`) === undefined;
}

function learn(visit: Visit, device: string, name: ReplyName, head: string | undefined, body?: string): void {
  const lines = head === undefined ? undefined : linesToLearn(head);
  if (lines === undefined) return;
  visit.note(noteKey(device, name), visit.exchange.startedAtUs);
  const rest = body === undefined ? '' : `,"body":${body}`;
  visit.value(device, `reply.${name}`, `{"head":${JSON.stringify(lines)}${rest}}`);
}

function noteKey(device: string, name: ReplyName): string {
  return `learnt:${device} ${name}`;
}
