/** Starting, watching and ending the bench's processes. All are ended by pid, whatever happens. */
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMessage } from './http.mjs';
import { steps } from './session.mjs';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** @type {Set<ChildProcess>} */
const running = new Set();

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 30_000;

/** Ends at once what still runs. Safe to call at any time, also while the bench itself ends. */
export function killAll() {
  for (const child of running) child.kill('SIGKILL');
}

/**
 * A script of the bench, with a channel for messages.
 *
 * @param {URL} script
 * @param {string[]} args
 */
export function startScript(script, args) {
  return watched(fork(script, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
}

/**
 * A peer, with its output in a file.
 *
 * @param {string[]} command
 * @param {string} logFile
 */
export function startPeer(command, logFile) {
  const log = openSync(logFile, 'a');
  const [file, ...args] = command;
  const child = watched(spawn(file, args, { stdio: ['ignore', log, log] }));
  closeSync(log);
  return child;
}

function watched(child) {
  running.add(child);
  child.on('exit', () => running.delete(child));
  // A program that cannot be started never exits.
  child.on('error', () => running.delete(child));
  return child;
}

/**
 * Asks a process to stop, and ends it when it does not.
 *
 * @param {ChildProcess} child
 * @returns {Promise<boolean>} whether it stopped when it was asked
 */
export async function stop(child) {
  if (!running.has(child)) return child.exitCode === 0;
  const exited = once(child, 'exit').then(() => true);
  child.kill('SIGTERM');
  const willing = await Promise.race([exited, sleep(STOP_LIMIT_MS, false, { ref: false })]);
  if (!willing) {
    child.kill('SIGKILL');
    await exited;
  }
  return willing;
}

/**
 * Milliseconds until a program that does nothing has come and gone.
 *
 * @returns {Promise<number>}
 */
export async function timeEmptyNode() {
  const from = performance.now();
  await once(watched(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' })), 'exit');
  return performance.now() - from;
}

/**
 * Knocks at a port until the first request of a session is answered.
 *
 * @param {number} port
 * @param {ChildProcess} child the process that is to answer there
 * @throws {Error} when the process ends, or does not answer rightly in 20 s
 */
export async function firstReply(port, child) {
  const until = performance.now() + START_LIMIT_MS;
  while (performance.now() < until) {
    const reply = await ask(port);
    if (reply?.equals(steps[0].payload)) return;
    if (reply !== null) throw new Error('its first reply is wrong');
    if (!running.has(child)) throw new Error('it ended before its first reply');
    await sleep(1);
  }
  throw new Error('no reply in 20 s');
}

/** The payload of the first reply, or null when nobody listens yet. */
function ask(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received = Buffer.alloc(0);
    socket.setTimeout(START_LIMIT_MS, () => socket.destroy(new Error('no first reply in 20 s')));
    socket.on('connect', () => socket.write(steps[0].request));
    socket.on('error', (error) => (error.code === 'ECONNREFUSED' ? resolve(null) : reject(error)));
    socket.on('close', () => reject(new Error('closed before its first reply was whole')));
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece]);
      const payload = readMessage(received, 0)?.payload ?? null;
      if (payload === null) return;
      socket.end();
      resolve(payload);
    });
  });
}

/** A port that is free now, below those that clients are given. */
export async function freePort() {
  for (;;) {
    const server = createServer();
    server.listen(20_000 + Math.floor(Math.random() * 12_000), '127.0.0.1');
    const port = await once(server, 'listening').then(
      () => server.address().port,
      () => null,
    );
    if (port === null) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'latin1' }));

/**
 * CPU seconds, user and system, that a process has used up to now, with all its threads.
 *
 * @param {number} pid
 */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name in brackets, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/**
 * Resident memory of a process, now and at its peak, in MB of a million bytes.
 *
 * @param {number} pid
 */
export function residentMb(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const mb = (name) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6;
  return { now: mb('VmRSS'), peak: mb('VmHWM') };
}
