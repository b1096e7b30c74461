/**
 * http-proxy with a keep-alive agent, as people use it, and on request with a tap that appends one record per
 * exchange to a file: raw heads and bodies of both messages, not synced.
 *
 *     node http-proxy.mjs PORT UPSTREAM_PORT [FILE]
 *
 * The tap hangs on the server's own request and on `proxyRes`. Hung on `proxyReq`, where most put it, it would
 * miss every maint: http-proxy does not emit that for a request with `Expect`.
 */
import { openSync, write } from 'node:fs';
import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';

const [port, upstreamPort, file] = process.argv.slice(2);
const proxy = httpProxy.createProxyServer({
  target: `http://127.0.0.1:${upstreamPort}`,
  agent: new Agent({ keepAlive: true }),
});
proxy.on('error', (_error, _request, response) => response.destroy());

const descriptor = file === undefined ? null : openSync(file, 'a');
if (descriptor !== null) {
  proxy.on('proxyRes', (upstreamResponse, request) => {
    const requestBody = request.tapped;
    const responseBody = collect(upstreamResponse);
    upstreamResponse.on('end', () => {
      const record = Buffer.concat([
        head(`${request.method} ${request.url} HTTP/${request.httpVersion}`, request.rawHeaders),
        ...requestBody,
        head(
          `HTTP/${upstreamResponse.httpVersion} ${upstreamResponse.statusCode} ${upstreamResponse.statusMessage}`,
          upstreamResponse.rawHeaders,
        ),
        ...responseBody,
      ]);
      write(descriptor, record, (error) => {
        if (error) throw error;
      });
    });
  });
}

createServer((request, response) => {
  if (descriptor !== null) request.tapped = collect(request);
  proxy.web(request, response);
}).listen(Number(port), '127.0.0.1');

/** The pieces of a message's body, filled as they come. */
function collect(message) {
  const pieces = [];
  message.on('data', (piece) => pieces.push(piece));
  return pieces;
}

function head(start, rawHeaders) {
  let text = `${start}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}
