import { isIPv6, SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';

/** An address that can be dialled or listened on. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** IPv4 addresses that came through an IPv6 socket, written as IPv4: `::ffff:10.0.0.7` is `10.0.0.7`. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** `10.0.0.7:80`, `[fe80::1]:80`. */
export function formatEndpoint({ address, port }: Endpoint): string {
  const plain = plainAddress(address);
  return isIPv6(plain) ? `[${plain}]:${port}` : `${plain}:${port}`;
}

/**
 * The one spelling of an address, so that two can be compared: IPv6 as the system writes it, without a scope
 * (`fe80::1%eth0` is `fe80::1`), and IPv4 in every form of {@link plainAddress}. What is no address stays as it is.
 */
export function canonicalAddress(address: string): string {
  if (!isIPv6(address)) return address;
  return plainAddress(new SocketAddress({ address, family: 'ipv6' }).address);
}

/** Whether an address is one of this machine's own, loopback included. */
export function isOwnAddress(address: string): boolean {
  const own = canonicalAddress(address);
  if (/^127\./.test(own) || own === '::1' || own === '0.0.0.0' || own === '::') return true;
  return Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === own));
}

/** Whether dialling `target` would reach one of the listeners itself. */
export function reachesListener(target: Endpoint, listeners: readonly Endpoint[]): boolean {
  return listeners.some((listener) => {
    if (listener.port !== target.port) return false;
    const wildcard = listener.address === '::' || listener.address === '0.0.0.0';
    return wildcard
      ? isOwnAddress(target.address)
      : plainAddress(listener.address) === plainAddress(target.address);
  });
}
