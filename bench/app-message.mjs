/**
 * What the app asks of its cloud, and what it gets: one page of weigh-ins, a record of captures/renpho/ in the envelope
 * of the new API (docs/protocols/renpho.md). So scaletap's store has all that a real page gives it to do.
 */
import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Its path and headers are those of the protocol notes, their values made up. */
const PATH = '/RenphoHealth/scale/queryAllMeasureDataList';
const USER = '5245536005636456320';

/** What the app's host is called, and a host that is nobody's. */
export const APP_HOST = 'cloud.renpho.com';
export const OTHER_HOST = 'other.example';
/** Any number of hosts whose traffic is read. */
export const numberedHost = (number) => `h${number}.qnclouds.com`;

const asked = body(
  'encryptData',
  `{"pageNum":1,"pageSize":100,"userIds":["${USER}"],"tableName":"measurements_info_8"}`,
);
const record = readFileSync(
  new URL('../captures/renpho/new_measurement_record_full_fixture.json', import.meta.url),
  'utf8',
);

/** The answer's body. */
export const payload = Buffer.from(
  `{"code":101,"msg":"success",${body('data', `[${record.trim()}]`).slice(1)}`,
);

/** The whole answer, the same from every host. */
export const reply = Buffer.concat([
  Buffer.from(
    'HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/json;charset=UTF-8\r\n' +
      `Content-Length: ${payload.length}\r\nConnection: keep-alive\r\n\r\n`,
  ),
  payload,
]);

/**
 * The whole request.
 *
 * @param {string} host
 */
export function requestTo(host) {
  const headers = [
    ['Host', host],
    ['token', 'not-a-token'],
    ['userId', USER],
    ['appVersion', '7.6.4'],
    ['platform', 'android'],
    ['language', 'en'],
    ['area', 'GB'],
    ['timeZone', '1'],
    ['zoneId', 'Europe/London'],
    ['systemVersion', '15'],
    ['Content-Type', 'application/json;charset=UTF-8'],
    ['Content-Length', `${asked.length}`],
    ['Connection', 'Keep-Alive'],
    ['Accept-Encoding', 'gzip'],
    ['User-Agent', 'okhttp/4.9.3'],
  ];
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${PATH} HTTP/1.1\r\n${lines.join('')}\r\n${asked}`);
}

/** A JSON object with one key: a text, encrypted as both sides do it. */
function body(key, text) {
  const cipher = createCipheriv('aes-128-ecb', 'ed*wijdi$h6fe3ew', null);
  return JSON.stringify({ [key]: cipher.update(text, 'utf8', 'base64') + cipher.final('base64') });
}
