/**
 * Preloaded by `node --require` into every thread: has the store's thread hang for good as soon as the file of the
 * variable `HANGS` is there.
 */
const { existsSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

if (!isMainThread) {
  setInterval(() => {
    if (existsSync(process.env.HANGS)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }, 20).unref();
}
