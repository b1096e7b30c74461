/**
 * The least that a proxy can be which opens TLS: it takes a CONNECT, speaks TLS with both sides, and then bytes in, bytes
 * out, nothing looked at and nothing kept. It makes no certificates, it has the origin's own. What it carries is the
 * most that any such proxy on node:tls can carry.
 *
 *     node tls-splice.mjs PORT UPSTREAM_PORT KEY_FILE CERTIFICATE_FILE CA_FILE
 */
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { forward } from './forward.mjs';

const [port, upstreamPort, keyFile, certificateFile, caFile] = process.argv.slice(2);
const ours = createSecureContext({ key: readFileSync(keyFile), cert: readFileSync(certificateFile) });
const theirs = createSecureContext({ ca: readFileSync(caFile) });
const ALPNProtocols = ['http/1.1'];

createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  let head = '';
  client.on('error', () => client.destroy());
  client.on('data', function onHead(chunk) {
    head += chunk.latin1Slice();
    if (!head.endsWith('\r\n\r\n')) return;
    client.off('data', onHead);
    const [, host] = /^CONNECT ([^:]+):/.exec(head);
    const socket = connect({ port: upstreamPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const upstream = connectTls({ socket, servername: host, secureContext: theirs, ALPNProtocols });
    const inside = new TLSSocket(client, { isServer: true, secureContext: ours, ALPNProtocols });
    forward(inside, upstream);
    forward(upstream, inside);
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  });
}).listen(port, '127.0.0.1');
