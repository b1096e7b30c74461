import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';

/** Servers that answer with given bytes, or not at all: what no real InfluxDB does on order. */

/** A server that does what the test says with what comes, until the test is over. Gives its port. */
export async function listen(answer: (socket: Socket, bytes: Buffer) => void, port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => sockets.delete(socket));
    socket.on('data', (bytes) => answer(socket, bytes));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** An answer as text: `response('204 No Content')`. */
export function response(statusLine: string, headers: readonly string[] = [], body = ''): string {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return [`HTTP/1.1 ${statusLine}`, length, ...headers, '', body].join('\r\n');
}

/** The outcome that is tried again, for this cause. */
export function retry(cause: string, message: RegExp) {
  return { kind: 'retry', cause, message: expect.stringMatching(message) };
}

/** The outcome that is not tried again. */
export function refused(message: RegExp) {
  return { kind: 'refused', message: expect.stringMatching(message) };
}
