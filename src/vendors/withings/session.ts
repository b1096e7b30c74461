import { normalMac } from '../mac.js';
import { quote } from '../quote.js';
import { explains, type Proof } from './hash.js';
import { member } from './json.js';
import { learnReply, learnRequest, learnSession } from './learn.js';
import { Challenge, challengeOf, noteChallenge, noteSession, Session } from './session-note.js';
import type { Visit } from './visit.js';

/**
 * `/cgi-bin/once` and `/cgi-bin/session`: how a scale opens and closes a session.
 *
 *     once     action=get                     {"status":0,"body":{"once":"00d0177b-1360777c"}}
 *     session  action=new&auth=MAC&hash=md5(mac:secret:once)&mfgid&currentfw&batterylvl&duration&zreboot
 *                                             {"status":0,"body":{sessionid, sp:{users}, ind, syp:{utc}, ctp}}
 *     session  action=delete&sessionid=       {"status":0}
 */

/** The number that goes into the session hash, and the head that it came with, are kept in a note of the connection. */
export function readOnce(visit: Visit): void {
  const action = visit.text('action');
  if (action === 'probe') visit.label = 'once probe';
  if (action !== 'get' || visit.reply?.status !== 0) return;
  const once = member(visit.reply.body, 'once');
  if (typeof once === 'string') {
    noteChallenge(visit, new Challenge(once, visit.goodHead() ?? null));
  } else visit.refuse('wrong-shape', 'reply has no body.once');
}

export function readSession(visit: Visit): void {
  const action = visit.needed('action');
  if (action === 'new') readSessionNew(visit);
  else if (action === 'delete') {
    visit.label = 'session delete';
    learnReply(visit, 'session-delete');
  } else if (action !== undefined) visit.refuse('bad-value', `action is ${quote(action)}`);
}

function readSessionNew(visit: Visit): void {
  visit.label = 'session new';
  const auth = visit.needed('auth');
  const device = auth === undefined ? null : normalMac(auth);
  visit.device = device;
  if (auth === undefined) return;
  if (device === null) {
    visit.refuse('bad-value', `auth is ${quote(auth)}`);
    return;
  }

  const proof = proofOf(visit, auth);
  const verdict = check(proof, visit.known.value(device, 'secret'));
  // A hash that we turned away must not vouch for a secret that comes after it.
  const session = new Session(device, serverTime(visit), verdict, visit.turnedAway ? null : proof);
  visit.session = session;
  visit.verdict = verdict;
  if (!visit.turnedAway) readState(visit, device);
  const id = sessionId(visit);
  noteSession(visit, session, id);
  if (id === undefined) return;
  learnSession(visit, device, proof);
  learnRequest(visit, device);
}

/** The hash and what it is of. The newest app adds a challenge and another method, which we cannot check. */
function proofOf(visit: Visit, auth: string): Proof | null {
  const once = challengeOf(visit)?.once;
  const hash = visit.needed('hash');
  const ours = visit.form.first('hashmethod') === undefined && visit.form.first('challenge') === undefined;
  return once !== undefined && hash !== undefined && ours ? { auth, once, hash } : null;
}

function check(proof: Proof | null, secret: string | undefined): Session['verdict'] {
  if (proof === null || secret === undefined) return 'unchecked';
  return explains(secret, proof) ? 'verified' : 'failed';
}

function serverTime(visit: Visit): number | null {
  // What we said ourselves is no other clock's word.
  if (visit.reply?.status !== 0 || visit.replayed) return null;
  const utc = member(member(visit.reply.body, 'syp'), 'utc');
  return utc === undefined ? null : (visit.instant(utc, 'syp.utc') ?? null);
}

/** Battery and firmware come with every session and without a time of their own. */
function readState(visit: Visit, device: string): void {
  const battery = visit.whole('batterylvl');
  if (battery !== undefined && battery >= 0 && battery <= 100) visit.readState('battery', battery, device);
  else if (battery !== undefined) visit.refuse('bad-value', `batterylvl is ${battery}`);
  const firmware = visit.whole('currentfw');
  if (firmware !== undefined && firmware >= 0) visit.readState('firmware', firmware, device);
  else if (firmware !== undefined) visit.refuse('bad-value', `currentfw is ${firmware}`);
}

function sessionId(visit: Visit): string | undefined {
  if (visit.reply?.status !== 0) return undefined;
  const id = member(visit.reply.body, 'sessionid');
  if (typeof id === 'string' && id !== '') return id;
  return visit.refuse('wrong-shape', 'reply has no body.sessionid');
}
