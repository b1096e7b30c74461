import { readFileSync } from 'node:fs';
import type { Exchange, RawMessage } from '../../../src/model/exchange.js';
import { chunkSegments, header, isChunked, parseHead } from '../../../src/model/message.js';
import type { Findings, Known, SecretSpan } from '../../../src/vendors/vendor.js';
import { withings } from '../../../src/vendors/withings/index.js';

/** Exchanges for the tests of the vendor: from the captures, and made by hand. */

export const captures = [
  'ws30-update.http',
  'ws30-update2.http',
  'ws30-association.http',
  'wbs01-weigh-in.http',
  'ws50-weigh-in.http',
] as const;

export type Capture = (typeof captures)[number];

export const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
export const text = (raw: Uint8Array | undefined): string => Buffer.from(raw ?? []).toString('latin1');

/** A message whose head and body are known to be whole. */
export function message(head: string, body: string | Uint8Array): RawMessage {
  const raw = typeof body === 'string' ? bytes(body) : body;
  return { head: bytes(head), body: raw, bodyBytes: raw.length, complete: true };
}

const plain = {
  connection: 'c1',
  source: 'live',
  startedAtUs: 1_400_000_000_000_000,
  responseAfterUs: 10_000,
  endedAfterUs: 10_100,
  client: '192.0.2.7:49152',
  upstream: 'scalews.withings.net 192.0.2.80:80',
  answered: 'upstream',
  reason: null,
  interim: new Uint8Array(0),
} as const;

export function requestHead(path: string, more = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: scalews.withings.net\r\n${more}\r\n`;
}

/** An exchange of a path, a form and a reply, as a scale would have it. */
export function post(
  path: string,
  form: string,
  reply: string | null,
  over: Partial<Exchange> = {},
): Exchange {
  return {
    ...plain,
    request: message(requestHead(`/cgi-bin/${path}`), form),
    response: reply === null ? null : message('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n', reply),
    ...over,
  };
}

/** A record of a maint post in hex. */
export function record(type: number, payload: Buffer): string {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(type, 0);
  head.writeUInt16LE(payload.length, 2);
  return Buffer.concat([head, payload]).toString('hex');
}

/** The exchanges of a capture, at the time that its server gave. */
export function exchangesOf(capture: Capture): Exchange[] {
  const dump = readFileSync(new URL(`../../../captures/${capture}`, import.meta.url));
  const exchanges: Exchange[] = [];
  for (let at = 0; at < dump.length; ) {
    const request = headAt(dump, at);
    at += request.length;
    const interim =
      text(dump.subarray(at, at + 12)) === 'HTTP/1.1 100' ? headAt(dump, at) : new Uint8Array(0);
    at += interim.length;
    const requestBody = bodyAt(dump, at, request);
    at += requestBody.length;
    const response = headAt(dump, at);
    at += response.length;
    const responseBody = bodyAt(dump, at, response);
    at += responseBody.length;
    exchanges.push({
      ...plain,
      connection: capture,
      source: capture,
      startedAtUs: Date.parse(header(parseHead(response).headers, 'date') ?? '') * 1000,
      request: message(text(request), requestBody),
      interim,
      response: message(text(response), responseBody),
    });
  }
  return exchanges;
}

function headAt(dump: Buffer, from: number): Buffer {
  const end = dump.indexOf('\r\n\r\n', from);
  if (end < 0) throw new Error(`no head at ${from}`);
  return dump.subarray(from, end + 4);
}

function bodyAt(dump: Buffer, from: number, head: Buffer): Buffer {
  const { headers } = parseHead(head);
  if (!isChunked(headers)) return dump.subarray(from, from + Number(header(headers, 'content-length') ?? 0));
  const last = chunkSegments(dump.subarray(from)).at(-1);
  return dump.subarray(
    from,
    from + (last === undefined ? 0 : last.from + last.length) + '\r\n0\r\n\r\n'.length,
  );
}

/** What a run has learnt, as the store would hand it on. */
export class Memory implements Known {
  readonly values = new Map<string, string>();
  readonly notes = new Map<string, unknown>();

  value(device: string, name: string): string | undefined {
    return this.values.get(`${device} ${name}`);
  }

  note(key: string): unknown {
    return this.notes.get(key);
  }

  /** Reads exchanges in turn, each knowing what the ones before it have left. */
  play(exchanges: readonly Exchange[]): Findings[] {
    return exchanges.map((exchange) => {
      const findings = withings.read(exchange, this);
      for (const { device, name, text: value } of findings.values)
        this.values.set(`${device} ${name}`, value);
      for (const [key, note] of findings.notes) this.notes.set(key, note);
      return findings;
    });
  }
}

/** A reading in one line: `weight 66.85 kg 2010-09-04T00:01:52.000Z 101010`, with its quality in brackets. */
function line({ kind, value, unit, timeMs, person, quality }: Findings['readings'][number]): string {
  const parts = [kind, value, unit, new Date(timeMs).toISOString(), person ?? 'nobody'];
  if (quality.length > 0) parts.push(`[${quality.join(' ')}]`);
  return parts.join(' ');
}

export const lines = (findings: Findings | undefined): string[] => (findings?.readings ?? []).map(line);

/** A refusal in one line. */
export const refused = (findings: Findings | undefined): string[] =>
  (findings?.refusals ?? []).map(({ reason, detail }) => `${reason}: ${detail}`);

/** An exchange with its secret spans covered by `*`. */
export function mask(
  exchange: Exchange,
  spans: readonly SecretSpan[] = withings.secrets(exchange),
): Exchange {
  const cover = (name: SecretSpan['message'], raw: RawMessage): RawMessage => {
    const parts = { head: Uint8Array.from(raw.head), body: Uint8Array.from(raw.body) };
    for (const span of spans) if (span.message === name) parts[span.part].fill(0x2a, span.from, span.to);
    return { ...raw, ...parts };
  };
  return {
    ...exchange,
    request: cover('request', exchange.request),
    response: exchange.response && cover('response', exchange.response),
  };
}
