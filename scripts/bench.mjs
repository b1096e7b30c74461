/** `npm run bench`: installs and builds what is missing, then runs the benchmark. */
import { ready } from './ready.mjs';

ready();
// What it imports is only there once the project is ready.
await import('../bench/run.mjs');
