import type { RawMessage } from '../../model/exchange.js';
import { Form, parseForm } from '../form.js';
import { contentOf, isCut, lowerHeader } from '../raw.js';
import { codings, editHead, withValue } from '../reframe.js';
import { formValue } from './request-form.js';

/**
 * A request as it is in another session: the value of `sessionid` is replaced, each time that it is there, and
 * the length of the body made right. The line `Expect` is left out, since it is all sent at once. A chunked body
 * becomes one with a length, at the place of its Transfer-Encoding. All else stays to the byte.
 *
 * Undefined when the body is not whole, is coded, is no form, or has no session in it.
 */
export function readdress(request: RawMessage, session: string): RawMessage | undefined {
  if (isCut(request)) return undefined;
  if (!isFramed(request.head)) return undefined;
  const text = contentOf(request).toString('latin1');
  const form = parseForm(text);
  if (!(form instanceof Form)) return undefined;
  const fields = form.all('sessionid');
  if (fields.length === 0) return undefined;

  const value = formValue(session);
  let at = 0;
  let changed = '';
  for (const { from, to } of fields) {
    changed += text.slice(at, from) + value;
    at = to;
  }
  const body = Buffer.from(changed + text.slice(at), 'latin1');
  return { head: headFor(request.head, body.length), body, bodyBytes: body.length, complete: true };
}

/** Whether the head tells where the body ends, in a way that we can say in a Content-Length. */
function isFramed(head: Uint8Array): boolean {
  const [transfer, ...more] = codings(head, 'transfer-encoding');
  if (transfer === undefined) return lowerHeader(head, 'content-length', 'first') !== undefined;
  return transfer === 'chunked' && more.length === 0;
}

/** The head with the length of the body, which it has in one line or another, and without `Expect`. */
function headFor(head: Uint8Array, length: number): Buffer {
  let told = false;
  return editHead(head, (name, line) => {
    if (name === 'expect') return '';
    if (name === 'content-length' || name === 'transfer-encoding') {
      const first = !told;
      told = true;
      if (!first) return '';
      return name === 'content-length' ? withValue(line, length) : `Content-Length: ${length}\r\n`;
    }
    return line;
  });
}
