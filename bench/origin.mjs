/**
 * Stands for the vendor's cloud: answers the four requests of the capture with the capture's own replies.
 * A process of its own, started by processes.mjs, told what to do by messages:
 *
 * - it says `{ port }` when it listens
 * - `'stats'` is answered with what came since the last time: `{ requests, altered, bad }`, where altered are
 *   requests with other bytes than the scale's, and bad are connections with something that is none of the four
 */
import { createServer } from 'node:net';
import { readMessage } from './http.mjs';
import { CONTINUE, nameOf, steps } from './session.mjs';

const byName = new Map(steps.map((step) => [step.name, step]));
/** What a faithful peer sends comes as one of these pieces; the length tells which one to compare with. */
const byLength = new Map(steps.map((step) => [step.first.length, step]));
if (byLength.size !== steps.length) throw new Error('two requests of the capture have the same length');

let stats = { requests: 0, altered: 0, bad: 0 };

const server = createServer({ noDelay: true }, (socket) => {
  /** The step whose head came as a known piece, while its body is still to come. */
  let open = null;
  /** Whether the request that is being received was told to continue. */
  let told = false;
  /** Bytes that did not come as a known piece: split, joined or changed on the way. */
  let pending = null;

  socket.on('data', (chunk) => {
    if (pending === null) {
      if (open !== null) {
        if (chunk.equals(open.rest)) return answer(open);
      } else {
        const step = byLength.get(chunk.length);
        if (step !== undefined && chunk.equals(step.first)) {
          if (step.rest === null) return answer(step);
          open = step;
          return goOn();
        }
      }
      pending = open === null ? chunk : Buffer.concat([open.first, chunk]);
    } else {
      pending = Buffer.concat([pending, chunk]);
    }
    try {
      while (pending !== null && readOne());
    } catch {
      stats.bad += 1;
      socket.destroy();
    }
  });
  // A peer that is ended resets its connections; the load generator counts what that costs.
  socket.on('error', () => socket.destroy());

  function goOn() {
    told = true;
    socket.write(CONTINUE);
  }

  function answer(step) {
    open = null;
    told = false;
    stats.requests += 1;
    socket.write(step.reply);
  }

  /** Answers the first request in `pending`, if it is whole, and says whether there may be another. */
  function readOne() {
    const asked = readMessage(pending, 0);
    if (asked === null) return false;
    if (asked.end === null) {
      if (asked.expects && !told) goOn();
      return false;
    }
    const step = byName.get(nameOf(asked.start, asked.payload));
    if (step === undefined) throw new Error(`not a request of the capture: ${asked.start}`);
    if (!pending.subarray(0, asked.end).equals(step.request)) stats.altered += 1;
    pending = asked.end === pending.length ? null : pending.subarray(asked.end);
    answer(step);
    return true;
  }
});

process.on('message', () => {
  process.send(stats);
  stats = { requests: 0, altered: 0, bad: 0 };
});
// The bench is gone: so are we.
process.on('disconnect', () => process.exit());
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send({ port: server.address().port }));
