import type { IncomingMessage } from 'node:http';
import { OWN_HOST } from '../wire/proxy-target.js';
import type { Asker } from './access.js';
import { tokensOf } from './access.js';

/**
 * The host, and the port if it is named, that a request is for by its Host header, as a URL has it; null for a header
 * that makes no sense, and for two.
 */
export function hostOf({ headersDistinct: { host: hosts = [] } }: IncomingMessage): URL | null {
  const [host = ''] = hosts;
  if (hosts.length !== 1 || !/^[a-z0-9.:[\]_-]+$/i.test(host) || !URL.canParse(`http://${host}/`))
    return null;
  return new URL(`http://${host}/`);
}

/**
 * Whether a request was meant for us by its Host header. A page of somebody else's can have its own name lead here
 * (DNS rebinding), and its scripts then ask us in the name of whoever looks at it. So only hosts count that nobody
 * outside of the house can make lead here: addresses, localhost, the name that the proxy itself answers, `.local`
 * (RFC 6762), and those which the settings name.
 */
export function isOurs(host: URL | null, hosts: readonly string[]): boolean {
  if (host === null) return false;
  const name = nameOf(host);
  // What ends in a number is an IPv4 address, or it could not be parsed (URL Standard 3.5).
  const isAddress = name.startsWith('[') || /\.[0-9]+$/.test(name);
  return (
    isAddress ||
    name === 'localhost' ||
    name === OWN_HOST ||
    name.endsWith('.local') ||
    hosts.some((own) => own.toLowerCase().replace(/\.$/, '') === name)
  );
}

/**
 * Why a request for data is not answered: null when it comes from our own page, or from no page at all. Browsers say by
 * `Sec-Fetch-Site` (Fetch Metadata) and, when something is to be changed, by `Origin` which page it was. A program that
 * is no browser sends neither.
 */
export function foreignSite(message: IncomingMessage, host: URL, hosts: readonly string[]): string | null {
  const { origin, 'sec-fetch-site': site } = message.headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return 'this is for the page of scaletap itself, not for pages of others';
  }
  if (origin === undefined || message.method === 'GET' || message.method === 'HEAD') return null;
  if (isOwnOrigin(origin, host, hosts)) return null;
  return 'this is for the page of scaletap itself; behind a reverse proxy, name its host with --web-host';
}

function isOwnOrigin(origin: string, host: URL, hosts: readonly string[]): boolean {
  if (!/^https?:\/\/[^/@?#\\]+$/i.test(origin) || !URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.host === host.host || hosts.some((own) => own.toLowerCase().replace(/\.$/, '') === nameOf(url));
}

/** Headers by which a proxy says that somebody else asks. */
const forwarding = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
] as const;

/**
 * Who sends a request. It is this machine itself when the connection comes from it, and is to it by such a name, and no
 * proxy says that it asks for another. Nothing that such headers say is believed: that there are any only takes away.
 * With no settings of its own nginx names neither its client nor the host that was asked for, but until 1.30 it speaks
 * HTTP/1.0, which no browser does.
 */
export function askerOf(message: IncomingMessage, host: URL): Asker {
  const { socket, headers, httpVersion } = message;
  const address = socket.remoteAddress ?? '';
  const isForAnother = httpVersion === '1.0' || forwarding.some((name) => headers[name] !== undefined);
  return {
    address,
    isHere: isLoopback(address) && isLoopbackHost(host) && !isForAnother,
    tokens: tokensOf(headers.cookie ?? ''),
  };
}

function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address) || address === '::1';
}

function isLoopbackHost(host: URL): boolean {
  const name = nameOf(host);
  return name === 'localhost' || name === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(name);
}

function nameOf({ hostname }: URL): string {
  return hostname.replace(/\.$/, '');
}
