import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../servers/ports.js';
import { Peer } from '../servers/raw.js';
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

describe('a scale that happens to call from a port of ours with the same words', () => {
  /** From another address of loopback, so that the port can be had. */
  function callFrom(localPort: number): Peer {
    return new Peer(connect({ host: '127.0.0.1', port: under.port, localAddress: '127.0.0.2', localPort }));
  }

  it('is no loop', async () => {
    under = await startRelay();
    const { upstream } = await under.pair(post());
    await upstream.gets(post());
    const twin = callFrom(upstream.socket.remotePort ?? 0);
    twin.send(post());
    const second = await under.origin.peer(1);
    await second.gets(post());
    second.send(ok());
    await twin.gets(ok());
    expect(under.refusals).toEqual([]);
    twin.end();
  });

  it('is none either, as often as it may be, when that call of ours is over', async () => {
    under = await startRelay({}, (peer) => peer.socket.once('data', () => peer.socket.end(ok())));
    let port = 0;
    for (let calls = 0; calls < 6; calls++) {
      const client = port === 0 ? await under.connect() : callFrom(port);
      client.send(post());
      await client.gets(ok());
      const upstream = await under.origin.peer(calls);
      port = upstream.socket.remotePort ?? 0;
      client.end();
      await upstream.closed();
      await sleep(5);
    }
    expect(under.refusals).toEqual([]);
  });
});
