/**
 * Stands for the apps' cloud: answers the requests of app-message.mjs, over TLS for the hosts that
 * are read and in the clear for the one that is not. A process of its own, told what to do by messages:
 *
 *     node app-origin.mjs KEY_FILE CERTIFICATE_FILE
 *
 * - it says `{ port, plainPort }` when it listens
 * - `'stats'` is answered with what came since the last time: `{ requests, altered, bad }`, as that of origin.mjs is
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { OTHER_HOST, requestsTo, steps } from './app-message.mjs';
import { readMessage } from './http.mjs';

const [keyFile, certificateFile] = process.argv.slice(2);

let stats = { requests: 0, altered: 0, bad: 0 };

const secure = createTlsServer({
  noDelay: true,
  ALPNProtocols: ['http/1.1'],
  key: readFileSync(keyFile),
  cert: readFileSync(certificateFile),
});
secure.on('secureConnection', (socket) => answer(socket, requestsTo(socket.servername)));
const plain = createServer({ noDelay: true }, (socket) => answer(socket, requestsTo(OTHER_HOST)));

function answer(socket, requests) {
  /** Bytes that did not come as the one piece: split, joined or changed on the way. */
  let pending = null;
  socket.on('data', (chunk) => {
    const known = pending === null ? requests.findIndex((request) => request.equals(chunk)) : -1;
    if (known >= 0) {
      reply(known);
      return;
    }
    pending = pending === null ? chunk : Buffer.concat([pending, chunk]);
    try {
      while (pending !== null && readOne());
    } catch {
      stats.bad += 1;
      socket.destroy();
    }
  });
  // A peer that is ended resets its connections; the load generator counts what that costs.
  socket.on('error', () => socket.destroy());

  /** Answers the first request in `pending`, if it is whole, and says whether there may be another. */
  function readOne() {
    const asked = readMessage(pending, 0);
    if (asked === null || asked.end === null) return false;
    const bytes = pending.subarray(0, asked.end);
    const index = steps.findIndex(({ path }) => asked.start === `POST ${path} HTTP/1.1`);
    if (steps[index]?.body !== asked.payload.latin1Slice()) throw new Error('not a request of the app');
    if (!bytes.equals(requests[index])) stats.altered += 1;
    pending = asked.end === pending.length ? null : pending.subarray(asked.end);
    reply(index);
    return true;
  }

  function reply(index) {
    stats.requests += 1;
    socket.write(steps[index].reply);
  }
}

process.on('message', () => {
  process.send(stats);
  stats = { requests: 0, altered: 0, bad: 0 };
});
// The bench is gone: so are we.
process.on('disconnect', () => process.exit());
secure.listen(0, '127.0.0.1', () =>
  plain.listen(0, '127.0.0.1', () =>
    process.send({ port: secure.address().port, plainPort: plain.address().port }),
  ),
);
