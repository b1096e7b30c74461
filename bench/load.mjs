/**
 * The load generator: a process of its own that plays scales on raw sockets. It takes its orders as JSON in the
 * first argument and says, by message, `'begin'` and `'end'` around what it measures, `{ completed }` every
 * quarter of a second, and at last its `{ result }`.
 */
import { createHistogram } from './histogram.mjs';
import { startScale } from './scale.mjs';

/**
 * @typedef {object} LoadOrders
 * @property {number} port where the peer listens
 * @property {number} connections scales at the same time
 * @property {boolean} reconnect a new connection for every session
 * @property {number} [pauseMs] what each scale waits between two exchanges; not at all if not said
 * @property {number} warmUpMs
 * @property {number} measureMs
 * @property {number | null} exchanges instead of a time: stop after so many, without warm-up
 *
 * @typedef {object} LoadResult
 * @property {number} perSecond exchanges per second, over what was measured
 * @property {number} measured exchanges while it was measured
 * @property {number} p50Us
 * @property {number} p99Us microseconds from the request's first byte sent to the reply's last byte received
 * @property {number} completed all exchanges that got their right reply, warm-up included
 * @property {boolean} repliesKept whether every reply came with the origin's very bytes
 * @property {Record<string, number>} errors how often, by reason
 */

/** A reply that takes longer is an error. Real scales wait longer; nothing on this machine should. */
const PATIENCE_MS = 5_000;
const TICK_MS = 250;

/** @type {LoadOrders} */
const orders = JSON.parse(process.argv[2]);
const histogram = createHistogram();
const errors = {};
let completed = 0;
let repliesKept = true;
let stopping = false;
let running = orders.connections;
let begunAt = 0;
let completedBefore = 0;
let measured;

const scales = Array.from({ length: orders.connections }, () =>
  startScale({
    port: orders.port,
    reconnect: orders.reconnect,
    pauseMs: orders.pauseMs ?? 0,
    done(ms) {
      completed += 1;
      histogram.add(ms);
      if (completed === orders.exchanges) finish();
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
      if (running === 0)
        process.send({ result: { ...measured, completed, repliesKept, errors } }, () => process.exit());
    },
  }),
);

if (orders.exchanges === null) setTimeout(begin, orders.warmUpMs);
else begin();

setInterval(() => {
  const before = performance.now() - PATIENCE_MS;
  for (const scale of scales) scale.expire(before);
  process.send({ completed });
}, TICK_MS);
// The bench is gone: so are we.
process.on('disconnect', () => process.exit());

function begin() {
  histogram.reset();
  completedBefore = completed;
  begunAt = performance.now();
  process.send('begin');
  if (orders.exchanges === null) setTimeout(finish, orders.measureMs);
}

/** What is under way when the time is over is completed, so that both ends agree on what there was. */
function finish() {
  const seconds = (performance.now() - begunAt) / 1000;
  const count = completed - completedBefore;
  measured = {
    perSecond: count / seconds,
    measured: count,
    p50Us: histogram.quantileUs(0.5),
    p99Us: histogram.quantileUs(0.99),
  };
  process.send('end');
  stopping = true;
}
