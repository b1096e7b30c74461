import type { RefusalReason } from '../model/exchange.js';

const statusLines: Record<RefusalReason, string> = {
  'host-not-allowed': '421 Misdirected Request',
  'conflicting-host': '400 Bad Request',
  'not-origin-form': '400 Bad Request',
  'head-timeout': '408 Request Timeout',
  'lookup-failed': '502 Bad Gateway',
  'upstream-is-self': '508 Loop Detected',
  'connect-refused': '502 Bad Gateway',
  'connect-timeout': '504 Gateway Timeout',
  'connect-failed': '502 Bad Gateway',
  offline: '503 Service Unavailable',
  'answer-withheld': '502 Bad Gateway',
  'bad-target': '400 Bad Request',
  'port-not-allowed': '403 Forbidden',
  'target-not-allowed': '403 Forbidden',
  'proxy-auth': '407 Proxy Authentication Required',
  'client-not-local': '403 Forbidden',
  'upstream-certificate': '502 Bad Gateway',
  'upstream-tls': '502 Bad Gateway',
};

/** What a proxy must say with 407 (RFC 9110 section 11.7.1). */
const CHALLENGE = 'Proxy-Authenticate: Basic realm="scaletap"\r\n';

/** The raw answer, head and body apart, that tells a client why it is not served. */
export function refusalAnswer(reason: RefusalReason, message: string): [head: Buffer, body: Buffer] {
  const body = Buffer.from(`scaletap: ${message}\n`);
  const head = Buffer.from(
    `HTTP/1.1 ${statusLines[reason]}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${body.length}\r\n${reason === 'proxy-auth' ? CHALLENGE : ''}Connection: close\r\n\r\n`,
  );
  return [head, body];
}
