import type { Exchange, RawMessage } from '../model/exchange.js';
import { contentSegments, isChunked, parseHead } from '../model/message.js';
import { vendorOf } from '../vendors/index.js';
import type { SecretSpan, Vendor } from '../vendors/vendor.js';
import { reasonKinds } from './reasons.js';

/** What covers a secret, one for one, so that lengths hold. */
const STAR = 0x2a;
const LF = 0x0a;
const CR = 0x0d;

/** Headers that hold nothing about a person: all that is shown of the head of a stranger's message. */
const harmless = new Set(
  (
    'accept accept-encoding accept-language accept-ranges age allow cache-control connection content-encoding ' +
    'content-language content-length content-type date expect expires host keep-alive last-modified pragma ' +
    'retry-after server te trailer transfer-encoding upgrade user-agent vary via'
  ).split(' '),
);

/**
 * The exchange with its secrets covered, byte for byte and mostly by `*`: what listings and exports show. What its
 * vendor can open is opened first. It fails closed: an exchange that no vendor claims, or that could not be framed,
 * loses its whole bodies, the query of its target and every header that is not known to be harmless.
 */
export function redact(crossed: Exchange): Exchange {
  const exchange = opened(crossed);
  const { request, interim, response } = exchange;
  const spans = readerOf(crossed)?.secrets(exchange);
  const cover = (message: RawMessage, name: SecretSpan['message']): RawMessage =>
    spans
      ? coverSpans(
          message,
          spans.filter((span) => span.message === name),
        )
      : coverStranger(message);
  return {
    ...exchange,
    request: cover(request, 'request'),
    interim: coverHead(interim),
    response: response && cover(response, 'response'),
  };
}

/** The vendor that can read an exchange; undefined when nobody claims it or it could not be framed. */
export function readerOf(exchange: Exchange): Vendor | undefined {
  const { reason } = exchange;
  if (reason !== null && reasonKinds[reason] === 'unframed') return undefined;
  return vendorOf(exchange);
}

/** The exchange as its vendor can read it; as it crossed when there is none that can. */
export function opened(exchange: Exchange): Exchange {
  return readerOf(exchange)?.open(exchange) ?? exchange;
}

/** Whether nothing of a body is left to see. */
export function isCovered(body: Uint8Array): boolean {
  return body.length > 0 && body.every((byte) => byte === STAR);
}

function coverSpans(message: RawMessage, spans: readonly SecretSpan[]): RawMessage {
  if (spans.length === 0) return message;
  const parts = { head: Uint8Array.from(message.head), body: Uint8Array.from(message.body) };
  for (const { part, from, to, cover = STAR } of spans) parts[part].fill(cover, from, to);
  return { ...message, ...parts };
}

function coverStranger(message: RawMessage): RawMessage {
  return { ...message, head: coverHead(message.head), body: coverBody(message) };
}

/** Covers a body; of a chunked one the sizes and line ends stay when there is nothing else between its chunks. */
function coverBody(message: RawMessage): Uint8Array {
  const covered = new Uint8Array(message.body.length).fill(STAR);
  if (!message.complete || !isChunked(parseHead(message.head).headers)) return covered;
  let at = 0;
  for (const { from, length } of [...contentSegments(message), { from: message.body.length, length: 0 }]) {
    const between = message.body.subarray(at, from);
    if (!/^(\r\n)?[0-9a-f]{1,8}\r\n(\r\n)?$/i.test(Buffer.from(between).toString('latin1'))) break;
    covered.set(between, at);
    at = from + length;
  }
  return covered;
}

/** Covers the query in the start line and the values of all headers that are not {@link harmless}. */
function coverHead(head: Uint8Array): Uint8Array {
  const covered = Uint8Array.from(head);
  let at = 0;
  while (at < head.length) {
    const lf = head.indexOf(LF, at);
    const next = lf < 0 ? head.length : lf + 1;
    const end = lf < 0 ? head.length : lf - (head[lf - 1] === CR ? 1 : 0);
    const line = Buffer.from(head.subarray(at, end)).toString('latin1');
    const [from, to] = secretOf(line);
    covered.fill(STAR, at + from, at + to);
    at = next;
  }
  return covered;
}

/** What is to be covered in one line of a head. */
function secretOf(line: string): readonly [from: number, to: number] {
  const response = /^HTTP\/\d\.\d \d{3}( [\w '-]*)?$/.test(line);
  if (response) return [0, 0];
  const request = /^[A-Z-]+ [^ ?]*(\?[^ ]*)? HTTP\/\d\.\d$/.exec(line);
  if (request) return request[1] === undefined ? [0, 0] : [line.indexOf('?') + 1, line.lastIndexOf(' ')];
  const header = /^([\w!#$%&'*+.^`|~-]+):[ \t]*/.exec(line);
  if (!header) return [0, line.length];
  return harmless.has((header[1] ?? '').toLowerCase()) ? [0, 0] : [header[0].length, line.length];
}
