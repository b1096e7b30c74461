import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { isListening } from '../../src/control/listening.js';

test.each([['127.0.0.1'], ['::'], ['0.0.0.0']])(
  'a listener at %s is found, and not when it is closed',
  async (host) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await isListening({ address: host, port })).toBe(true);
    server.close();
    await once(server, 'close');
    expect(await isListening({ address: host, port })).toBe(false);
  },
);

test('an address that this machine has not now is no reason to say no', async () => {
  expect(await isListening({ address: 'fe80::1', port: 80 })).toBe(true);
});
