/** One round of one peer: started, loaded, weighed, stopped, and its journal counted. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { cpuSeconds, firstReply, freePort, residentMb, startPeer, startScript, stop } from './processes.mjs';

/**
 * @typedef {import('./peers.mjs').Peer} Peer
 *
 * @typedef {object} Settings
 * @property {string} folder where temporary folders go; on a disk, not in memory
 * @property {number} connections
 * @property {boolean} reconnect
 * @property {number} warmUpMs
 * @property {number} measureMs
 *
 * @typedef {import('./load.mjs').LoadResult & { cpuPer1000?: number }} Load what one load did, and the CPU seconds
 *   that the peer spent per 1000 exchanges of it
 *
 * @typedef {object} Round
 * @property {Load} many at the asked number of connections
 * @property {Load} one at one connection
 * @property {boolean} requestsKept whether the origin received every request with the scale's very bytes
 * @property {number} bad connections on which the origin received something that no scale had sent
 * @property {number} [startMs] from the start of the process to its first relayed reply
 * @property {{ now: number, peak: number }} [memoryMb] after the load
 * @property {number} completed exchanges of both loads, warm-up included
 * @property {number} [missing] how many exchanges the journal has less than the load generator completed
 * @property {boolean} [stopped] whether the peer stopped when it was asked
 * @property {string} [said] the last that it printed, when it lost something or did not stop
 */

const scaleLoad = new URL('./load.mjs', import.meta.url);

/** The cloud of the scales for the whole bench. */
export async function startOrigin() {
  return startCloud(new URL('./origin.mjs', import.meta.url), [`${await freePort()}`]);
}

/**
 * A cloud in a process of its own: what it says when it listens, with its `stats()` since the last time that they
 * were asked for.
 *
 * @param {URL} script
 * @param {string[]} args
 */
export async function startCloud(script, args) {
  const child = startScript(script, args);
  const listening = await message(child);
  return {
    ...listening,
    stats() {
      child.send('stats');
      return message(child);
    },
    stop: () => stop(child),
  };
}

function message(child) {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('the origin ended'));
    child.once('exit', ended);
    child.once('message', (said) => {
      child.off('exit', ended);
      resolve(said);
    });
  });
}

/**
 * @param {Peer} peer
 * @param {Awaited<ReturnType<typeof startOrigin>>} origin
 * @param {Settings} settings
 * @returns {Promise<Round>}
 * @throws {Error} when the peer does not start or ends under load, with the last of what it printed
 */
export function runRound(peer, origin, settings) {
  return withPeer(peer, origin, settings.folder, async ({ port, child }) => {
    await origin.stats();
    const { warmUpMs, measureMs, reconnect, connections } = settings;
    const orders = { port, reconnect, warmUpMs, measureMs, exchanges: null };
    const many = await runLoad(scaleLoad, { ...orders, connections }, child);
    const memoryMb = child && residentMb(child.pid);
    const one = await runLoad(scaleLoad, { ...orders, connections: 1, measureMs: measureMs / 2 }, child);
    const { altered, bad } = await origin.stats();
    return {
      many,
      one,
      memoryMb,
      requestsKept: altered === 0,
      bad,
      completed: many.completed + one.completed,
    };
  });
}

/**
 * Many exchanges through one run of a peer, with its memory on the way.
 *
 * @param {Peer} peer
 * @param {Awaited<ReturnType<typeof startOrigin>>} origin
 * @param {Settings} settings
 * @param {number} exchanges
 * @param {(sample: { completed: number, mb: number, seconds: number }) => void} sampled
 */
export function runSoak(peer, origin, settings, exchanges, sampled) {
  return withPeer(peer, origin, settings.folder, async ({ port, child }) => {
    const { reconnect, connections } = settings;
    const orders = { port, reconnect, connections, warmUpMs: 0, measureMs: 0, exchanges };
    const from = performance.now();
    const sample = (completed) =>
      sampled({ completed, mb: residentMb(child.pid).now, seconds: (performance.now() - from) / 1000 });
    const load = await runLoad(scaleLoad, orders, child, sample);
    sample(load.completed);
    return { ...load, memoryMb: residentMb(child.pid) };
  });
}

/** Starts a peer, does the work, stops the peer and adds what is only known afterwards. */
async function withPeer(peer, origin, parent, work) {
  if (peer.command === null) return work({ port: origin.port, child: null });
  const folder = mkdtempSync(join(parent, `${peer.name}-`));
  const log = join(folder, 'output.log');
  const port = await freePort();
  const command = peer.command({ port, originPort: origin.port, folder });
  const from = performance.now();
  const child = startPeer(command, log);
  try {
    await firstReply(port, child);
    const startMs = performance.now() - from;
    const done = await work({ port, child });
    const stopped = await stop(child);
    // The first reply was an exchange too.
    const missing = peer.journal ? done.completed + 1 - countJournal(folder) : undefined;
    const said = missing > 0 || !stopped ? lastLines(log) : '';
    return { ...done, startMs, missing, stopped, said };
  } catch (error) {
    const ended = child.exitCode ?? child.signalCode;
    await stop(child);
    const how = ended === null ? error.message : `it ended with ${ended}`;
    throw new Error(`${how}${lastLines(log)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The last that a peer printed, to be put behind what is said of it. */
export function lastLines(log) {
  const lines = readFileSync(log, 'utf8').trim().split('\n').slice(-5);
  return lines.map((line) => `\n  ${line}`).join('');
}

export function countJournal(folder) {
  const database = new Database(join(folder, 'scaletap.db'));
  try {
    return Number(database.prepare('select count(*) as count from exchange').get().count);
  } finally {
    database.close();
  }
}

/**
 * Runs a load generator to its end and reads the peer's CPU time around what it measures.
 *
 * @param {URL} script
 * @param {object} orders
 * @param {import('node:child_process').ChildProcess | null} peerChild
 * @param {(completed: number) => void} progress
 */
export function runLoad(script, orders, peerChild, progress = () => undefined) {
  const child = startScript(script, [JSON.stringify(orders)]);
  const cpu = () => (peerChild === null ? 0 : cpuSeconds(peerChild.pid));
  let spent = 0;
  return new Promise((resolve, reject) => {
    child.on('message', (said) => {
      // A peer that has died has no entry in /proc any more.
      try {
        if (said === 'begin') spent = -cpu();
        else if (said === 'end') spent += cpu();
        else if (said.result === undefined) progress(said.completed);
        else resolve(summary(said.result));
      } catch (error) {
        reject(error);
      }
    });
    child.on('exit', (code) => reject(new Error(`the load generator ended with code ${code}`)));
  }).finally(() => stop(child));

  function summary(result) {
    const { measured } = result;
    const known = peerChild !== null && measured > 0;
    return { ...result, cpuPer1000: known ? (spent / measured) * 1000 : undefined };
  }
}
