import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, vi } from 'vitest';
import { runCli } from '../../src/cli.js';
import { UserError } from '../../src/model/errors.js';
import type { Exchange } from '../../src/model/exchange.js';
import { Store } from '../../src/store/store.js';
import { vendorOf } from '../../src/vendors/index.js';

/** What a command line came to. An error that main.ts would show is in `stderr`, as it would show it. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
export async function scaletap(...args: string[]): Promise<Outcome> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const into = (parts: Buffer[]) => (text: string | Uint8Array, done?: unknown) => {
    parts.push(Buffer.from(text));
    if (typeof done === 'function') done();
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(into(out)),
    vi.spyOn(process.stderr, 'write').mockImplementation(into(err)),
    vi.spyOn(console, 'log').mockImplementation((text: string) => out.push(Buffer.from(`${text}\n`))),
  ];
  let code: number;
  try {
    code = await runCli(args, {});
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    code = error.exitCode;
    err.push(Buffer.from(error.message));
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/** What a command line prints that must do well, without a warning. */
export async function printed(...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await scaletap(...args);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout;
}

/** JSON of which each line is a value. */
export function jsonLines<Value>(text: string): Value[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Starts the built scaletap as a process of its own; it is killed when the test is over. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...env } });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const ended = new Promise<Outcome & { signal: string | null }>((resolve) => {
    child.on('close', (code, signal) => {
      const text = (parts: Buffer[]) => Buffer.concat(parts).toString();
      resolve({ code: code ?? -1, signal, stdout: text(out), stderr: text(err) });
    });
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, ended, stdout: () => Buffer.concat(out).toString() };
}

/** A folder that is gone after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'scaletap-commands-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Commits exchanges to the store of a folder. */
export function commit(dataDir: string, exchanges: readonly Exchange[]): void {
  const store = new Store(dataDir, vendorOf, { create: true });
  store.journal.commit(exchanges);
  store.close();
}

/** The path of a file in `captures/`. */
export function capturePath(name: string): string {
  return fileURLToPath(new URL(`../../captures/${name}`, import.meta.url));
}
