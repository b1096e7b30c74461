import type { Exchange, RawMessage } from '../../model/exchange.js';
import { chunkSegments } from '../../model/message.js';
import { skipSpace, stringEnd, valueEnd } from '../json-text.js';
import { contentOf, isCut, lowerHeader, view } from '../raw.js';
import { codings, editHead, withValue } from '../reframe.js';
import { decoded } from './codings.js';
import { unwrap } from './envelope.js';
import { DEEPEST, isObject, parseJson } from './json.js';
import type { RefusalReason } from './refusals.js';

/**
 * A message with all wrappings of its body undone, in this order: chunks, content codings (gzip, deflate, br), and the
 * envelope of the new cloud, in whose place its contents are put:
 *
 *     {"encryptData":"b0LiByPBHmL5J19HjuIYDQ=="}        {"encryptData":{}}
 *     {"encryptData":"ZtDk/16Qik2UaElz2ZzmEg=="}        {"encryptData":""}           nothing was in it
 *     {"code":101,"msg":"success","data":"b0Li..."}     {"code":101,"msg":"success","data":{}}
 */
export interface Opened {
  /** What could not be undone stays as it is to the byte. */
  readonly message: RawMessage;
  /** The content, undefined when it is not to be had or not UTF-8. */
  readonly text: string | undefined;
  /** The JSON in it, as {@link parseJson} gives it; an envelope that could not be opened is a text there. */
  readonly json: unknown;
  readonly refusals: readonly RefusalReason[];
}

/** Top-level members that hold an envelope. */
const envelopeNames: ReadonlySet<string> = new Set(['encryptData', 'data']);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * An exchange as people can read it. Head lines on codings go, and Content-Length is the new one. An opened exchange
 * is opened: doing it again changes nothing, and the same is read in it.
 */
export function open(exchange: Exchange): Exchange {
  const request = openMessage(exchange.request).message;
  const response = exchange.response && openMessage(exchange.response).message;
  if (request === exchange.request && response === exchange.response) return exchange;
  return { ...exchange, request, response };
}

export function openMessage(message: RawMessage): Opened {
  const closed = { message, text: undefined, json: undefined };
  if (isCut(message)) return { ...closed, refusals: message.bodyBytes > 0 ? ['body-cut'] : [] };
  if (message.body.length === 0) return { ...closed, text: '', refusals: [] };
  const content = plainContent(message);
  if (typeof content === 'string') return { ...closed, refusals: [content] };
  const text = textOfBytes(content);
  if (text === undefined) return { ...closed, message: withContent(message, content), refusals: [] };
  const inside = openEnvelopes(text);
  return {
    ...inside,
    // Made only for those who look at it: what is read is the JSON, and every exchange is read.
    get message() {
      return withContent(message, inside.text === text ? content : Buffer.from(inside.text));
    },
  };
}

/** The body without chunks and codings, or by name why it cannot be had. */
function plainContent(message: RawMessage): Uint8Array | RefusalReason {
  const { head } = message;
  const transfer = listed(head, 'transfer-encoding');
  const chunked = transfer.length > 0;
  if (chunked && transfer.pop() !== 'chunked') return 'unknown-coding';
  if (chunked && !isChunks(view(message.body))) return 'bad-chunks';
  const content = chunked ? contentOf(message) : message.body;
  return content.length === 0
    ? content
    : decoded(content, [...listed(head, 'content-encoding'), ...transfer]);
}

function listed(head: Uint8Array, name: Parameters<typeof codings>[1]): string[] {
  return lowerHeader(head, name, 'first') === undefined ? [] : codings(head, name);
}

/** Whether a body is chunks from beginning to end. */
function isChunks(body: Buffer): boolean {
  const last = chunkSegments(body).at(-1);
  const at = last === undefined ? 0 : last.from + last.length;
  const rest = body.toString('latin1', at, at + 32);
  return (last === undefined ? /^0+[\s;]/ : /^\r?\n0+[\s;]/).test(rest);
}

function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function openEnvelopes(text: string): Omit<Opened, 'message'> & { readonly text: string } {
  const json = /^\s*[[{]/.test(text) ? parseJson(text) : undefined;
  if (!isObject(json) || ![...envelopeNames].some((name) => Object.hasOwn(json, name))) {
    return { text, json, refusals: [] };
  }
  const refusals: RefusalReason[] = [];
  const members: Record<string, unknown> = { ...json };
  const pieces: string[] = [];
  let kept = 0;
  for (const { name, from, to } of topMembers(text)) {
    if (!envelopeNames.has(name)) continue;
    const value = text[from] === '"' ? parseJson(text.slice(from, to)) : undefined;
    // Of several members with one name the last one counts, and all are opened: others read them too.
    if (typeof value !== 'string' || value === '') {
      members[name] = json[name];
      continue;
    }
    const contents = contentsOf(value);
    members[name] = typeof contents === 'string' ? value : contents.json;
    if (typeof contents === 'string') refusals.push(contents);
    else {
      pieces.push(text.slice(kept, from), contents.text);
      kept = to;
    }
  }
  return { text: pieces.join('') + text.slice(kept), json: members, refusals };
}

/** The JSON in an envelope, as text and value. */
function contentsOf(envelope: string): { readonly text: string; readonly json: unknown } | RefusalReason {
  const plain = unwrap(envelope);
  if (typeof plain === 'string') return plain;
  if (plain.length === 0) return { text: '""', json: '' };
  const text = textOfBytes(plain);
  // One level is for what it is put into.
  const json = text === undefined ? undefined : parseJson(text, DEEPEST - 1);
  if (text === undefined || json === undefined) return 'envelope-not-json';
  if (typeof json === 'string' && typeof unwrap(json) !== 'string') return 'envelope-not-json';
  return { text, json };
}

interface Member {
  readonly name: string;
  /** Where its value stands in the text: `[from, to)`. */
  readonly from: number;
  readonly to: number;
}

/** The members of the object that a JSON text is. */
function* topMembers(text: string): Generator<Member> {
  let at = skipSpace(text, text.indexOf('{') + 1);
  while (text[at] === '"') {
    const end = stringEnd(text, at);
    const name = parseJson(text.slice(at, end));
    const from = skipSpace(text, skipSpace(text, end) + 1);
    const to = valueEnd(text, from);
    if (typeof name === 'string') yield { name, from, to };
    at = skipSpace(text, skipSpace(text, to) + 1);
  }
}

/** The message with this content, plainly framed; itself when that is how it stands already. */
function withContent(message: RawMessage, content: Uint8Array): RawMessage {
  const { head } = message;
  const names = ['content-length', 'transfer-encoding', 'content-encoding'];
  const [, ...coded] = names.map((name) => lowerHeader(head, name, 'first') !== undefined);
  if (!coded.includes(true) && content === message.body) return message;
  const place = names.find((name) => lowerHeader(head, name, 'first') !== undefined);
  let placed = false;
  const plain = editHead(head, (name, line) => {
    if (!names.includes(name)) return line;
    if (name !== place || placed) return '';
    placed = true;
    return withValue(
      line.replace(/^[^:]*/, (own) => (name === 'content-length' ? own : 'Content-Length')),
      content.length,
    );
  });
  return { head: plain, body: content, bodyBytes: content.length, complete: true };
}
