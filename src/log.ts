import { printable } from './model/escape.js';

/** From the most to the least urgent. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;

export type LogLevel = (typeof logLevels)[number];

/** Takes messages, one line each. */
export interface Log {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

/**
 * A log that writes entries of `level` and more urgent ones as `2026-01-31T06:30:00.000Z warn  message`, the
 * time in UTC. Control characters in a message are escaped, so that an entry is always one line.
 */
export function createLog(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Log {
  const last = logLevels.indexOf(level);
  const at = (name: LogLevel) => (message: string) => {
    if (logLevels.indexOf(name) > last) return;
    write(`${new Date().toISOString()} ${name.padEnd(5)} ${printable(message)}\n`);
  };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
