#!/usr/bin/env node
import { runCli } from './cli.js';
import { UsageError, UserError } from './model/errors.js';
import { printable } from './model/escape.js';

// A reader that has seen enough (`| head`) closes the pipe. The relay goes on without it; a command that only
// prints learns of it from its own write, and ends.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  process.exitCode = await runCli(process.argv.slice(2), process.env);
} catch (error) {
  process.exitCode = report(error);
}

/** Shows an error and gives the exit code. */
function report(error: unknown): number {
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return 0;
  if (error instanceof UserError) {
    const help = error instanceof UsageError ? ' (scaletap --help shows how)' : '';
    process.stderr.write(`scaletap: ${printable(error.message)}${help}\n`);
    return error.exitCode;
  }
  const stack = error instanceof Error ? error.stack : String(error);
  process.stderr.write(
    `${stack}\nscaletap: this is a fault in scaletap; please report it with the lines above\n`,
  );
  return 1;
}
