import { printable } from '../../model/escape.js';
import type { RawMessage } from '../../model/exchange.js';
import { skipSpace, stringEnd, valueEnd } from '../json-text.js';
import { quote } from '../quote.js';
import { contentOf, hasChunkedBody, isCut, view } from '../raw.js';
import { codings, editHead, withValue } from '../reframe.js';
import type { Claim, Guarded } from '../vendor.js';
import { parseJson } from './json.js';
import { orderNamed, orders } from './orders.js';

/** What any JSON with such a member has in it: the name, or one of its characters as `\uXXXX`. */
const marks = [...orders.keys(), '\\u'];

const LONGEST_VALUE = 100;
const OPENING_BRACE = 0x7b;

/** Orders come in the reply to session new and nowhere else. */
export function guards({ path }: Claim): boolean {
  return path === '/cgi-bin/session';
}

/**
 * Takes the orders out of a reply, at whatever depth and however often they are in it; null when there is none.
 * All other bytes of the JSON stay, commas apart, and the head stays but for its Content-Length. A chunked body
 * is one chunk afterwards, without extensions and trailers.
 *
 * What cannot be taken apart is withheld if it may hold an order: a body that is cut or coded, and one that is not
 * JSON with a mark of an order anywhere in it.
 */
export function guard(response: RawMessage): Guarded | null {
  if (isCut(response)) return withheld('is cut, and an order may be in the rest');
  if (response.body.length === 0) return null;
  const coding = unreadable(response.head);
  if (coding !== undefined) return withheld(`is coded as ${quote(coding)}, and an order may be in it`);
  const marked = isMarked(view(response.body));
  if (!marked && isOnePiece(response.body)) return null;
  const content = contentOf(response);
  if (!marked && !isMarked(content)) return null;
  // One character a byte, so that all that stays is the same bytes again.
  const text = content.toString('latin1');
  if (parseJson(text) === undefined) return withheld('is not JSON, and may hold an order');
  const { kept, removed } = takeOrders(text);
  return removed.length === 0 ? null : { kind: 'changed', response: withContent(response, kept), removed };
}

function withheld(why: string): Guarded {
  return { kind: 'withheld', why: `the reply ${why}` };
}

/** The codings of a body that we cannot undo; undefined when it is only chunked, or plain. */
function unreadable(head: Uint8Array): string | undefined {
  // Most heads show it at once: nothing in them is coded, but for one line that says chunked.
  const text = view(head).toString('latin1').toLowerCase().replace('\ntransfer-encoding: chunked\r\n', '\n');
  if (!text.includes('-encoding:')) return undefined;
  const coded = codings(head, 'content-encoding').filter((coding) => coding !== 'identity');
  const transfer = codings(head, 'transfer-encoding');
  const framed = transfer.length === 0 || (transfer.length === 1 && transfer[0] === 'chunked');
  const all = framed ? coded : [...coded, ...transfer];
  return all.length === 0 ? undefined : all.join(', ');
}

/** Whether there is no chunk framing within a body that could part a mark: it is JSON alone, or in one chunk. */
function isOnePiece(body: Uint8Array): boolean {
  const bytes = view(body);
  if (bytes[0] === OPENING_BRACE) return true;
  const start = bytes.indexOf('\n') + 1;
  const size = Number.parseInt(bytes.toString('latin1', 0, start), 16);
  return start > 0 && bytes.toString('latin1', start + size) === '\r\n0\r\n\r\n';
}

function isMarked(bytes: Buffer): boolean {
  return marks.some((mark) => bytes.includes(mark, 0, 'latin1'));
}

/** Takes the members out of a JSON text that JSON.parse takes. */
function takeOrders(text: string): { readonly kept: string; readonly removed: readonly string[] } {
  const removed: string[] = [];
  const kept: string[] = [];
  let at = 0;
  for (let open = text.indexOf('"'); open >= 0; open = text.indexOf('"', open)) {
    const end = stringEnd(text, open);
    const colon = skipSpace(text, end);
    const order = text[colon] === ':' ? orderOf(text.slice(open, end)) : undefined;
    if (order === undefined) {
      open = end;
      continue;
    }
    const from = skipSpace(text, colon + 1);
    const to = valueEnd(text, from);
    removed.push(inWords(order, text.slice(from, to)));
    kept.push(text.slice(at, open));
    const next = skipSpace(text, to);
    if (text[next] !== ',') dropComma(kept);
    at = text[next] === ',' ? next + 1 : to;
    open = at;
  }
  return { kept: kept.join('') + text.slice(at), removed };
}

/** Takes away the comma at the end of what is kept, if there is one: the last member of an object went. */
function dropComma(kept: string[]): void {
  for (let i = kept.length - 1; i >= 0; i--) {
    const piece = kept[i] ?? '';
    const end = piece.trimEnd();
    if (end.endsWith(',')) kept[i] = end.slice(0, -1) + piece.slice(end.length);
    if (end !== '') return;
  }
}

/** The name of an order that a member's name, in its quotes, is read as. */
function orderOf(quoted: string): string | undefined {
  const name = parseJson(quoted);
  if (typeof name !== 'string') return undefined;
  return orderNamed(name);
}

/** `firmware http://fw.withings.net/wbs03_211.bin`. A secret is not told. */
function inWords(order: string, json: string): string {
  const what = orders.get(order) ?? order;
  if (order === 'kl') return what;
  const value = parseJson(Buffer.from(json, 'latin1').toString('utf8'));
  if (typeof value !== 'string') return `${what} ${quote(value)}`;
  const short = value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
  return `${what} ${printable(short)}`;
}

/** A response with another content in the same framing. */
function withContent(response: RawMessage, text: string): RawMessage {
  const chunked = hasChunkedBody(response.head);
  const framed = chunked ? `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n` : text;
  const body = Buffer.from(framed, 'latin1');
  const head = editHead(response.head, (name, line) =>
    name === 'content-length' ? withValue(line, body.length) : line,
  );
  return { head, body, bodyBytes: body.length, complete: true };
}
