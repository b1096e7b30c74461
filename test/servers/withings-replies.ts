import { captures } from '../wire/captures.js';
import type { Endpoint } from './scale-posts.js';

/** The replies of the vendor's cloud, in the heads that it sent to a WS-30, and what comes in their place. */

/** Heads of the captures: once has a length, all others are chunked; back-ends change, and their heads with them. */
const heads = captures()
  .filter(({ name }) => name.startsWith('ws30'))
  .flatMap(({ steps }) => steps.filter(({ by }) => by === 'upstream'))
  .map(({ bytes }) => bytes.toString('latin1'))
  .filter((text) => text.startsWith('HTTP/1.1 200 '));

const withLength = heads.filter((head) => /^content-length:/im.test(head));
const chunked = heads.filter((head) => /^transfer-encoding: chunked/im.test(head));

let turn = 0;

export const continued = 'HTTP/1.1 100 Continue\r\n\r\n';

const page =
  '<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please accept our terms.</body></html>';

/** What a captive portal says. */
export const html = `HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\n\r\n${page}`;

export const redirect =
  'HTTP/1.1 302 Found\r\nLocation: http://portal.example/login\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

export const unavailable =
  'HTTP/1.1 503 Service Unavailable\r\nServer: Apache\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n\r\n' +
  'Service Unavailable\n';

/** A reply as the cloud sends it. PHP escapes the slashes in JSON. */
export function replyBytes(endpoint: Endpoint, body: unknown): Buffer {
  return framed(endpoint, JSON.stringify(body).replaceAll('/', '\\/'));
}

/** Replies whose framing is right and whose JSON is not. */
export const lies = {
  truncated: (endpoint: Endpoint, body: unknown) => framed(endpoint, JSON.stringify(body).slice(0, -2)),
  'wrong-types': (endpoint: Endpoint) => framed(endpoint, '{"status":"0","body":[null]}'),
} as const;

/** A session reply with everything in it that makes a scale do what its owner may not want; others as they are. */
export function ordersOf(reply: { readonly body?: unknown }): unknown {
  const { body } = reply;
  if (typeof body !== 'object' || body === null || !('syp' in body)) return reply;
  const orders = {
    blc: 'http://fw.withings.net/wbs03_211.bin',
    sha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    ws: 'elsewhere.example:80/cgi-bin',
    kl: 'fedcba9876543210',
  };
  return { ...reply, body: { ...body, syp: { ...orders, ...Object(body.syp) } } };
}

function framed(endpoint: Endpoint, json: string): Buffer {
  const head = (of: readonly string[]): string => {
    const text = (of[turn++ % of.length] ?? '').replace(
      /^Date: .*\r$/m,
      `Date: ${new Date().toUTCString()}\r`,
    );
    return text.replace(
      /^X-WI-SRV: .*\r$/m,
      `X-WI-SRV: FR-EQX-WEB-${String(1 + (turn % 12)).padStart(2, '0')}\r`,
    );
  };
  const size = Buffer.byteLength(json);
  if (endpoint === 'once') {
    return Buffer.from(head(withLength).replace(/^Content-Length: \d+/m, `Content-Length: ${size}`) + json);
  }
  return Buffer.from(`${head(chunked)}${size.toString(16)}\r\n${json}\r\n0\r\n\r\n`);
}
