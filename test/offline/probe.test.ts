import { expect, onTestFinished, test } from 'vitest';
import { isThere } from '../../src/offline/probe.js';
import { withings } from '../../src/vendors/withings/index.js';
import type { UpstreamCall } from '../../src/wire/call.js';
import { openCall } from '../../src/wire/call.js';
import type { Manner } from '../servers/withings-cloud.js';
import { manners, WithingsCloud } from '../servers/withings-cloud.js';

/**
 * Upstream is there when it answers a harmless request as the vendor does; not when it answers otherwise, or not in
 * time. The probe leaves nothing at the cloud, and no connection behind.
 */

async function startCloud(): Promise<WithingsCloud> {
  const cloud = await WithingsCloud.start();
  onTestFinished(() => cloud.stop());
  return cloud;
}

function callOf({ port }: WithingsCloud): UpstreamCall {
  return openCall(
    { host: 'scalews.withings.net', address: '127.0.0.1', port },
    {
      dial: { lookUp: () => Promise.reject(new Error('no')), connectTimeoutMs: 300, listeners: [] },
      connection: 'probe',
      maxHeadBytes: 65_536,
      maxBodyBytes: 65_536,
    },
  );
}

test('a cloud that is well is there', async () => {
  const cloud = await startCloud();
  const call = callOf(cloud);
  expect(await isThere(call, withings, 2_000)).toBe(true);
  expect(cloud.books.answers.map(({ endpoint }) => endpoint)).toEqual(['once']);
  expect([cloud.books.sessions.size, cloud.books.receipts]).toEqual([0, []]);
  // It is closed.
  await expect(call.exchange(withings.probe(call.upstream.host), 100)).rejects.toMatchObject({
    reason: 'closed',
  });
});

// Those that say something in the vendor's own words, or nothing wrong to this request, are there.
const well: ReadonlySet<Manner> = new Set(['status', 'wrong-session', 'firmware']);

test.each(Object.keys(manners) as Manner[])(
  'one that misbehaves is there only if it speaks: %s',
  async (manner) => {
    const cloud = await startCloud();
    await cloud.misbehave(manner);
    const call = callOf(cloud);
    expect(await isThere(call, withings, 300)).toBe(well.has(manner));
    await expect(call.exchange(withings.probe(call.upstream.host), 100)).rejects.toMatchObject({
      reason: 'closed',
    });
    await cloud.recover();
    expect(await isThere(callOf(cloud), withings, 2_000)).toBe(true);
  },
);

test('a fault of ours is not taken for an answer', async () => {
  const cloud = await startCloud();
  let closed = false;
  const broken: UpstreamCall = {
    upstream: callOf(cloud).upstream,
    exchange: () => Promise.reject(new TypeError('a fault')),
    close: () => {
      closed = true;
    },
  };
  await expect(isThere(broken, withings, 100)).rejects.toThrow('a fault');
  expect(closed).toBe(true);
});
