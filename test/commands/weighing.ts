import type { Exchange } from '../../src/model/exchange.js';
import { exchange, message, post } from '../transfer/exchanges.js';

/** The scale of {@link session} and {@link weighIn}. */
export const mac = '00:24:e4:00:00:01';

/** Two people, by the ids and short names that Withings has for them. */
export const users = [
  { id: 7, sn: 'ANA' },
  { id: 8, sn: 'BOB' },
] as const;

/** A session at a Unix time in seconds, in which the scale is told these people. */
export function session(
  people: readonly { readonly id: number; readonly sn: string }[],
  time = 1_769_841_000,
): Exchange {
  const body = { sessionid: 'abc', sp: { users: people }, syp: { utc: time } };
  return exchange({
    startedAtUs: time * 1e6,
    request: post(
      '/cgi-bin/session',
      `action=new&auth=${mac}&hash=${'0'.repeat(32)}&mfgid=1&currentfw=211&batterylvl=69`,
    ),
    response: message('HTTP/1.1 200 OK\r\n\r\n', ascii(JSON.stringify({ status: 0, body }))),
  });
}

/** A weigh-in at a Unix time in seconds, of nobody, of one person, or of one of several. */
export function weighIn(meastime: number, grams: number, ...ids: readonly number[]): Exchange {
  const measures = encodeURIComponent(JSON.stringify({ measures: [{ value: grams, type: 1, unit: -3 }] }));
  const who = ids.map((id) => `userid=${id}&`).join('');
  return exchange({
    startedAtUs: meastime * 1e6 + 5e6,
    request: post(
      '/cgi-bin/measure',
      `action=store&sessionid=abc&macaddress=${mac}&${who}meastime=${meastime}&devtype=1&attribstatus=0&measures=${measures}`,
    ),
    response: message('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n', '{"status":0}'),
  });
}

/** JSON with what is not ASCII escaped, so that each character is a byte. */
function ascii(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
