import type { RawMessage } from '../../model/exchange.js';

/**
 * Heads of replies. One that was learnt is a list of lines, the start line first, in the order and case in which
 * the server sent them:
 *
 *     HTTP/1.1 200 OK | Date: | Server: Apache | X-WI-SRV: FR-EQX-WEB-09 | Transfer-Encoding: chunked | ...
 *
 * What depends on the single reply is without its value, `Date` and `Content-Length`, or not there at all.
 */

/** The replies whose heads are learnt, and what stands after `reply.` in the names of their values. */
export const replyNames = [
  'once',
  'session',
  'session-delete',
  'maint',
  'measure',
  'v2-measure',
  'v2-weather',
  'association',
] as const;
export type ReplyName = (typeof replyNames)[number];

/**
 * What the server of the WS-30 said in March 2013 (captures/ws30-*.http), without the cross-origin headers that only
 * some of its back-ends sent.
 */
const builtInHeads = {
  once: [
    'HTTP/1.1 200 OK',
    'Date:',
    'Server: Apache',
    'X-Powered-By: PHP/5.3.10-1ubuntu3.2',
    'X-WI-SRV: FR-EQX-WEB-09',
    'Vary: Accept-Encoding',
    'Content-Length:',
    'Content-Type: text/plain',
  ],
  others: [
    'HTTP/1.1 200 OK',
    'Date:',
    'Server: Apache',
    'X-WI-SRV: FR-EQX-WEB-07',
    'Vary: Accept-Encoding',
    'Transfer-Encoding: chunked',
    'Content-Type: text/plain',
  ],
};

const LONGEST_HEAD = 2_000;

/** Headers that are about one reply, one connection or one client, besides those that may hold a secret. */
const passing =
  /^(?:set-cookie2?|etag|last-modified|expires|age|via|warning|retry-after|connection|keep-alive|upgrade|trailer|te|content-(?:encoding|md5|range|location)|digest|location|server-timing|alt-svc|nel|report-to|cf-.*|x-cache.*|x-amz.*|x-timer|x-runtime|proxy-.*)$|cookie|token|secret|auth|session|nonce|signature|(?:^|-)(?:id|ray|trace\w*|request|correlation)(?:-|$)/i;

/** The lines of a head, as text, that can stand in another reply; undefined when it is none of a good reply. */
export function linesToLearn(head: string): string[] | undefined {
  if (head.length > LONGEST_HEAD) return undefined;
  const [start = '', ...rest] = head.split(/\r?\n/);
  if (!isStart(start)) return undefined;
  const lines = rest.filter((line) => isHeader(line) && !passing.test(nameOf(line)));
  return [start, ...lines.map((line) => (isFresh(line) ? `${nameOf(line)}:` : line))];
}

/** A complete message with a JSON text, under the lines that were learnt or the head that is built in. */
export function replyMessage(
  name: ReplyName,
  learnt: readonly string[] | undefined,
  json: string,
  nowMs: number,
): RawMessage {
  const [start = '', ...headers] = learnt ?? builtInHeads[name === 'once' ? 'once' : 'others'];
  const content = Buffer.from(json);
  const place = headers.findIndex(isFraming);
  const framing = headers[place] ?? (name === 'once' ? 'Content-Length:' : 'Transfer-Encoding:');
  const chunked = /^transfer/i.test(framing);
  const lines = headers
    .filter((line, i) => i === place || !isFraming(line))
    .map((line) => (/^date:/i.test(line) ? `${nameOf(line)}: ${dateText(nowMs)}` : line));
  const framed = `${nameOf(framing)}: ${chunked ? 'chunked' : content.length}`;
  if (place < 0) lines.push(framed);
  else lines[place] = framed;
  const body = chunked
    ? Buffer.concat([
        Buffer.from(`${content.length.toString(16)}\r\n`),
        content,
        Buffer.from('\r\n0\r\n\r\n'),
      ])
    : content;
  const head = Buffer.from(`${[start, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
  return { head, body, bodyBytes: body.length, complete: true };
}

/** Whether the lines of a value are a head that can be sent. */
export function isHead(lines: unknown): lines is readonly string[] {
  if (!Array.isArray(lines) || lines.some((line) => typeof line !== 'string')) return false;
  const [start = '', ...rest] = lines as readonly string[];
  return isStart(start) && rest.every((line) => isHeader(line) && !passing.test(nameOf(line)));
}

function isStart(line: string): boolean {
  return /^HTTP\/1\.1 200(?: [\x20-\x7e]*)?$/.test(line);
}

function isHeader(line: string): boolean {
  return /^[!#$%&'*+.^`|~\w-]+:[\t\x20-\x7e\x80-\xff]*$/.test(line);
}

function nameOf(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf(':')));
}

function isFresh(line: string): boolean {
  return /^(?:date|content-length):/i.test(line);
}

function isFraming(line: string): boolean {
  return /^(?:transfer-encoding|content-length):/i.test(line);
}

function dateText(nowMs: number): string {
  const date = new Date(nowMs);
  return (Number.isNaN(date.getTime()) ? new Date(0) : date).toUTCString();
}
