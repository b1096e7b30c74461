/** `npm run bench`: installs and builds what is missing, then runs the benchmark, or the one of `--offline`. */
import { ready } from './ready.mjs';

ready();
// What it imports is only there once the project is ready.
await import(process.argv.includes('--offline') ? '../bench/offline.mjs' : '../bench/run.mjs');
