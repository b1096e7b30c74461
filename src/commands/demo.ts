import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApp } from '../app.js';
import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';
import { vendors } from '../vendors/index.js';
import { formatEndpoint } from '../wire/address.js';
import { playScale, RecordedCloud, readRecording } from './demo-peers.js';
import { counted, print } from './output.js';
import { run as showReadings } from './readings.js';
import { stopSignal } from './stop-signal.js';

/** What is played, each a file of `captures/`. */
const recordings = [
  ['ws30-update.http', 'WS-30: a visit without a weigh-in (capture, 2013)'],
  ['ws30-update2.http', 'WS-30: the same, with a user table (capture, 2013)'],
  ['ws30-association.http', 'WS-30: being set up (capture, 2013)'],
  ['wbs01-weigh-in.http', 'WBS01: two weigh-ins (composed from a report of 2010)'],
  ['ws50-weigh-in.http', 'WS-50: weight, pulse, CO2 and temperature (composed from a report of 2013)'],
] as const;

/**
 * Shows the whole way without a scale and without the internet: recorded scale sessions go over real sockets
 * through the relay to a stand-in for the cloud; then the readings are listed. Resolves to the exit code.
 */
export async function run(settings: Settings, log: Log): Promise<number> {
  const dataDir = join(settings.dataDir, 'demo');
  const cloud = new RecordedCloud();
  const { address, port } = await cloud.listen();
  const upstream = vendors.flatMap(({ hosts }) => hosts).map((host) => ({ host, address, port }));
  const demo: Settings = {
    ...settings,
    dataDir,
    listen: [{ host: '127.0.0.1', port: 0 }],
    proxyListen: [null],
    upstream,
    influxUrl: null,
    mqttUrl: null,
  };
  const app = await startApp({ ...demo, webListen: [null] }, log);
  try {
    const file = await app.opened;
    await print('scaletap relays recorded scales to a stand-in for their cloud:\n\n');
    for (const [name, title] of recordings) {
      const recording = readRecording(readFileSync(new URL(`../../captures/${name}`, import.meta.url)));
      cloud.recording = recording;
      for (const listener of app.listeners) await playScale(recording, listener);
      await print(`  ${title}: ${counted(recording.length, 'exchange')}, every byte as recorded\n`);
    }
    await app.close();
    await print('\nThe readings in them:\n\n');
    await showReadings({ ...settings, dataDir, limit: null }, log);
    await print(
      `\nThey are kept in ${file}.\n` +
        `To look again:   npm start -- readings --data-dir ${dataDir}\n` +
        `The raw bytes:   npm start -- exchanges --data-dir ${dataDir}\n` +
        'With your scale: npm start, then point the scale at this machine (see README.md)\n',
    );
    if (settings.keepOpen || process.stdout.isTTY) await showPage(demo, log);
    return 0;
  } finally {
    cloud.close();
    await app.close();
  }
}

/** Serves the page with what is there until a signal ends it. */
async function showPage(demo: Settings, log: Log): Promise<void> {
  const stopped = stopSignal();
  const app = await startApp(demo, log);
  const [page] = app.pages;
  if (page !== undefined) {
    await print(`\nThe page: http://${formatEndpoint(page)}/ (Ctrl+C ends it)\n`);
    await stopped;
  }
  await app.close();
}
