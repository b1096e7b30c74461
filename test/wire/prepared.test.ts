import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Prepared } from '../../src/wire/prepared.js';
import { startOrigin } from '../servers/raw.js';

/** A server, and a way to dial it that counts. */
async function dialling() {
  const origin = await startOrigin();
  onTestFinished(() => origin.close());
  const dialled = { count: 0 };
  const dial = async (): Promise<Socket> => {
    dialled.count++;
    const socket = connect({ port: origin.port, host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  return { origin, dialled, dial };
}

/** What a socket hears, when it is asked for more. */
async function heard(socket: Socket): Promise<string> {
  const [bytes] = await once(socket.resume(), 'data');
  return String(bytes);
}

test('is dialled before it is taken, and works as any other', async () => {
  const { origin, dialled, dial } = await dialling();
  const prepared = new Prepared(dial);
  const peer = await origin.peer(0);
  const socket = await prepared.take();
  socket.write('asked');
  await peer.gets('asked');
  peer.send('answer');
  expect(await heard(socket)).toBe('answer');
  expect(dialled.count).toBe(1);
});

test('the second one is dialled when it is taken', async () => {
  const { dialled, dial } = await dialling();
  const prepared = new Prepared(dial);
  const [first, second] = [await prepared.take(), await prepared.take()];
  expect(first).not.toBe(second);
  expect(dialled.count).toBe(2);
});

test.each([
  ['ended', (peer: { end(): void }) => peer.end()],
  ['reset', (peer: { reset(): void }) => peer.reset()],
  ['spoken without having been asked', (peer: { send(bytes: string): void }) => peer.send('hello?')],
])('one that has %s meanwhile is replaced', async (_, spoil) => {
  const { origin, dialled, dial } = await dialling();
  const prepared = new Prepared(dial);
  spoil(await origin.peer(0));
  await sleep(50);
  const socket = await prepared.take();
  expect(dialled.count).toBe(2);
  (await origin.peer(1)).send('fresh');
  expect(await heard(socket)).toBe('fresh');
});

test('one that has failed before it was taken is dialled again; one that fails while it is waited for is told', async () => {
  let count = 0;
  const dial = async (): Promise<Socket> => {
    count++;
    await sleep(5);
    throw new Error(`no ${count}`);
  };
  const early = new Prepared(dial);
  await sleep(30);
  await expect(early.take()).rejects.toThrow('no 2');
  await expect(new Prepared(dial).take()).rejects.toThrow('no 3');
});

test('is closed when nobody will take it', async () => {
  const { origin, dial } = await dialling();
  const prepared = new Prepared(dial);
  const peer = await origin.peer(0);
  prepared.drop();
  expect(await peer.closed()).toBe('end');
});
