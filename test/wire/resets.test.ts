import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { reset, resetWhenFlushed } from '../../src/wire/resets.js';
import { startOrigin } from '../servers/raw.js';

/** A socket whose other end reads what comes. */
async function connected(): Promise<Socket> {
  const origin = await startOrigin();
  onTestFinished(() => origin.close());
  const socket = connect({ port: origin.port, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  await origin.peer(0);
  return socket;
}

for (const [name, end] of [
  ['reset', reset],
  ['resetWhenFlushed', resetWhenFlushed],
] as const) {
  test(`${name} closes a socket`, async () => {
    const socket = await connected();
    end(socket);
    await once(socket, 'close');
    expect(socket.errored).toBeNull();
  });

  // libuv refuses a reset then, and Node would keep the descriptor for good.
  test(`${name} closes one whose end is being sent`, async () => {
    const socket = await connected();
    socket.end();
    end(socket);
    await once(socket, 'close');
    expect(socket.errored).toBeNull();
  });

  test(`${name} closes one whose end waits behind much that is being sent`, async () => {
    const socket = await connected();
    socket.end(Buffer.alloc(8_000_000));
    end(socket);
    await once(socket, 'close');
  });
}
