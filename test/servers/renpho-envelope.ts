import { createCipheriv, createDecipheriv } from 'node:crypto';

/**
 * How Renpho Health wraps its JSON: AES-128-ECB with PKCS#7 padding under a fixed, published key, in
 * base64 (docs/protocols/renpho.md). No kin of the code that the tests are about, so that it does not share its
 * faults.
 */

const KEY = Buffer.from('ed*wijdi$h6fe3ew', 'latin1');

export function seal(text: string): string {
  const cipher = createCipheriv('aes-128-ecb', KEY, null);
  return cipher.update(text, 'utf8', 'base64') + cipher.final('base64');
}

/** The text that was sealed; throws when there is none. */
export function unseal(base64: string): string {
  const cipher = createDecipheriv('aes-128-ecb', KEY, null);
  return cipher.update(base64, 'base64', 'utf8') + cipher.final('utf8');
}

/** Stands around a big integer in the text, until its quotes are taken off. */
const MARK = '\u0001';

/** JSON with big integers as bare numbers, as this cloud writes its ids. */
export function jsonOf(value: unknown): string {
  const marked = JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${MARK}${v}${MARK}` : v));
  return marked.replace(/"\\u0001(-?\d+)\\u0001"/g, '$1');
}

/** The value of a JSON text, with integers of 16 digits and more as text, so that no digit is lost. */
export function parsed(text: string): unknown {
  const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  return JSON.parse(text.replace(tokens, (token) => (/^-?\d{16,}$/.test(token) ? `"${token}"` : token)));
}
