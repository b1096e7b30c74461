/** One client of the API that asks for all that the page asks for, in turn. */
import { Agent, get } from 'node:http';
import { setImmediate as breath } from 'node:timers/promises';
import { createHistogram } from './histogram.mjs';

const DAY_MS = 86_400_000;

/**
 * What is asked for: a name and a path each.
 *
 * @param {string} url
 * @returns {Promise<[name: string, path: string][]>}
 */
export async function questions(url) {
  const agent = new Agent({ keepAlive: true });
  const json = async (path) => JSON.parse((await ask(agent, `${url}${path}`, 'identity')).body);
  const { people } = await json('/api/people');
  const { devices } = await json('/api/devices');
  const { weighIns } = await json('/api/weigh-ins?limit=50');
  const { exchanges } = await json('/api/exchanges?limit=100');
  agent.destroy();
  const [{ key, last }] = people;
  const device = encodeURIComponent(`${devices[0].vendor} ${devices[0].device}`);
  const body = 'weight,fat_ratio,fat_mass,muscle_mass,water,bone_mass,bmi,visceral_fat,heart_rate';
  const from = last.timeMs - 92 * DAY_MS;
  return [
    ['session', '/api/session'],
    ['status', '/api/status'],
    ['people', '/api/people'],
    ['one person', `/api/people/${key}`],
    ['devices', '/api/devices'],
    ['kinds', `/api/kinds?person=${key}`],
    ['weight of three months', `/api/series?person=${key}&kinds=weight&sinceMs=${from}`],
    ['nine kinds of three months', `/api/series?person=${key}&kinds=${body}&sinceMs=${from}`],
    ['weight of ten years', `/api/series?person=${key}&kinds=weight`],
    ['nine kinds of ten years', `/api/series?person=${key}&kinds=${body}`],
    ['air of three months', `/api/series?device=${device}&kinds=co2,room_temperature&sinceMs=${from}`],
    ['air of ten years', `/api/series?device=${device}&kinds=co2,room_temperature`],
    ['weigh-ins', '/api/weigh-ins?limit=50'],
    ['weigh-ins of one', `/api/weigh-ins?person=${key}&limit=50`],
    ['weigh-ins of nobody', '/api/weigh-ins?person=nobody&limit=50'],
    ['one weigh-in', `/api/weigh-ins/${weighIns[0].id}`],
    ['exchanges', '/api/exchanges?limit=100'],
    ['exchanges of a device', `/api/exchanges?device=${device}&limit=100`],
    ['one exchange', `/api/exchanges/${exchanges[0].id}`],
    ['openapi.json', '/api/openapi.json'],
    ['the page itself', '/'],
  ];
}

/**
 * Asks all of them, one after the other on one connection, until it is told to end.
 *
 * @param {string} url
 * @param {[name: string, path: string][]} asked
 * @param {() => boolean} ended
 * @returns {Promise<{ name: string, count: number, bytes: number, p50Ms: number, p99Ms: number, mostMs: number }[]>} the
 *   first is of all together
 */
export async function askAll(url, asked, ended) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const found = ['all of them', ...asked.map(([name]) => name)].map((name) => ({
    ...{ name, count: 0, bytes: 0, mostMs: 0 },
    times: createHistogram(),
  }));
  while (!ended()) {
    for (const [i, [name, path]] of asked.entries()) {
      const from = performance.now();
      const { status, bytes } = await ask(agent, `${url}${path}`);
      const ms = performance.now() - from;
      if (status !== 200) throw new Error(`${name}: ${status}`);
      for (const each of [found[0], found[i + 1]]) {
        each.times.add(ms);
        each.count += 1;
        each.bytes = bytes;
        each.mostMs = Math.max(each.mostMs, ms);
      }
      await breath();
    }
  }
  agent.destroy();
  return found.map(({ times, ...each }) => ({
    ...each,
    p50Ms: times.quantileUs(0.5) / 1000,
    p99Ms: times.quantileUs(0.99) / 1000,
  }));
}

function ask(agent, url, accepted = 'gzip') {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { 'Accept-Encoding': accepted } }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(pieces);
        resolve({ status: response.statusCode, bytes: body.length, body });
      });
    }).on('error', reject);
  });
}
