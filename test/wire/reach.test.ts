import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNeighbour, isPublic } from '../../src/wire/reach.js';

const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);

describe('on the internet', () => {
  it.each([
    '1.1.1.1',
    '9.9.9.9',
    '11.0.0.1',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.1',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '::ffff:1.1.1.1',
    '::ffff:101:101',
    '::1.1.1.1',
    '64:ff9b::1.1.1.1',
    '64:ff9b::101:101',
    '2002:101:101::1',
    '2606:4700:4700::1111',
    '2001:200::1',
    '3ffe:ffff::1',
  ])('is %s', (address) => {
    expect(isPublic(address)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.255.255.255',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.251',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::2',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::FFFF:7f00:1',
    '0:0:0:0:0:ffff:10.0.0.1',
    '::ffff:0:1.1.1.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1.1.1.1',
    '100::1',
    '2001::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '2001:1ff:ffff::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:c0a8:101::1',
    '2002:0:1::',
    '3fff::1',
    '4000::1',
    'fc00::1',
    'fdff::1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fec0::1',
    'ff02::fb',
    '1.1.1.1%eth0',
    '2606:4700:4700::1111%eth0',
    '127.1',
    '[::1]',
    'a.example',
    '',
  ])('is not %j', (address) => {
    expect(isPublic(address)).toBe(false);
  });

  it('is no address of this machine, in whatever form', () => {
    for (const { address, family } of own) {
      expect(isPublic(address), address).toBe(false);
      if (family === 'IPv4') expect(isPublic(`::ffff:${address}`), address).toBe(false);
    }
  });
});

describe('a neighbour', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.178.20',
    '169.254.1.1',
    '::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    '::ffff:192.168.1.1',
    '::ffff:c0a8:101',
  ])('is %s', (address) => {
    expect(isNeighbour(address)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '1.1.1.1',
    '11.0.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '::ffff:1.1.1.1',
    '::ffff:101:101',
    '::',
    '2606:4700:4700::1111',
    'fec0::1',
    'ff02::1',
    '10.0.0',
    'a.example',
    '',
  ])('is not %j', (address) => {
    expect(isNeighbour(address)).toBe(false);
  });

  it('is whoever is in a network of this machine', () => {
    for (const { address, cidr } of own) {
      expect(isNeighbour(address), address).toBe(true);
      if (cidr?.endsWith('/24')) expect(isNeighbour(address.replace(/\d+$/, '254')), cidr).toBe(true);
    }
  });
});

it('any text and any address is judged', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
      expect(typeof isPublic(text)).toBe('boolean');
      expect(typeof isNeighbour(text)).toBe('boolean');
    }),
  );
});

it('an address within an IPv6 address is judged as by itself', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
      const groups = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
      for (const form of [
        `::ffff:${address}`,
        `::ffff:${groups}`,
        `64:ff9b::${groups}`,
        `2002:${groups}:1::7`,
      ]) {
        expect(isPublic(form), form).toBe(isPublic(address));
      }
    }),
  );
});
