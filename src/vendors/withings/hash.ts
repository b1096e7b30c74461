import { hash } from 'node:crypto';

/** The public parts of a session hash. */
export interface Proof {
  /** The MAC as it stood in the request. */
  readonly auth: string;
  readonly once: string;
  readonly hash: string;
}

/**
 * The hash with which a device opens a session: lower-case hex MD5 of `mac:secret:once`, the MAC exactly as in
 * the field `auth`. From github.com/mncoppola/ws30 (hash.txt) and the WS-30 firmware's own format string.
 */
export function sessionHash(auth: string, secret: string, once: string): string {
  return hash('md5', `${auth}:${secret}:${once}`, 'hex');
}

/** Whether a text may be a secret: 1 to 64 printable characters of ASCII, none of them a space. */
export function isSecretText(text: string): boolean {
  return /^[\x21-\x7e]{1,64}$/.test(text);
}

/** Whether a secret is the one that a session hash was made with. */
export function explains(secret: string, proof: Proof): boolean {
  return sessionHash(proof.auth, secret, proof.once) === proof.hash.toLowerCase();
}
