import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  canonicalAddress,
  formatEndpoint,
  isOwnAddress,
  plainAddress,
  reachesListener,
} from '../../src/wire/address.js';

it('addresses are written plainly', () => {
  expect(plainAddress('::ffff:10.0.0.7')).toBe('10.0.0.7');
  expect(plainAddress('::ffff:a00:7')).toBe('::ffff:a00:7');
  expect(formatEndpoint({ address: '::ffff:10.0.0.7', port: 80 })).toBe('10.0.0.7:80');
  expect(formatEndpoint({ address: 'fe80::1', port: 80 })).toBe('[fe80::1]:80');
});

it.each([
  ['2001:DB8:0:0::7', '2001:db8::7'],
  ['::FFFF:a00:7', '10.0.0.7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['10.0.0.7', '10.0.0.7'],
  ['scale.example', 'scale.example'],
])('%s is written %s, for comparing', (address, canonical) => {
  expect(canonicalAddress(address)).toBe(canonical);
});

it('this machine knows its own addresses', () => {
  const own = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
  const loopback = ['127.0.0.1', '127.9.9.9', '::1', '0:0::1', '::ffff:127.0.0.1', '::FFFF:7f00:1'];
  for (const address of [...own, ...loopback, '0.0.0.0', '::']) {
    expect(isOwnAddress(address), address).toBe(true);
  }
  for (const address of ['192.0.2.1', '2001:db8::1', '1.127.0.0']) {
    expect(isOwnAddress(address), address).toBe(false);
  }
});

describe('a target reaches a listener', () => {
  const listening = (...listeners: [string, number][]) =>
    listeners.map(([address, port]) => ({ address, port }));

  it('on all addresses, when it is of this machine', () => {
    for (const all of ['::', '0.0.0.0']) {
      expect(reachesListener({ address: '127.0.0.1', port: 80 }, listening([all, 80]))).toBe(true);
      expect(reachesListener({ address: '192.0.2.1', port: 80 }, listening([all, 80]))).toBe(false);
      expect(reachesListener({ address: '127.0.0.1', port: 81 }, listening([all, 80]))).toBe(false);
    }
  });

  it('on one address, when it is that', () => {
    const listeners = listening(['127.0.0.1', 8081], ['127.0.0.2', 80]);
    expect(reachesListener({ address: '::ffff:127.0.0.2', port: 80 }, listeners)).toBe(true);
    expect(reachesListener({ address: '127.0.0.1', port: 80 }, listeners)).toBe(false);
  });
});
