import type { Exchange } from '../../src/model/exchange.js';

/** The upstream of the tests. */
export const host = 'scalews.withings.net';

/** A whole request with a body. */
export function post(path = '/cgi-bin/once', body = 'action=get', headers = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** A whole answer. */
export function ok(body = '{"status":0}'): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** An exchange in a few words: `POST /x | 200 | reason`, with `~` behind a message that is not whole. */
export function brief({ request, response, reason, answered }: Exchange): string {
  const line = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').split('\r\n')[0] ?? '';
  const asked = `${line(request.head).split(' ').slice(0, 2).join(' ')}${request.complete ? '' : '~'}`;
  const got = response ? `${line(response.head).split(' ')[1] ?? ''}${response.complete ? '' : '~'}` : '-';
  return `${asked} | ${got} | ${reason ?? 'plain'}${answered === 'upstream' ? '' : ` ${answered}`}`;
}
