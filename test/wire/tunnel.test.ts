import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Tunnel } from '../../src/wire/tunnel.js';
import { startOrigin } from '../servers/raw.js';

/** A tunnel between two servers that leave the talking to the test. */
async function joined() {
  const ends = await Promise.all([1, 2].map(() => startOrigin()));
  const sockets: Socket[] = [];
  for (const { port, close } of ends) {
    onTestFinished(() => close());
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    sockets.push(socket);
  }
  const [client, upstream] = sockets;
  if (client === undefined || upstream === undefined) throw new Error('there are two');
  const tunnel = new Tunnel(client, upstream, Buffer.alloc(0), () => undefined);
  return { tunnel, client, upstream, peer: await ends[0]?.peer(0) };
}

/** In milliseconds from now. */
const after = (minutes: number) => performance.now() + minutes * 60_000;

test('may be silent for long while both sides are open', async () => {
  const { tunnel, client } = await joined();
  tunnel.sweep(after(0));
  tunnel.sweep(after(29));
  expect(client.destroyed).toBe(false);
  tunnel.sweep(after(31));
  expect(client.destroyed).toBe(true);
});

test('may not when a side is closed, of which nobody would hear that it is gone', async () => {
  const { tunnel, client, upstream, peer } = await joined();
  peer?.end();
  await once(client, 'end');
  tunnel.sweep(after(0));
  tunnel.sweep(after(4));
  expect(upstream.destroyed).toBe(false);
  tunnel.sweep(after(6));
  expect(client.destroyed).toBe(true);
  expect(upstream.destroyed).toBe(true);
});
