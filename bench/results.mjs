/** Where results go, and a folder for what a run leaves behind: that goes, with every process, when the bench ends. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { killAll } from './processes.mjs';

export const results = new URL('./results/', import.meta.url);
mkdirSync(results, { recursive: true });
// Not in the system's temporary folder, which may be memory: a durable journal must meet a disk.
export const folder = mkdtempSync(fileURLToPath(new URL('tmp-', results)));
process.on('exit', () => {
  killAll();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
