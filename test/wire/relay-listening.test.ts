import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { ListenError } from '../../src/wire/serving.js';
import { freePort } from '../servers/ports.js';
import { connectRaw } from '../servers/raw.js';
import { brief, ok, post } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';

let under: RelayUnderTest;
afterEach(() => under.close());

async function failure(listening: Promise<unknown>): Promise<ListenError> {
  const error: unknown = await listening.catch((reason: unknown) => reason);
  if (!(error instanceof ListenError)) throw new Error(`no ListenError: ${error}`);
  return error;
}

it('listens at several places, on all addresses too', async () => {
  under = await startRelay();
  const everywhere = await under.relay.listen(null, 0);
  expect(under.relay.listeners).toEqual([{ address: '127.0.0.1', port: under.port }, everywhere]);
  const client = await connectRaw(everywhere.port);
  client.send(post());
  (await under.origin.peer(0)).send(ok());
  await client.gets(ok());
  // Though it came through a socket for IPv6.
  expect((await under.exchange(0)).client).toBe(`127.0.0.1:${client.port}`);
  client.socket.destroy();
});

it('a port that is taken says what to do', async () => {
  under = await startRelay();
  const { message, code } = await failure(under.relay.listen('127.0.0.1', under.port));
  expect(code).toBe('EADDRINUSE');
  expect(message).toBe(
    `cannot listen on 127.0.0.1:${under.port}: another program has it. \`ss -ltnp 'sport = :${under.port}'\` shows which; ` +
      'stop that one, or choose another place with --listen',
  );
});

it('an address that is not of this machine says so', async () => {
  under = await startRelay();
  const port = await freePort();
  expect(await failure(under.relay.listen('192.0.2.1', port))).toMatchObject({
    code: 'EADDRNOTAVAIL',
    message: `cannot listen on 192.0.2.1:${port}: this machine has no such address; choose one that it has with --listen`,
  });
});

const firstFree = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
const isRoot = process.geteuid?.() === 0;

describe.skipIf(firstFree <= 81)('a port that is not permitted', () => {
  it('says what to do', async () => {
    under = await startRelay();
    // Root may listen anywhere: for this, be nobody.
    if (isRoot) process.seteuid?.(65534);
    try {
      const { message, code } = await failure(under.relay.listen(null, 81));
      expect(code).toBe('EACCES');
      expect(message).toMatch(
        /^cannot listen on port 81: not permitted for this user\. .*=81.*CAP_NET_BIND_SERVICE.*--listen/,
      );
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

describe('close', () => {
  it('lets an open exchange come to its end, and closes idle connections at once', async () => {
    under = await startRelay();
    const idle = await under.pair(post('/idle'));
    idle.upstream.send(ok());
    await idle.client.gets(ok());
    const busy = await under.pair(post('/busy'));
    await busy.upstream.gets(post('/busy'));

    const closing = under.relay.close();
    expect(await idle.client.closed()).toBe('end');
    expect(await idle.upstream.closed()).toBe('end');
    await expect(connectRaw(under.port)).rejects.toThrow(/ECONNREFUSED/);
    expect(busy.client.closing).toBeNull();
    const answered = performance.now();
    busy.upstream.send(ok('x'.repeat(100_000)));
    expect(await busy.client.closed()).toBe('end');
    expect(busy.client.text).toBe(ok('x'.repeat(100_000)));
    await closing;
    expect(performance.now() - answered).toBeLessThan(1_000);
    expect(under.exchanges.map(brief)).toEqual(['POST /idle | 200 | plain', 'POST /busy | 200 | plain']);
  });

  it('does not wait for ever', async () => {
    under = await startRelay();
    const { client, upstream } = await under.pair(post());
    await upstream.gets(post());
    const started = performance.now();
    await under.relay.close();
    expect(performance.now() - started).toBeLessThan(4_500);
    expect(await client.closed()).toBe('reset');
    expect(under.exchanges.map(brief)).toEqual(['POST /cgi-bin/once | - | shutdown']);
  });
});
