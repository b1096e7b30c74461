/**
 * The least that a forward proxy can be: it takes a CONNECT, calls the port of that host, and then bytes in, bytes out,
 * nothing looked at. The measure for a tunnel of ours.
 *
 *     node connect-splice.mjs PORT UPSTREAM_PORT HOST HOST_PORT
 *
 * All hosts are at UPSTREAM_PORT, but for one.
 */
import { connect, createServer } from 'node:net';
import { forward } from './forward.mjs';

const [port, upstreamPort, otherHost, otherPort] = process.argv.slice(2);

createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  let head = '';
  client.on('error', () => client.destroy());
  client.on('data', function onHead(chunk) {
    head += chunk.latin1Slice();
    const end = head.indexOf('\r\n\r\n') + 4;
    if (end < 4) return;
    client.off('data', onHead);
    client.pause();
    const called = head.startsWith(`CONNECT ${otherHost}:`) ? otherPort : upstreamPort;
    const upstream = connect({ port: called, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    upstream.on('connect', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head.slice(end), 'latin1');
      forward(client, upstream);
      forward(upstream, client);
      client.resume();
    });
    upstream.on('error', () => client.destroy());
  });
}).listen(port, '127.0.0.1');
