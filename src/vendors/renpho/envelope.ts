import { createCipheriv, createDecipheriv } from 'node:crypto';
import { view } from '../raw.js';

/**
 * What the new cloud puts its JSON into, both ways: base64 of AES-128-ECB with PKCS#7 padding, under one key for all
 * (forkerer/RenphoGarminSync-CLI, config.json and AesUtility.cs, and every other working client). The key comes with
 * the app, so this keeps nothing secret: what is in an envelope is as good as in the open.
 *
 *     {"encryptData":"b0LiByPBHmL5J19HjuIYDQ=="}               {} to the cloud
 *     {"encryptData":"ZtDk/16Qik2UaElz2ZzmEg=="}               nothing at all, as the app sends to device/count
 *     {"code":101,"msg":"success","data":"b0LiByPBHmL5J19HjuIYDQ=="}
 */
const key = Buffer.from('ed*wijdi$h6fe3ew', 'latin1');
const ALGORITHM = 'aes-128-ecb';
const BLOCK = 16;

export type EnvelopeRefusal =
  /** Not base64. White space in it is passed over. */
  | 'envelope-not-base64'
  /** Not a whole number of blocks, or none. */
  | 'envelope-not-blocks'
  /** The last block does not end as PKCS#7 says: another key, or damaged. */
  | 'envelope-bad-padding';

/** What is in an envelope, or by name why it cannot be opened. */
export function unwrap(text: string): Uint8Array | EnvelopeRefusal {
  const base64 = text.replace(/\s+/g, '');
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return 'envelope-not-base64';
  const sealed = Buffer.from(base64, 'base64');
  if (sealed.length === 0 || sealed.length % BLOCK !== 0) return 'envelope-not-blocks';
  const decipher = createDecipheriv(ALGORITHM, key, null).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(sealed), decipher.final()]);
  const padding = padded[padded.length - 1] ?? 0;
  if (padding < 1 || padding > BLOCK) return 'envelope-bad-padding';
  const end = padded.length - padding;
  if (!padded.subarray(end).every((byte) => byte === padding)) return 'envelope-bad-padding';
  return padded.subarray(0, end);
}

/** An envelope with these bytes in it. */
export function wrap(plain: Uint8Array): string {
  const cipher = createCipheriv(ALGORITHM, key, null);
  return Buffer.concat([cipher.update(view(plain)), cipher.final()]).toString('base64');
}
