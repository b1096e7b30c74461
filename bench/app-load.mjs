/**
 * The load generator of the proxies: a process of its own that plays phones. It takes its orders as JSON in the first
 * argument and says, by message, `'begin'` and `'end'` around what it measures, `{ completed }` on the way, and at last
 * its `{ result }`.
 */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { numberedHost } from './app-message.mjs';
import { createHistogram } from './histogram.mjs';
import { startPhone } from './phone.mjs';

/**
 * @typedef {object} LoadOrders
 * @property {number} port where the peer listens
 * @property {number} connections phones at the same time
 * @property {string | null} caFile the authority that signs what is inside the tunnels; null for no TLS in them
 * @property {boolean} keepAlive request after request in one tunnel, or a tunnel for each
 * @property {string} [host] the host of all tunnels
 * @property {number} [hosts] instead of it: numbered hosts, one tunnel each, and the end after the last
 * @property {number} warmUpMs
 * @property {number} measureMs the longest time, where there are hosts
 *
 * @typedef {object} LoadResult
 * @property {number} perSecond requests, or tunnels with one, per second, over what was measured
 * @property {number} measured how many while it was measured
 * @property {number} firstUs the very first
 * @property {number} p50Us
 * @property {number} p90Us
 * @property {number} p99Us
 * @property {number} completed all that got their right answer, warm-up included
 * @property {boolean} repliesKept whether every answer came with the origin's very bytes
 * @property {Record<string, number>} errors how often, by reason
 */

/** An answer that takes longer is an error. */
const PATIENCE_MS = 10_000;
const TICK_MS = 250;
const PROGRESS = 1000;

/** @type {LoadOrders} */
const orders = JSON.parse(process.argv[2]);
const secureContext =
  orders.caFile === null ? null : createSecureContext({ ca: readFileSync(orders.caFile) });
const histogram = createHistogram();
const errors = {};
let completed = 0;
let repliesKept = true;
let stopping = false;
let running = orders.connections;
let opened = 0;
let begunAt = 0;
let completedBefore = 0;
let firstUs;
let measured;

const phones = Array.from({ length: orders.connections }, () =>
  startPhone({
    port: orders.port,
    secureContext,
    keepAlive: orders.keepAlive,
    nextHost() {
      if (orders.hosts === undefined) return orders.host;
      opened += 1;
      return opened > orders.hosts ? undefined : numberedHost(opened);
    },
    done(ms) {
      completed += 1;
      firstUs ??= ms * 1000;
      histogram.add(ms);
      if (completed % PROGRESS === 0) process.send({ completed });
    },
    altered() {
      repliesKept = false;
    },
    failed(reason) {
      errors[reason] = (errors[reason] ?? 0) + 1;
    },
    stopping: () => stopping,
    ended() {
      running -= 1;
      if (running > 0) return;
      if (measured === undefined) finish();
      process.send({ result: { ...measured, firstUs, completed, repliesKept, errors } }, () =>
        process.exit(),
      );
    },
  }),
);

setTimeout(begin, orders.warmUpMs);
setInterval(() => {
  const before = performance.now() - PATIENCE_MS;
  for (const phone of phones) phone.expire(before);
}, TICK_MS);
// The bench is gone: so are we.
process.on('disconnect', () => process.exit());

function begin() {
  histogram.reset();
  completedBefore = completed;
  begunAt = performance.now();
  process.send('begin');
  setTimeout(finish, orders.measureMs);
}

/** What is under way when the time is over is completed, so that both ends agree on what there was. */
function finish() {
  const seconds = (performance.now() - begunAt) / 1000;
  const count = completed - completedBefore;
  measured = {
    perSecond: count / seconds,
    measured: count,
    p50Us: histogram.quantileUs(0.5),
    p90Us: histogram.quantileUs(0.9),
    p99Us: histogram.quantileUs(0.99),
  };
  process.send('end');
  stopping = true;
}
