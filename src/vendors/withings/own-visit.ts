import type { RawMessage } from '../../model/exchange.js';
import { Form, parseForm } from '../form.js';
import { normalMac } from '../mac.js';
import { contentOf, isCut } from '../raw.js';
import type { Known, OwnVisit } from '../vendor.js';
import { sessionHash } from './hash.js';
import { member, parseJson } from './json.js';
import { fieldText, formValue } from './request-form.js';

const HOST = 'scalews.withings.net';

/**
 * A visit in the name of a scale. Two of its values are needed: `secret`, and `request.session`, the form of its
 * last session new as it stood:
 *
 *     action=new&auth=MAC&hash=MD5&mfgid=262151&currentfw=211&batterylvl=97&duration=30&zreboot=1
 *
 * The same is sent again with the hash for the new challenge, so battery and firmware are those that the scale
 * told last. Undefined when one of the two is not known, or the form is of the newest sort, whose hash we cannot make.
 */
export function ownVisit(device: string, known: Pick<Known, 'value'>): OwnVisit | undefined {
  const secret = known.value(device, 'secret');
  const text = known.value(device, 'request.session');
  if (secret === undefined || text === undefined) return undefined;
  const form = parseForm(text);
  if (!(form instanceof Form) || fieldText(form, 'action') !== 'new') return undefined;
  if (form.first('challenge') !== undefined || form.first('hashmethod') !== undefined) return undefined;
  const auth = fieldText(form, 'auth');
  const hash = form.first('hash');
  if (auth === undefined || hash === undefined || normalMac(auth) !== device) return undefined;
  return {
    challenge: probe(HOST),
    open(challenged) {
      const once = onceOf(challenged);
      if (once === undefined) return undefined;
      const made = sessionHash(auth, secret, once);
      return post(HOST, 'session', text.slice(0, hash.from) + made + text.slice(hash.to));
    },
    close: (session) => post(HOST, 'session', `action=delete&sessionid=${formValue(session)}`),
  };
}

/** What a scale begins each visit with. It changes nothing, and the reply shows that it is the vendor's. */
export function probe(host: string): RawMessage {
  return post(host, 'once', 'action=get');
}

function onceOf(reply: RawMessage): string | undefined {
  if (isCut(reply)) return undefined;
  const json = parseJson(contentOf(reply).toString('utf8'));
  const once = member(json, 'status') === 0 ? member(member(json, 'body'), 'once') : undefined;
  return typeof once === 'string' && once !== '' ? once : undefined;
}

/** A request with the lines of a WS-30, in its order (captures/ws30-*.http). */
function post(host: string, name: string, form: string): RawMessage {
  const body = Buffer.from(form, 'latin1');
  const lines = [
    `POST /cgi-bin/${name} HTTP/1.1`,
    'User-Agent: Withings UserAgent',
    `Host: ${host}`,
    'Accept: */*',
    `Content-Length: ${body.length}`,
    'Content-Type: application/x-www-form-urlencoded',
    '\r\n',
  ];
  return { head: Buffer.from(lines.join('\r\n'), 'latin1'), body, bodyBytes: body.length, complete: true };
}
