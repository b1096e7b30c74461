import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The built program, run as a user runs it. Everything here ends with the test that asked for it. */

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

const PATIENCE_MS = 20_000;

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'scaletap-e2e-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The path of a file in `captures/`. */
export function capturePath(name: string): string {
  return fileURLToPath(new URL(`../../captures/${name}`, import.meta.url));
}

/** A running process and what it has said so far. */
export class Program {
  readonly #child: ChildProcess;
  #out = '';
  #err = '';
  /** Resolves to the exit code, or to the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;

  /** `wrapper` is a program with its arguments that runs it and takes its place, such as a tracer. */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}, wrapper: readonly string[] = []) {
    const [command = process.execPath, ...rest] = [...wrapper, process.execPath, main, ...args];
    // Tests run side by side, and the page has one usual place: those who want it say where.
    const usual = { SCALETAP_WEB_LISTEN: 'off' };
    this.#child = spawn(command, rest, { env: { ...process.env, ...usual, ...env } });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text;
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve(signal ?? code ?? -1));
    });
    onTestFinished(() => {
      this.#child.kill('SIGKILL');
    });
  }

  get stdout(): string {
    return this.#out;
  }

  /** What serve logs, and what a command warns about. */
  get stderr(): string {
    return this.#err;
  }

  /** Ends it, and resolves when it has. */
  kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** Resolves with the match as soon as stderr has it. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#comes('stderr', pattern, () => this.#err);
  }

  /** Resolves with the match as soon as stdout has it. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#comes('stdout', pattern, () => this.#out);
  }

  #comes(where: string, pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
    let over = false;
    void this.ended.then(() => {
      over = true;
    });
    return until(`${where} to have ${pattern}`, () => {
      const match = pattern.exec(text());
      if (match === null && over) throw new Error(`it ended without saying ${pattern}:\n${this.#err}`);
      return match ?? undefined;
    });
  }
}

/** Polls until there is something. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** Runs a command to its end. */
export async function run(...args: readonly string[]) {
  const program = new Program(args);
  const code = await program.ended;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

/** Runs a command that must do well, and gives what it printed. */
export async function output(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  if (code !== 0) throw new Error(`scaletap ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

/** A relay that is up. */
export interface Serving {
  readonly program: Program;
  readonly port: number;
}

/** Starts `scaletap serve` for a cloud on loopback, and resolves when it listens. */
export async function serve(
  dataDir: string,
  upstreamPort: number,
  flags: readonly string[] = [],
  wrapper: readonly string[] = [],
): Promise<Serving> {
  const upstream = `scalews.withings.net=127.0.0.1:${upstreamPort}`;
  const where = [
    '--listen',
    '127.0.0.1:0',
    '--proxy-listen',
    'off',
    '--data-dir',
    dataDir,
    '--upstream',
    upstream,
  ];
  const program = new Program(['serve', ...where, ...flags], {}, wrapper);
  const [, port] = await program.says(/listening for scales: 127\.0\.0\.1:(\d+)/);
  return { program, port: Number(port) };
}

/** What an export tells of a message, in base64. */
interface ExportedMessage {
  readonly head: string;
  readonly body: string;
}

/** What an export tells of an exchange, as far as it is looked at here. */
interface ExportedExchange {
  readonly source: string;
  readonly request: ExportedMessage;
  readonly interim: string;
  readonly response: ExportedMessage | null;
}

/** Every exchange in the journal with all its bytes: a line of NDJSON each. */
export async function exportedLines(dataDir: string): Promise<string[]> {
  const all = await output(
    'exchanges',
    'export',
    '--format',
    'ndjson',
    '--show-secrets',
    '--data-dir',
    dataDir,
  );
  return all.split('\n').filter((line) => line !== '');
}

/** An exchange out of its line. */
export function exchangeOf(line: string): ExportedExchange {
  return JSON.parse(line);
}

/** The bytes of one side of an exported exchange. */
export function bytesOf(message: ExportedMessage | null): Buffer {
  return Buffer.concat([message?.head ?? '', message?.body ?? ''].map((part) => Buffer.from(part, 'base64')));
}

/** The readings of a data folder. */
export async function readingsOf(dataDir: string): Promise<{ time: string; kind: string; value: number }[]> {
  const all = await output('readings', '--json', '--data-dir', dataDir);
  return all
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
