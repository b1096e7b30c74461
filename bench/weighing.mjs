/** Weigh-ins of four people beside a load, each new: a household that weighs itself ten times a second. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const EVERY_MS = 100;
/** WBS01 scales speak to it, and the load does not. */
const HOST = 's5.withings.net';

const stored = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\n{"status":0}',
);

/**
 * A cloud that takes every weigh-in.
 *
 * @returns {Promise<{ flags: string[], close(): void }>} the flags of `serve` that lead there
 */
export async function startScales() {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => socket.write(stored));
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    flags: ['--upstream', `${HOST}=127.0.0.1:${server.address().port}`],
    close: () => server.close(),
  };
}

/**
 * Weighs until it is told to stop.
 *
 * @param {number} port where scales come to
 * @returns {() => number} ends it, and says how many weigh-ins were answered
 */
export function weigh(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let answered = 0;
  let meastime = Math.floor(Date.now() / 1000) - 50_000_000;
  const measures = encodeURIComponent(
    '{"measures":[{"value":66850,"type":1,"unit":-3},{"value":22100,"type":6,"unit":-3},' +
      '{"value":14770,"type":8,"unit":-3},{"value":52080,"type":5,"unit":-3}]}',
  );
  socket.on('data', () => {
    answered += 1;
  });
  socket.on('error', () => socket.destroy());
  const timer = setInterval(() => {
    meastime += 600;
    const form =
      `action=store&sessionid=1&macaddress=00:24:e4:00:00:02&userid=${11_111_111 * (1 + (meastime % 4))}` +
      `&meastime=${meastime}&devtype=1&attribstatus=0&measures=${measures}`;
    socket.write(
      `POST /cgi-bin/measure HTTP/1.1\r\nUser-Agent: Withings UserAgent\r\nHost: ${HOST}\r\nAccept: */*\r\n` +
        `Content-Length: ${form.length}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n${form}`,
    );
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    socket.destroy();
    return answered;
  };
}
