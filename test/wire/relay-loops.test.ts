import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../servers/ports.js';
import { brief, host, ok, post } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';

/* The DNS override that brings the scale here must not bring the relay back to itself. */

let under: RelayUnderTest;
afterEach(() => under.close());

it('an upstream that is our own listener', async () => {
  const port = await freePort();
  under = await startRelay({ upstreams: [{ host, address: '127.0.0.1', port }] });
  await under.relay.listen(null, port);
  const client = await under.connect();
  client.send(post());
  expect(await client.closed()).toBe('end');
  expect(client.text).toMatch(
    /^HTTP\/1\.1 508 [\s\S]*leads back to scaletap itself .*DNS override.*--upstream-dns/,
  );
  expect(brief(await under.exchange(0))).toBe('POST /cgi-bin/once | 508 | upstream-is-self refused');
});

it('a name that leads to this machine', async () => {
  under = await startRelay({
    upstreams: [{ host, address: null, port: 80 }],
    lookUp: () => Promise.resolve(['127.0.0.1']),
  });
  const client = await under.connect();
  client.send(post());
  await client.closed();
  expect(client.text).toMatch(/^HTTP\/1\.1 508 /);
  expect(under.refusals).toMatchObject([{ reason: 'upstream-is-self' }]);
});

it('a call that comes back in through a port forwarder that keeps its port, as a router does', async () => {
  // A stand-in for the router: calls from another address of loopback, from the port that it was called from.
  const calls: number[] = [];
  const router = createServer({ allowHalfOpen: true }, (inner) => {
    const localPort = inner.remotePort ?? 0;
    calls.push(localPort);
    const outer = connect({ host: '127.0.0.1', port: under.port, localAddress: '127.0.0.2', localPort });
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => router.listen(0, '127.0.0.1', resolve));
  const { port } = router.address() as AddressInfo;
  under = await startRelay({ upstreams: [{ host, address: '127.0.0.1', port }] });

  const client = await under.connect();
  client.send(post());
  expect(await client.closed()).toBe('end');
  expect(client.text).toMatch(/^HTTP\/1\.1 508 [\s\S]*DNS override/);
  client.end();
  expect(under.refusals).toMatchObject([{ reason: 'upstream-is-self' }]);
  expect(calls).toHaveLength(3);
  await under.exchange(3);
  await new Promise((resolve) => router.close(resolve));
});

it('a scale that happens to call from a port of ours with the same words is no loop', async () => {
  under = await startRelay();
  const { client, upstream } = await under.pair(post());
  await upstream.gets(post());
  const twin = connect({
    host: '127.0.0.1',
    port: under.port,
    localAddress: '127.0.0.2',
    localPort: upstream.socket.remotePort ?? 0,
  });
  twin.write(post());
  const second = await under.origin.peer(1);
  await second.gets(post());
  second.send(ok());
  await sleep(20);
  expect(under.refusals).toEqual([]);
  twin.destroy();
  client.end();
});
