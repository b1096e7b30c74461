import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { connect } from 'node:tls';

const OPENSSL = 'openssl';

/** What a client of TLS says first, as it came from a socket. */
async function firstBytesOf(call: (port: number) => () => void): Promise<Buffer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hangUp = call((server.address() as AddressInfo).port);
  const [socket] = await once(server, 'connection');
  const [bytes] = await once(socket, 'data');
  hangUp();
  socket.destroy();
  server.close();
  return bytes;
}

/** The hello of Node's own client. */
export function nodeHello(options: ConnectionOptions = {}): Promise<Buffer> {
  return firstBytesOf((port) => {
    const socket = connect({ host: '127.0.0.1', port, ...options });
    socket.on('error', () => undefined);
    return () => socket.destroy();
  });
}

/** The hello of `openssl s_client`, with more of its options. */
export function opensslHello(...args: string[]): Promise<Buffer> {
  return firstBytesOf((port) => {
    const child = spawn(OPENSSL, ['s_client', '-connect', `127.0.0.1:${port}`, ...args], {
      stdio: 'ignore',
    });
    return () => child.kill();
  });
}

/** The handshake message of a hello, which came in one record, cut into records of these sizes, the last one again and again. */
export function inRecords(hello: Buffer, sizes: readonly number[]): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0, i = 0; at < message.length; i++) {
    const piece = message.subarray(at, at + (sizes[Math.min(i, sizes.length - 1)] ?? message.length));
    records.push(record(22, piece));
    at += piece.length;
  }
  return Buffer.concat(records);
}

/** A TLS record (RFC 8446 section 5.1). */
export function record(type: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 1]), number(2, content.length), content]);
}

/** A handshake message in one record. */
export function handshake(type: number, body: Uint8Array): Buffer {
  return record(22, Buffer.concat([Buffer.from([type]), number(3, body.length), body]));
}

/** Extensions as pairs of type and data. */
export type Extensions = readonly (readonly [type: number, data: Uint8Array])[];

/** A hello with these extensions, or without the field for them. */
export function helloWith(extensions: Extensions | null): Buffer {
  const start = Buffer.concat([Buffer.from([3, 3]), Buffer.alloc(32), vector(1, Buffer.alloc(32, 7))]);
  const rest = Buffer.concat([vector(2, Buffer.from([0x13, 0x01])), vector(1, Buffer.from([0]))]);
  const list = extensions?.map(([type, data]) => Buffer.concat([number(2, type), vector(2, data)]));
  return handshake(1, Buffer.concat([start, rest, ...(list ? [vector(2, Buffer.concat(list))] : [])]));
}

/** The data of a server_name extension (RFC 6066 section 3). */
export function serverNames(...names: (string | Uint8Array)[]): Buffer {
  const entries = names.map((name) => Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(name))]));
  return vector(2, Buffer.concat(entries));
}

export function vector(size: 1 | 2, content: Uint8Array): Buffer {
  return Buffer.concat([number(size, content.length), content]);
}

function number(size: number, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}
