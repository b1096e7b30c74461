import type { Exchange } from '../../model/exchange.js';
import { pathOf, targetOf, view } from '../raw.js';
import type { Answer, Circumstances } from '../vendor.js';
import { endpoints, isAssociation } from './endpoints.js';
import { learntReply } from './learnt-reply.js';
import { LONGEST_PLAIN_REPLY, LONGEST_REPLY } from './limits.js';
import { ownStatus } from './own-status.js';
import { type ReplyName, replyMessage } from './reply-head.js';
import { hex, hex32, sessionReply } from './session-reply.js';
import { Visit } from './visit.js';

const NO_WEATHER = '{"status":0,"body":{"series":[]}}';

/** What we say to a request, before it has a head. */
interface Said {
  /** Whose head it gets. */
  readonly name: ReplyName;
  readonly status: number;
  /** The whole JSON, when it is more than the status. */
  readonly json?: string;
  /** Whether the learnt body will do, where there is one that is no longer than this. */
  readonly learntBytes?: number;
  readonly acknowledges?: boolean;
}

/**
 * Our own answer to a scale's request, in the vendor's place. What the request is, and whose, is found by the very code
 * that reads exchanges. Null for a path that no scale is known to use, and for anything that is no POST.
 */
export function answer(exchange: Exchange, circumstances: Circumstances): Answer | null {
  const { head } = exchange.request;
  const path = pathOf(targetOf(head));
  const endpoint = endpoints.get(path);
  if (endpoint === undefined || !view(head).toString('latin1', 0, 5).startsWith('POST ')) return null;
  const visit = new Visit({ ...exchange, response: null }, circumstances.known, endpoint.label);
  if (visit.readable) endpoint.read(visit);
  const said = saidTo(path, visit, circumstances);
  const learnt = learntReply(visit.device, said.name, circumstances);
  const body = Buffer.byteLength(learnt.json ?? '') <= (said.learntBytes ?? 0) ? learnt.json : undefined;
  const json = body ?? said.json ?? `{"status":${said.status}}`;
  const response = replyMessage(said.name, learnt.lines, json, circumstances.nowMs);
  return { response, acknowledges: said.acknowledges ?? false };
}

function saidTo(path: string, visit: Visit, circumstances: Circumstances): Said {
  switch (path) {
    case '/cgi-bin/once':
      return once(visit, circumstances);
    case '/cgi-bin/session':
      return session(visit, circumstances);
    case '/cgi-bin/measure':
      return measure('measure', visit, circumstances);
    case '/cgi-bin/v2/measure':
      return measure('v2-measure', visit, circumstances);
    case '/cgi-bin/v2/weather':
      return weather(visit);
    case '/cgi-bin/association':
      return association(visit);
    default:
      // The scale does not read the reply to maint.
      return { name: 'maint', status: visit.readable ? ownStatus.ok : ownStatus.invalidParams };
  }
}

/** The first half is the time in hundreds of seconds, as in all captures since 2013; the second is a random number. */
function once(visit: Visit, { nowMs, random }: Circumstances): Said {
  const action = visit.text('action');
  if (action === 'probe') return { name: 'once', status: ownStatus.ok };
  if (action !== 'get') return { name: 'once', status: ownStatus.invalidParams };
  const time = hex32(Math.floor(nowMs / 100_000));
  const once = `${time}-${hex(random.subarray(0, 4))}`;
  return { name: 'once', status: ownStatus.ok, json: `{"status":0,"body":{"once":"${once}"}}` };
}

function session(visit: Visit, circumstances: Circumstances): Said {
  const { device } = visit;
  const action = visit.text('action');
  if (action === 'delete') return { name: 'session-delete', status: ownStatus.ok };
  const name = 'session';
  if (action !== 'new' || device === null) return { name, status: ownStatus.invalidParams };
  if (circumstances.requireAuth && visit.verdict !== 'verified') {
    return { name, status: ownStatus.authFailed };
  }
  return { name, status: ownStatus.ok, json: sessionReply(visit, device, circumstances) };
}

/**
 * Status 0 lets the scale forget the measure, so it is for what can be kept. That includes a measure that cannot be
 * read: the exchange has it as it came, and the scale would send the same again and again.
 */
function measure(
  name: 'measure' | 'v2-measure',
  visit: Visit,
  { requireAuth, canKeep }: Circumstances,
): Said {
  const { form, device, session } = visit;
  const action = visit.text('action') ?? 'store';
  const brings = form.first('measures') !== undefined || form.first('measuregrps') !== undefined;
  if (!visit.readable || (action !== 'store' && !brings)) return { name, status: ownStatus.invalidParams };
  const verified = session !== null && session.device === device && session.verdict === 'verified';
  if (device === null || (requireAuth && !verified)) return { name, status: ownStatus.wrongSession };
  if (!canKeep) return { name, status: ownStatus.databaseError };
  return { name, status: ownStatus.ok, learntBytes: LONGEST_PLAIN_REPLY, acknowledges: true };
}

/** Of this reply nothing is public but what a replacement server says: a list of nothing. */
function weather(visit: Visit): Said {
  const name = 'v2-weather';
  if (!visit.readable) return { name, status: ownStatus.invalidParams };
  return { name, status: ownStatus.ok, json: NO_WEATHER, learntBytes: LONGEST_REPLY };
}

/** Associated, at once: which account a scale belongs to is not ours to say, and it asks for no more. */
function association(visit: Visit): Said {
  const action = visit.text('action') ?? '';
  const known = visit.readable && isAssociation(action);
  return { name: 'association', status: known ? ownStatus.ok : ownStatus.invalidParams };
}
