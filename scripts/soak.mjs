/**
 * `npm run soak [-- SECONDS [SEED]]`: scales, a cloud that flaps and a scaletap that is killed, for five minutes or as
 * long as is said. The seed is printed; with it the same choices are made again.
 */
import { ready, run } from './ready.mjs';

ready();
const [seconds = '300', seed] = process.argv.slice(2);
run('node_modules/.bin/vitest', ['run', 'test/e2e/offline-soak.test.ts'], {
  SOAK_SECONDS: seconds,
  ...(seed === undefined ? {} : { SEED: seed }),
});
