/** A scaletap that serves, for the benchmark of the page: with its web server, and sinks where they are asked for. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstReply, freePort, startPeer, stop } from './processes.mjs';
import { lastLines } from './round.mjs';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/**
 * Runs `scaletap serve` in a data folder for as long as `work` takes.
 *
 * @template T
 * @param {{ dataDir: string, originPort: number, flags?: string[], main?: string }} place
 * @param {(served: { child: import('node:child_process').ChildProcess, port: number, url: string,
 *   startMs: number }) => Promise<T>} work given the port that scales come to, and the URL of the page
 * @returns {Promise<T>}
 * @throws {Error} when it does not start or ends early, with the last of what it printed
 */
export async function serving({ dataDir, originPort, flags = [], main: script = main }, work) {
  const [port, webPort] = [await freePort(), await freePort()];
  const log = join(dataDir, 'output.log');
  const from = performance.now();
  const child = startPeer(
    [
      ...[process.execPath, script, 'serve', '--data-dir', dataDir, '--listen', `127.0.0.1:${port}`],
      ...['--upstream', `scalews.withings.net=127.0.0.1:${originPort}`, '--proxy-listen', 'off'],
      ...[
        '--web-listen',
        `127.0.0.1:${webPort}`,
        '--journal-max-size',
        '0',
        '--journal-max-age',
        '0',
        ...flags,
      ],
    ],
    log,
  );
  try {
    await firstReply(port, child);
    const startMs = performance.now() - from;
    const done = await work({ child, port, url: `http://127.0.0.1:${webPort}`, startMs });
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended early');
    return done;
  } catch (error) {
    throw new Error(`${error.message}${lastLines(log)}`);
  } finally {
    await stop(child);
  }
}
