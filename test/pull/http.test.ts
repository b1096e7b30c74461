import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import { content } from '../../src/model/message.js';
import { Cloud } from '../../src/pull/http.js';
import { testAuthority } from '../servers/test-authority.js';
import { reachTo } from './pulling.js';

const HOST = 'cloud.renpho.com';
const get = { method: 'GET', target: '/a?b=c', headers: [['X-One', '1']], body: null } as const;

/** A TLS server that says these very bytes to every request, one answer a connection; it closes when told to. */
async function saying(answer: string | Buffer, { close = false, authorityOf = '' } = {}) {
  const authority = await testAuthority();
  const server = createServer(await authority.issue([authorityOf || HOST]), (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      socket.write(answer);
      if (close) socket.end();
    });
    sockets.push(socket);
  });
  const sockets: TLSSocket[] = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await authority.close();
  });
  return { port: (server.address() as AddressInfo).port, caFile: authority.caFile };
}

/** A client of the test, and what it has recorded. */
async function cloudAt(where: { port: number; caFile: string }, timeoutMs = 5_000) {
  const recorded: Exchange[] = [];
  const { connect } = await reachTo(where);
  const { signal } = new AbortController();
  const record = (exchange: Exchange) => void recorded.push(exchange);
  const cloud = new Cloud({ host: HOST, connect: () => connect(HOST), record, timeoutMs, signal });
  onTestFinished(() => cloud.close());
  return { cloud, recorded };
}

const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('latin1');

test('chunks are put together, and the head says how long they are', async () => {
  const said =
    'HTTP/1.1 200 OK\r\nX-Trace: a\r\nTransfer-Encoding: chunked\r\nX-Trace: b\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n';
  const { cloud, recorded } = await cloudAt(await saying(said));
  const exchange = await cloud.exchange(get);
  const { response } = exchange;
  expect(textOf(response?.head)).toBe(
    'HTTP/1.1 200 OK\r\nX-Trace: a\r\nX-Trace: b\r\nContent-Length: 3\r\n\r\n',
  );
  expect(response && textOf(content(response))).toBe('abc');
  expect(recorded).toEqual([exchange]);
});

test('so is what runs up to the close', async () => {
  const { cloud } = await cloudAt(await saying('HTTP/1.1 200\r\n\r\nabc', { close: true }));
  const { response } = await cloud.exchange(get);
  expect(textOf(response?.head)).toBe('HTTP/1.1 200\r\nContent-Length: 3\r\n\r\n');
});

test('an answer that is cut is kept as far as it came', async () => {
  const said = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc';
  const { cloud, recorded } = await cloudAt(await saying(said, { close: true }));
  await expect(cloud.exchange(get)).rejects.toMatchObject({ reason: 'upstream-left', again: true });
  const [kept] = recorded;
  expect(kept?.reason).toBe('upstream-left');
  expect(kept?.response).toMatchObject({ bodyBytes: 3, complete: false });
  expect(textOf(kept?.response?.head)).toContain('Content-Length: 9\r\n');
});

test('more than 64 MiB are not taken', async () => {
  const body = Buffer.alloc(65 * 1024 * 1024);
  const head = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
  const { cloud, recorded } = await cloudAt(await saying(Buffer.concat([head, body])));
  await expect(cloud.exchange(get)).rejects.toMatchObject({ reason: 'client-left', again: false });
  expect(recorded[0]?.response?.body.length).toBeLessThan(100_000);
});

test.each(['SSH-2.0-x\r\n', 'HTTP/9.9 200 OK\r\n\r\n', '\0\0\0\0'])('%j is no answer', async (said) => {
  const { cloud, recorded } = await cloudAt(await saying(said));
  await expect(cloud.exchange(get)).rejects.toMatchObject({ reason: 'not-http' });
  expect(recorded).toMatchObject([{ reason: 'not-http', response: null }]);
});

test('an answer that does not come to its end in time', async () => {
  const said = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc';
  const { cloud, recorded } = await cloudAt(await saying(said), 150);
  await expect(cloud.exchange(get)).rejects.toMatchObject({ reason: 'answer-timeout', again: true });
  expect(recorded).toMatchObject([{ reason: 'answer-timeout' }]);
});

test('without a connection nothing is recorded', async () => {
  const { caFile } = await saying('');
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  const { cloud, recorded } = await cloudAt({ port, caFile });
  await expect(cloud.exchange(get)).rejects.toMatchObject({ reason: 'connect-refused', again: true });
  expect(recorded).toEqual([]);
});

test('a certificate for another name is not taken', async () => {
  const { cloud, recorded } = await cloudAt(await saying('', { authorityOf: 'other.example' }));
  await expect(cloud.exchange(get)).rejects.toMatchObject({ reason: 'upstream-certificate', again: false });
  expect(recorded).toEqual([]);
});

test('nor a header that would be two', async () => {
  const { cloud, recorded } = await cloudAt(await saying(''));
  const headers = [['X-One', '1\r\nX-Two: 2']] as const;
  await expect(cloud.exchange({ ...get, headers })).rejects.toMatchObject({ again: false });
  expect(recorded).toEqual([]);
});

test('it asks for no compression that it cannot undo, and sends nothing that is of another connection', async () => {
  const { cloud } = await cloudAt(await saying('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  const headers = [
    ['Accept-Encoding', 'gzip, zstd;q=0.5, br;q=0.1'],
    ['Host', 'other.example'],
    ['Proxy-Connection', 'keep-alive'],
    ['Expect', '100-continue'],
  ] as const;
  const { request } = await cloud.exchange({ ...get, headers });
  const lines = ['GET /a?b=c HTTP/1.1', `host: ${HOST}`, 'connection: keep-alive'];
  expect(textOf(request.head)).toBe(`${lines.join('\r\n')}\r\nAccept-Encoding: gzip, br;q=0.1\r\n\r\n`);
});
