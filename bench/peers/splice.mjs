/**
 * The least that a relay can be: bytes in, bytes out, nothing looked at. What it carries is the most that any
 * relay on node:net can carry, and so the measure for ours.
 *
 *     node splice.mjs PORT UPSTREAM_PORT
 */
import { connect, createServer } from 'node:net';
import { forward } from './forward.mjs';

const [port, upstreamPort] = process.argv.slice(2).map(Number);

createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const upstream = connect({ port: upstreamPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  forward(client, upstream);
  forward(upstream, client);
}).listen(port, '127.0.0.1');
