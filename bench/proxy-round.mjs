/** What one run of a proxy does: started, loaded, weighed, stopped, and its journal counted. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { APP_HOST, OTHER_HOST } from './app-message.mjs';
import { cpuSeconds, freePort, residentMb, startPeer, stop } from './processes.mjs';
import { countJournal, lastLines, runLoad } from './round.mjs';

/**
 * @typedef {import('./proxy-peers.mjs').ProxyPeer} ProxyPeer
 * @typedef {import('./app-load.mjs').LoadResult & { cpuPer1000?: number }} Load what one load did, and the CPU seconds
 *   that the peer spent per 1000 of it
 *
 * @typedef {object} Origin
 * @property {number} port
 * @property {number} plainPort
 * @property {string} keyFile
 * @property {string} certificateFile
 * @property {string} caFile the authority of that certificate
 * @property {() => Promise<{ altered: number, bad: number }>} stats
 *
 * @typedef {object} Settings
 * @property {string} folder where temporary folders go; on a disk, not in memory
 * @property {number} connections
 * @property {number} firstHosts how many hosts never seen are asked for, one after the other
 * @property {number} warmUpMs
 * @property {number} measureMs
 *
 * @typedef {object} Run what every run tells
 * @property {boolean} requestsKept whether the origin received every request with the phone's very bytes
 * @property {number} bad connections on which the origin received something that no phone had sent
 * @property {number} [missing] how many exchanges the journal has less than the load generator completed
 * @property {boolean} stopped whether the peer stopped when it was asked
 * @property {string} said the last that it printed, when it lost something or did not stop
 *
 * @typedef {object} Loads
 * @property {Load} first tunnels to hosts never seen, one at a time, in a process that has just started
 * @property {Load} kept requests in tunnels that stay
 * @property {Load} tunnels tunnels of one request each
 * @property {Load} [unread] requests in tunnels that stay and that nobody reads
 * @property {{ now: number, peak: number }} memoryMb after all that
 *
 * @typedef {object} Hosts
 * @property {Load} hosts a tunnel of one request to each of many hosts
 * @property {{ completed: number, mb: number }[]} samples resident memory on the way
 * @property {{ now: number, peak: number }} memoryMb
 */

const load = new URL('./app-load.mjs', import.meta.url);
const START_LIMIT_MS = 30_000;
const REST_LIMIT_MS = 20_000;
const REST_MS = 200;

/**
 * @param {ProxyPeer} peer
 * @param {Origin} origin
 * @param {Settings} settings
 * @returns {Promise<Run & Loads>}
 * @throws {Error} when the peer does not start or ends under load, with the last of what it printed
 */
export function runRound(peer, origin, settings) {
  const { firstHosts, connections, warmUpMs, measureMs, folder } = settings;
  return withPeer(peer, origin, firstHosts, folder, async ({ port, child, caFile }) => {
    const timed = { port, connections, warmUpMs, measureMs };
    const run = async (orders) => {
      // What is still being kept of the load before is not to cost this one.
      await atRest(child);
      return runLoad(load, orders, child);
    };
    const first = { port, caFile, connections: 1, hosts: firstHosts, warmUpMs: 0, measureMs: 60_000 };
    const inside = { ...timed, caFile, host: APP_HOST };
    const unread = { ...timed, caFile: null, host: OTHER_HOST, keepAlive: true };
    const done = {
      first: await run({ ...first, keepAlive: false }),
      kept: await run({ ...inside, keepAlive: true }),
      // There are few of them in a second: V8 takes longer to compile what a process that has run for a day has compiled.
      tunnels: await run({ ...inside, keepAlive: false, warmUpMs: 3 * warmUpMs }),
      ...(peer.tunnels && { unread: await run(unread) }),
    };
    return { ...done, read: done.first.completed + done.kept.completed + done.tunnels.completed };
  });
}

/**
 * Each of many hosts once through one run of a peer, with its memory on the way.
 *
 * @param {ProxyPeer} peer
 * @param {Origin} origin
 * @param {Settings} settings
 * @param {number} hosts
 * @param {number} limitMs what is not done by then is not done
 * @param {(sample: { completed: number, mb: number }) => void} sampled
 * @returns {Promise<Run & Hosts>}
 */
export function runHosts(peer, origin, settings, hosts, limitMs, sampled) {
  return withPeer(peer, origin, hosts, settings.folder, async ({ port, child, caFile }) => {
    const samples = [];
    const sample = (completed) => {
      samples.push({ completed, mb: residentMb(child.pid).now });
      sampled(samples.at(-1));
    };
    const { connections } = settings;
    const orders = { port, connections, hosts, caFile, keepAlive: false, warmUpMs: 0, measureMs: limitMs };
    const met = await runLoad(load, orders, child, sample);
    return { hosts: met, samples, read: met.completed };
  });
}

/** Starts a peer, does the work, stops the peer and adds what is only known afterwards. */
async function withPeer(peer, origin, hosts, parent, work) {
  const folder = mkdtempSync(join(parent, `${peer.name}-`));
  const log = join(folder, 'output.log');
  const port = await freePort();
  const place = { port, origin, hosts, folder };
  const child = startPeer(peer.command(place), log);
  const caFile = peer.caFile(place);
  try {
    await listening(port, child, caFile);
    await origin.stats();
    const { read, ...done } = await work({ port, child, caFile });
    const memoryMb = residentMb(child.pid);
    const { altered, bad } = await origin.stats();
    const stopped = await stop(child);
    const missing = peer.journal ? read - countJournal(folder) : undefined;
    const said = missing > 0 || !stopped ? lastLines(log) : '';
    return { ...done, memoryMb, requestsKept: altered === 0, bad, missing, stopped, said };
  } catch (error) {
    const ended = child.exitCode ?? child.signalCode;
    await stop(child);
    const how = ended === null ? error.message : `it ended with ${ended}`;
    throw new Error(`${how}${lastLines(log)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits until a process does next to nothing, but not for ever. */
async function atRest(child) {
  const until = performance.now() + REST_LIMIT_MS;
  for (let used = cpuSeconds(child.pid); performance.now() < until; ) {
    await sleep(REST_MS);
    const now = cpuSeconds(child.pid);
    if (now - used < (REST_MS / 1000) * 0.1) return;
    used = now;
  }
}

/** Knocks at a port until somebody opens, and waits for the peer's authority. */
async function listening(port, child, caFile) {
  const until = performance.now() + START_LIMIT_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended before it listened');
    if (existsSync(caFile) && (await opens(port))) return;
    await sleep(20);
  }
  throw new Error(`it does not listen after ${START_LIMIT_MS / 1000} s`);
}

function opens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.end(() => resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
