import type { Exchange, RawMessage } from '../model/exchange.js';
import { chunkSegments } from '../model/message.js';

/**
 * A quick look at raw messages. Every exchange is read once, beside the store and on its core, and taking both
 * heads apart with parseHead would cost more than all the rest.
 */

/** A view of the same bytes with Buffer's methods. */
export function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The request target as it stood in the start line; empty when there is none. */
export function targetOf(head: Uint8Array): string {
  const bytes = view(head);
  const end = bytes.indexOf(10);
  const line = bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
  const from = line.indexOf(' ') + 1;
  if (from === 0) return '';
  const to = line.indexOf(' ', from);
  return line.slice(from, to < 0 ? line.length : to).trimEnd();
}

/** Whether an exchange is one with the proxy, for a connection that could not be read. */
export function isTunnel({ request }: Exchange): boolean {
  return view(request.head).toString('latin1', 0, 8) === 'CONNECT ';
}

/** A request target up to `?`. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

/** A header's first (or last) value in lower case; undefined when there is none. The name is in lower case. */
export function lowerHeader(head: Uint8Array, name: string, which: 'first' | 'last'): string | undefined {
  const text = view(head).toString('latin1').toLowerCase();
  const start = `\n${name}:`;
  const at = which === 'first' ? text.indexOf(start) : text.lastIndexOf(start);
  if (at < 0) return undefined;
  const from = at + start.length;
  const end = text.indexOf('\n', from);
  return text.slice(from, end < 0 ? text.length : end).trim();
}

/** Same answer as isChunked of model/message.ts, from the raw head. */
export function hasChunkedBody(head: Uint8Array): boolean {
  const codings = lowerHeader(head, 'transfer-encoding', 'last');
  return codings !== undefined && (codings === 'chunked' || /,\s*chunked$/.test(codings));
}

/** Whether some of a message's body is not there to be read. */
export function isCut(message: RawMessage): boolean {
  return !message.complete || message.body.length < message.bodyBytes;
}

/** The content of a message's body, without chunk framing. */
export function contentOf(message: RawMessage): Buffer {
  const body = view(message.body);
  if (!hasChunkedBody(message.head)) return body;
  const parts = chunkSegments(body).map(({ from, length }) => body.subarray(from, from + length));
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}
