import { chmodSync, rmSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { join, relative } from 'node:path';
import { UserError } from '../model/errors.js';

/**
 * How a command speaks to a running `serve`: one line of JSON each way over a Unix socket in the data folder, which
 * nobody but its owner can enter.
 */

const LONGEST_LINE = 1_024;
const PATIENCE_MS = 5_000;
/** In bytes: what macOS takes, the least of all systems. Node asks some for the socket of a path that it has cut. */
const LONGEST_PATH = 103;

/** What is asked: to switch the mode, or only which one it is. */
export interface ControlRequest {
  readonly mode: string | null;
}

/** What comes back: the mode that is on now, or what is wrong. */
export type ControlReply = { readonly mode: string } | { readonly error: string };

/** The end of a running serve. */
export interface Control {
  close(): void;
}

/**
 * Listens in a data folder that is there. Rejects with a {@link UserError} when another serve does so already, or
 * the system does not let us.
 */
export async function listenControl(
  dataDir: string,
  answer: (request: ControlRequest) => ControlReply,
): Promise<Control> {
  const path = socketPath(dataDir);
  const server = createServer((socket) => serveOne(socket, answer));
  try {
    await listen(server, path);
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw controlError(path, error);
    if (await isAlive(path)) {
      throw new UserError(`another scaletap serves ${dataDir} already; \`scaletap mode\` reaches that one`);
    }
    try {
      // A killed serve has left it.
      rmSync(path, { force: true });
      await listen(server, path);
    } catch (again) {
      throw controlError(path, again);
    }
  }
  try {
    chmodSync(path, 0o600);
  } catch (error) {
    server.close();
    throw controlError(path, error);
  }
  server.unref();
  return { close: () => void server.close() };
}

/** Asks the serve of a data folder. Rejects with a {@link UserError} when there is none, or it says no. */
export async function askControl(dataDir: string, request: ControlRequest): Promise<string> {
  const path = socketPath(dataDir);
  const socket = connect(path);
  try {
    const line = await new Promise<string>((resolve, reject) => {
      readLine(socket, resolve, reject);
      socket.write(`${JSON.stringify(request)}\n`);
    });
    const reply: unknown = JSON.parse(line);
    const { mode, error }: { mode?: unknown; error?: unknown } = Object(reply);
    if (typeof error === 'string') throw new UserError(error);
    if (typeof mode === 'string') return mode;
    throw new Error('it names no mode');
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(codeOf(error))) {
      throw new UserError(`no scaletap serves ${dataDir} now; start it, or name its folder with --data-dir`);
    }
    if (error instanceof Error && !('code' in error)) {
      throw new UserError(
        `${path} does not speak as scaletap does (${error.message}); stop the program that listens there`,
      );
    }
    throw controlError(path, error);
  } finally {
    socket.destroy();
  }
}

function serveOne(socket: Socket, answer: (request: ControlRequest) => ControlReply): void {
  // A client that says nothing does not hold up the end of the process.
  socket.unref();
  // Whatever else comes, or does not, is not waited for.
  const end = (reply: ControlReply) => {
    socket.write(`${JSON.stringify(reply)}\n`);
    socket.destroySoon();
  };
  readLine(
    socket,
    (line) => end(answer({ mode: modeIn(line) })),
    (error) => end({ error: error.message }),
  );
}

/** The mode that a line asks for; null for anything else. */
function modeIn(line: string): string | null {
  try {
    const { mode }: { mode?: unknown } = Object(JSON.parse(line));
    return typeof mode === 'string' ? mode : null;
  } catch {
    // Then it is no line of ours, and nothing is switched.
    return null;
  }
}

/** Gives the first line of a socket, once; or what is wrong with it. */
function readLine(socket: Socket, onLine: (line: string) => void, onError: (error: Error) => void): void {
  let text = '';
  let over = false;
  const once = (step: () => void) => {
    if (over) return;
    over = true;
    step();
  };
  socket.setEncoding('utf8');
  socket.setTimeout(PATIENCE_MS, () =>
    once(() => onError(new Error(`no line came within ${PATIENCE_MS / 1000} s`))),
  );
  socket.on('data', (piece: string) => {
    text += piece;
    const end = text.indexOf('\n');
    if (end >= 0) once(() => onLine(text.slice(0, end)));
    else if (text.length > LONGEST_LINE) once(() => onError(new Error('the line is too long')));
  });
  socket.on('error', (error) => once(() => onError(error)));
  socket.on('end', () => once(() => onError(new Error('it closed without a line'))));
}

/** Relative where that is shorter. Throws a {@link UserError} when it is too long for a socket all the same. */
function socketPath(dataDir: string): string {
  const path = join(dataDir, 'control.sock');
  const shorter = relative('.', path);
  const chosen = shorter.length < path.length ? shorter : path;
  if (Buffer.byteLength(chosen) > LONGEST_PATH) throw controlError(path, new Error('the path is too long'));
  return chosen;
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function controlError(path: string, error: unknown): UserError {
  const why = error instanceof Error ? error.message : String(error);
  return new UserError(
    `${path} cannot be used (${why}); a --data-dir with a short path on a local disk helps`,
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error ? String((error as NodeJS.ErrnoException).code) : '';
}
