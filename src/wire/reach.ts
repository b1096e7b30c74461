import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { canonicalAddress, isOwnAddress } from './address.js';

/** What the IANA registry of special IPv4 addresses (RFC 6890) has that is not on the internet, or no host. */
const notPublicV4 = blockList('ipv4', [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // between a provider and its customers
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // relays from 6to4
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // measurements of devices
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
]);

/** All of IPv6 that is given out to hosts (RFC 4291 section 2.4). */
const globalV6 = blockList('ipv6', [['2000::', 3]]);
/** What of it is no host on the internet. */
const notPublicV6 = blockList('ipv6', [
  ['2001::', 23], // protocol assignments, Teredo with them
  ['2001:db8::', 32], // documentation
  ['3fff::', 20], // documentation
]);

/** IPv6 addresses that lead to an IPv4 address within them, and the first of the two groups that it is in. */
const embedding = [
  { prefix: blockList('ipv6', [['::', 96]]), group: 6 }, // IPv4-compatible
  { prefix: blockList('ipv6', [['64:ff9b::', 96]]), group: 6 }, // NAT64, RFC 6052
  { prefix: blockList('ipv6', [['2002::', 16]]), group: 1 }, // 6to4, RFC 3056
] as const;

const houseV4 = blockList('ipv4', [
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
]);
const houseV6 = blockList('ipv6', [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
]);

/**
 * Whether an address is one of the internet, so that a proxy which leads there is no way into the house: not private,
 * not of this machine or link, not special in another way. One with an IPv4 address in it is judged by that.
 */
export function isPublic(address: string): boolean {
  // Only addresses of the link have a scope.
  if (address.includes('%')) return false;
  const plain = canonicalAddress(address);
  if (isIP(plain) === 4) return !notPublicV4.check(plain, 'ipv4') && !isOwnAddress(plain);
  if (isIP(plain) !== 6) return false;
  const inner = embedding.find(({ prefix }) => prefix.check(plain, 'ipv6'));
  if (inner) return isPublic(embeddedV4(plain, inner.group));
  if (!globalV6.check(plain, 'ipv6') || notPublicV6.check(plain, 'ipv6')) return false;
  // In IPv6 the machines of the house have addresses of the internet.
  return !isOwnAddress(plain) && !ownNetworks('ipv6').check(plain, 'ipv6');
}

/** Whether an address may be that of somebody in the house: of this machine, private, or of one of its networks. */
export function isNeighbour(address: string): boolean {
  const plain = canonicalAddress(address);
  const family = isIP(plain) === 4 ? 'ipv4' : 'ipv6';
  if (isIP(plain) === 0) return false;
  if ((family === 'ipv4' ? houseV4 : houseV6).check(plain, family)) return true;
  return ownNetworks(family).check(plain, family);
}

/** The networks that this machine is in, as they are now. */
function ownNetworks(family: 'ipv4' | 'ipv6'): BlockList {
  const cidrs = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((entry) => entry.family.toLowerCase() === family)
    .flatMap(({ cidr }) => cidr ?? []);
  return blockList(
    family,
    cidrs.map((cidr) => {
      const [network = '', prefix] = cidr.split('/');
      return [network, Number(prefix)];
    }),
  );
}

function blockList(family: 'ipv4' | 'ipv6', subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family);
  return list;
}

/** The IPv4 address in the 16-bit groups `at` and `at + 1` of a canonical IPv6 address. */
function embeddedV4(address: string, at: number): string {
  // The system writes the last two groups so when there is nothing before them.
  const written = /[0-9]+\.[0-9.]+$/.exec(address);
  if (written) return written[0];
  const [before = [], after = []] = address.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  const pair = [...before, ...zeros, ...after].slice(at, at + 2).map((group) => Number.parseInt(group, 16));
  return pair.flatMap((group) => [group >> 8, group & 255]).join('.');
}
