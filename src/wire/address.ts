import { isIPv6 } from 'node:net';
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

/** Whether an address is one of this machine's own, loopback included. */
export function isOwnAddress(address: string): boolean {
  const plain = plainAddress(address);
  if (/^127\./.test(plain) || plain === '::1' || plain === '0.0.0.0' || plain === '::') return true;
  return Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === plain));
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
