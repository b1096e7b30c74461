/**
 * Many who listen to the events of the page: a process of its own, told the port, how many are to listen and how many of
 * these are not to read. It says `'listening'` when all have been answered; `'count'` is answered with what each that
 * reads has got since the last time: `{ least, most, closed, deafClosed }`, in events `exchange`.
 */
import { connect } from 'node:net';

const [port, listeners, deaf] = process.argv.slice(2).map(Number);
const request = `GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
const needle = Buffer.from('event: exchange\n');

let answered = 0;
let closed = 0;
let deafClosed = 0;
const counts = new Uint32Array(listeners - deaf);

for (let i = 0; i < listeners; i++) {
  const isDeaf = i >= listeners - deaf;
  const socket = connect({ port, host: '127.0.0.1' });
  let begun = false;
  /** The last bytes of a piece may be the first of an event. */
  let rest = Buffer.alloc(0);
  socket.on('connect', () => socket.write(request));
  socket.on('data', (piece) => {
    if (!begun) {
      begun = true;
      answered += 1;
      if (answered === listeners) process.send('listening');
      if (isDeaf) socket.pause();
    }
    if (isDeaf) return;
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    for (let found = bytes.indexOf(needle); found >= 0; found = bytes.indexOf(needle, at)) {
      counts[i] += 1;
      at = found + needle.length;
    }
    rest = Buffer.from(bytes.subarray(Math.max(at, bytes.length - needle.length + 1)));
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    if (isDeaf) deafClosed += 1;
    else closed += 1;
  });
  // A socket that is paused does not hear that it was ended.
  if (isDeaf) setInterval(() => isEnded(socket), 1_000);
}

/** Whether a socket that reads nothing was reset: a write tells. A line more behind the request harms nobody. */
function isEnded(socket) {
  if (!socket.destroyed) socket.write('\r\n');
}

process.on('message', () => {
  process.send({
    least: counts.reduce((a, b) => Math.min(a, b)),
    most: counts.reduce((a, b) => Math.max(a, b)),
    closed,
    deafClosed,
  });
  counts.fill(0);
});
process.on('disconnect', () => process.exit());
