import { printable } from '../model/escape.js';

/** What a certificate can be made for. */
export type CertifiedName =
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'address'; readonly text: string; readonly bytes: Buffer };

const MAX_NAME = 253;
const SHOWN = 80;

/**
 * A host as a client names it, in lower case and without the dot of the root at its end. Names have labels of
 * `a-z`, `0-9`, `-` and `_`; addresses are `192.0.2.1` or `2001:db8::1`, without brackets. Throws an error for all
 * else: what clients send does not get into a certificate unread.
 */
export function certifiedName(host: string): CertifiedName {
  // Some signs beyond ASCII, as that of Kelvin, have a plain letter as their lower case.
  const text = /^[!-~]+$/.test(host) ? host.toLowerCase().replace(/\.$/, '') : '';
  const bytes = ipv4(text) ?? ipv6(text);
  if (bytes !== null) return { kind: 'address', text, bytes };
  // A name that ends in a number is an address to some clients (RFC 1123, 2.1), which one depends on the client.
  const isName =
    text.length <= MAX_NAME && /^([a-z0-9_-]{1,63}\.)*(?!\d+$|0x[\da-f]*$)[a-z0-9_-]{1,63}$/.test(text);
  if (isName) return { kind: 'name', text };
  const shown = host.length > SHOWN ? `${host.slice(0, SHOWN)}...` : host;
  throw new Error(`${printable(JSON.stringify(shown))} is not a host that a certificate can be made for`);
}

function ipv4(text: string): Buffer | null {
  if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(text)) return null;
  const parts = text.split('.');
  const isPlain = parts.every((part) => Number(part) <= 255 && String(Number(part)) === part);
  return isPlain ? Buffer.from(parts.map(Number)) : null;
}

function ipv6(text: string): Buffer | null {
  if (!/^[\da-f:.]{2,45}$/.test(text) || !text.includes(':') || !URL.canParse(`http://[${text}]/`))
    return null;
  // The URL has it in its one form: groups of hexadecimal digits, and at most one `::`.
  const plain = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [head = [], tail = []] = plain.split('::').map((half) => half.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex');
}
