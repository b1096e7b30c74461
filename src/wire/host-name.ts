import { isIPv4 } from 'node:net';

const LONGEST_NAME = 253;
const name = /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i;
/** Where programs see an IPv4 address, in whatever notation: `127.1`, `0x7f.1`, `2130706433` (URL Standard 3.5). */
const number = /(^|\.)([0-9]+|0x[0-9a-f]*)$/;

/**
 * A host as a proxy takes it: a name (RFC 1123 section 2.1, with underscores, as they are met) or a plain IPv4 address,
 * in lower case and without a final dot. Null for everything else: too long, percent-encoded, not in ASCII, IPv6, or
 * an IPv4 address in a notation that not everybody reads alike.
 */
export function plainHostName(text: string): string | null {
  const dotless = text.endsWith('.') ? text.slice(0, -1) : text;
  if (dotless.length > LONGEST_NAME || !name.test(dotless)) return null;
  const host = dotless.toLowerCase();
  return number.test(host) && !isIPv4(host) ? null : host;
}
