import type { RawMessage } from '../../model/exchange.js';
import type { Form } from '../form.js';
import { normalMac } from '../mac.js';
import { pathOf, targetOf } from '../raw.js';
import type { Step } from '../vendor.js';
import { fieldText, requestForm } from './request-form.js';

/**
 * What a request wants, by path and `action`:
 *
 *     once         action=get       challenge
 *     session      action=new       open, of the device in auth
 *     session      action=delete    close
 *     measure      action=store     report
 *     v2/measure                    report
 *     anything else                 other
 *
 * Only fields that are there as a whole count. Without an `action` a post to measure is a report all the same:
 * scales send nothing else there, and a measure that is taken for something else could be lost. Without one a
 * request to once or session is `other`: none of its three meanings can be taken for granted.
 */
export function step(request: RawMessage): Step {
  const form = requestForm(request);
  const action = fieldText(form, 'action');
  const session = fieldText(form, 'sessionid') ?? null;
  switch (pathOf(targetOf(request.head))) {
    case '/cgi-bin/once':
      return { kind: action === 'get' ? 'challenge' : 'other', device: null, session: null };
    case '/cgi-bin/session':
      if (action === 'new') return { kind: 'open', device: mac(form, 'auth'), session: null };
      return { kind: action === 'delete' ? 'close' : 'other', device: null, session };
    case '/cgi-bin/measure':
      return { kind: isStore(action) ? 'report' : 'other', device: mac(form, 'macaddress'), session };
    case '/cgi-bin/v2/measure':
      return { kind: 'report', device: mac(form, 'macaddress'), session };
    default:
      return { kind: 'other', device: mac(form, 'macaddress'), session };
  }
}

/** The web app asks measure for other things, `getmeas` among them. */
function isStore(action: string | undefined): boolean {
  return action === undefined || action === 'store';
}

function mac(form: Form, name: string): string | null {
  const text = fieldText(form, name);
  return text === undefined ? null : normalMac(text);
}
