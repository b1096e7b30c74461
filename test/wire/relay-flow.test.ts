import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Peer } from '../servers/raw.js';
import { usedBytes } from './memory.js';
import { brief, host, ok } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';

/* Traffic of any size flows, at the pace of the slower side, through a relay that holds little of it. */

const MIB = 1_048_576;
const SIZE = 128 * MIB;

let under: RelayUnderTest;
beforeEach(async () => {
  under = await startRelay();
});
afterEach(() => under.close());

/** Blocks that differ from one another, so that none can be lost, doubled or swapped unseen. */
function block(index: number): Buffer {
  const bytes = Buffer.alloc(MIB / 4, `${index} `);
  bytes.writeUInt32BE(index);
  return bytes;
}

/** Sends `SIZE` bytes at the pace that the socket takes them, and gives their hash. */
async function pour(socket: Socket, each: () => void = () => undefined): Promise<string> {
  const hash = createHash('sha256');
  for (let i = 0; i < (SIZE * 4) / MIB; i++) {
    const bytes = block(i);
    hash.update(bytes);
    if (!socket.write(bytes)) await once(socket, 'drain');
    if (i % 64 === 63) each();
  }
  return hash.digest('hex');
}

/** Counts and hashes what comes from now on, and keeps none of it. */
function drink({ socket }: Peer, total: number): Promise<string> {
  const hash = createHash('sha256');
  let got = 0;
  socket.removeAllListeners('data');
  return new Promise((resolve) => {
    socket.on('data', (piece) => {
      hash.update(piece);
      got += piece.length;
      if (got === total) resolve(hash.digest('hex'));
    });
  });
}

it('128 MiB each way: whole, in bounded memory, and the copies cut at the limit', async () => {
  const before = usedBytes();
  let most = 0;
  const look = (): void => {
    most = Math.max(most, usedBytes() - before);
  };
  const { client, upstream } = await under.pair(
    `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${SIZE}\r\n\r\n`,
  );
  await upstream.gets('\r\n\r\n');
  upstream.send(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
  await client.gets('\r\n\r\n');
  const [up, gotUp, down, gotDown] = await Promise.all([
    pour(client.socket, look),
    drink(upstream, SIZE),
    pour(upstream.socket, look),
    drink(client, SIZE),
  ]);
  expect(gotUp).toBe(up);
  expect(gotDown).toBe(down);

  const exchange = await under.exchange(0);
  expect(brief(exchange)).toBe('POST / | 200 | plain');
  const first = Buffer.concat(Array.from({ length: 16 }, (_, i) => block(i)));
  for (const message of [exchange.request, exchange.response]) {
    expect(message?.bodyBytes).toBe(SIZE);
    expect(first.equals(message?.body ?? Buffer.alloc(0))).toBe(true);
  }
  // Two copies of 4 MiB in buffers that double, what is under way, and what the collector has not yet given back.
  expect(most).toBeLessThan(SIZE);
});

it.each(['client', 'upstream'] as const)('a %s that does not read stalls the other side', async (slow) => {
  const pair = await under.pair(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${SIZE}\r\n\r\n`);
  await pair.upstream.gets('\r\n\r\n');
  pair.upstream.send(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
  await pair.client.gets('\r\n\r\n');
  const reader = pair[slow];
  const writer = slow === 'client' ? pair.upstream : pair.client;
  reader.socket.pause();

  const poured = pour(writer.socket);
  let stalledAt = -1;
  for (let last = -2; stalledAt < 0; ) {
    await sleep(150);
    const sent = writer.socket.bytesWritten - writer.socket.writableLength;
    if (sent === last) stalledAt = sent;
    last = sent;
  }
  // What the system's own buffers hold, on both ways; not what there is.
  expect(stalledAt).toBeLessThan(SIZE / 2);

  const drunk = drink(reader, SIZE);
  reader.socket.resume();
  expect(await drunk).toBe(await poured);
});

it('an upstream that dies while the client waits for it to read: the client is not left waiting', async () => {
  const { client, upstream } = await under.pair(
    `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${SIZE}\r\n\r\n`,
  );
  await upstream.gets('\r\n\r\n');
  upstream.socket.pause();
  void pour(client.socket).catch(() => undefined);
  await sleep(200);
  upstream.reset();
  expect(await client.closed()).toBe('reset');
  expect(brief(await under.exchange(0))).toBe('POST /~ | - | upstream-left');
});

it('a flood of interim answers is kept up to the limit', async () => {
  await under.close();
  under = await startRelay({ maxBodyBytes: 1_000 });
  const { client, upstream } = await under.pair(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await upstream.gets('\r\n\r\n');
  const interim = 'HTTP/1.1 102 Processing\r\n\r\n';
  upstream.send(interim.repeat(50_000));
  upstream.send(ok('done'));
  await client.gets(interim.length * 50_000 + ok('done').length);
  const exchange = await under.exchange(0);
  expect(brief(exchange)).toBe('GET / | 200 | plain');
  expect(exchange.interim).toHaveLength(1_000);
});

it('a client that pipelines without end is relayed, and followed no further', async () => {
  const many = 20_000;
  const request = `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const { client, upstream } = await under.pair(request.repeat(many));
  await upstream.gets(request.length * many);
  upstream.send(ok('').repeat(many));
  await client.gets(ok('').length * many);
  client.end();
  upstream.end();
  await under.exchange(257);
  expect(under.exchanges).toHaveLength(258);
  expect(under.exchanges.slice(-2).map(brief)).toEqual([
    'GET /~ | 200 | too-many-pending',
    '~ | ~ | response-without-request',
  ]);
});
