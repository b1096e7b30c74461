/**
 * What an app asks of its cloud when it is opened, and what it gets, in the envelope of the new API: published requests
 * and records (docs/protocols/renpho.md, captures/renpho/), of which one holds a weigh-in. Their order, and that there
 * are six of them, is made up.
 */
import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The hosts of the app, and a host that is nobody's. */
export const APP_HOST = 'cloud.renpho.com';
export const OTHER_HOST = 'other.example';
/** Any number of hosts whose traffic is read. */
export const numberedHost = (number) => `h${number}.qnclouds.com`;

const USER = '5245536005636456320';
const page = `{"pageNum":1,"pageSize":100,"userIds":["${USER}"],"tableName":"measurements_info_8"}`;

/**
 * @typedef {object} Step
 * @property {string} path
 * @property {string} body of the request
 * @property {Buffer} payload the body of the answer
 * @property {Buffer} reply the whole answer, the same from every host
 */

/** @type {Step[]} */
export const steps = [
  step('/renpho-aggregation/device/count', '', captured('new_device_count_fixture.json')),
  step('/RenphoHealth/centerUser/queryFamilyMemberList', '{}', '[]'),
  step(
    '/RenphoHealth/scale/queryAllMeasureDataList',
    page,
    `[${captured('new_measurement_record_full_fixture.json')}]`,
  ),
  step('/RenphoHealth/scale/queryBodyCompositionMeasureData', page, '[]'),
  step('/RenphoHealth/healthManage/dailyCalories', '{"data":"2026-11-20"}', '{}'),
  step('/RenphoHealth/renpho/girth/queryAllGirthsDataList', '{"pageNum":1,"pageSize":100}', '[]'),
];

/**
 * The requests of all steps, whole.
 *
 * @param {string} host
 */
export function requestsTo(host) {
  return steps.map(({ path, body }) => {
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
      ['Content-Length', `${body.length}`],
      ['Connection', 'Keep-Alive'],
      ['Accept-Encoding', 'gzip'],
      ['User-Agent', 'okhttp/4.9.3'],
    ];
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  });
}

function step(path, asked, answered) {
  const payload = Buffer.from(`{"code":101,"msg":"success","data":"${encrypted(answered)}"}`);
  const head =
    'HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/json;charset=UTF-8\r\n' +
    `Content-Length: ${payload.length}\r\nConnection: keep-alive\r\n\r\n`;
  const body = `{"encryptData":"${encrypted(asked)}"}`;
  return { path, body, payload, reply: Buffer.concat([Buffer.from(head), payload]) };
}

/** As both sides encrypt it: AES-128-ECB with the published key, then base64. */
function encrypted(text) {
  const cipher = createCipheriv('aes-128-ecb', 'ed*wijdi$h6fe3ew', null);
  return cipher.update(text, 'utf8', 'base64') + cipher.final('base64');
}

function captured(name) {
  return readFileSync(new URL(`../captures/renpho/${name}`, import.meta.url), 'utf8').trim();
}
