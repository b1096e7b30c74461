import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Whether a server program is installed, for `describe.skipIf(!available('influxd'))`. A missing one is said on
 * stderr; under CI it is an error, so that no suite can be skipped unseen.
 */
export function available(program: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  if (folders.some((folder) => isExecutable(join(folder, program)))) return true;
  const message = `${program} is not installed: tests that need the real server`;
  if (process.env.CI === 'true') throw new Error(`${message} cannot run, and under CI they must`);
  process.stderr.write(`${message} are skipped\n`);
  return false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
