/** `npm run bench`: installs and builds what is missing, then runs the benchmark, or the one of `--offline`, `--proxy` or `--page`. */
import { ready } from './ready.mjs';

ready();
// What it imports is only there once the project is ready.
if (process.argv.includes('--offline')) await import('../bench/offline.mjs');
else if (process.argv.includes('--page')) await import('../bench/page.mjs');
else await import(process.argv.includes('--proxy') ? '../bench/proxy.mjs' : '../bench/run.mjs');
