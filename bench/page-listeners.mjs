/**
 * Many who listen to the events of the page: a process of its own, told the port and how many are to listen. It says
 * `'listening'` when all have been answered; `'count'` is answered with what each has got since the last time:
 * `{ least, most, closed }`, in events `exchange`, and how many were closed on.
 */
import { connect } from 'node:net';

const [port, listeners] = process.argv.slice(2).map(Number);
const request = `GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
const needle = Buffer.from('event: exchange\n');

let answered = 0;
let closed = 0;
const counts = new Uint32Array(listeners);

for (let i = 0; i < listeners; i++) {
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
    }
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
    closed += 1;
  });
}

process.on('message', () => {
  process.send({
    least: counts.reduce((a, b) => Math.min(a, b)),
    most: counts.reduce((a, b) => Math.max(a, b)),
    closed,
  });
  counts.fill(0);
});
process.on('disconnect', () => process.exit());
