import type { KeyObject } from 'node:crypto';
import { createPrivateKey, generateKeyPair, randomBytes, sign, verify, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { UserError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import { certificate, nameOf, rootExtensions } from './certificate.js';
import { Der } from './der.js';
import { certificateFile, howToMend, keyFile, NotWhole, type Pair } from './files.js';
import { type Issuer, pemOf } from './leaf.js';

const DAY_MS = 86_400_000;
const LIFE_YEARS = 10;
const MIN_KEY_BITS = 2048;
/** Before scaletap was written. A machine without a battery for its clock may think that it is 1970. */
const NO_EARLIER_MS = Date.UTC(2025, 0, 1);

const generate = promisify(generateKeyPair);

/** Makes a root of ten years, from a day ago. Rejects with a {@link UserError} when the clock cannot be right. */
export async function makeRoot(nowMs: number): Promise<Pair> {
  if (nowMs < NO_EARLIER_MS) {
    throw new UserError(
      `the clock of this machine says ${day(nowMs)}, and a certificate authority made now would be of no use: ` +
        'set the clock, then try again',
    );
  }
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: MIN_KEY_BITS });
  const der = await Der.load();
  // Phones list authorities by these two. The number tells several installations of scaletap apart.
  const name = nameOf(der, {
    organization: 'scaletap',
    commonName: `scaletap CA ${randomBytes(3).toString('hex')}`,
  });
  const fromMs = nowMs - (nowMs % 1000) - DAY_MS;
  const contents = {
    issuer: name,
    subject: name,
    publicKey,
    notBeforeMs: fromMs,
    notAfterMs: new Date(fromMs).setUTCFullYear(new Date(fromMs).getUTCFullYear() + LIFE_YEARS),
    extensions: rootExtensions(der, publicKey),
  };
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pemOf(await certificate(der, contents, privateKey)),
  };
}

/**
 * A root from the texts of its files. Throws a {@link UserError} that names the file, what is wrong with it and what
 * to do, {@link NotWhole} when the two do not belong together.
 */
export function rootOf(folder: string, pair: Pair): Issuer {
  const [keyPath, certificatePath] = [keyFile(folder), certificateFile(folder)];
  const key = readKey(keyPath, pair.key);
  const found = readCertificate(certificatePath, pair.certificate);
  const { publicKey } = found;
  if (!found.ca || !found.checkIssued(found)) {
    throw new UserError(`${certificatePath} is not the certificate of a root authority: ${howToMend}`);
  }
  if (!found.verify(publicKey)) throw damaged(certificatePath, 'its signature is wrong');
  if (!isKeyOf(key, publicKey)) {
    throw new NotWhole(`${keyPath} is not the key of ${certificatePath}, or is damaged: ${howToMend}`);
  }
  return {
    certificate: found,
    key,
    notBeforeMs: Date.parse(found.validFrom),
    notAfterMs: Date.parse(found.validTo),
  };
}

/** Throws a {@link UserError} when the root does not hold now. */
export function assertInForce(folder: string, { notBeforeMs, notAfterMs }: Issuer, nowMs: number): void {
  const [path, today] = [certificateFile(folder), day(nowMs)];
  if (nowMs < notBeforeMs) {
    throw new UserError(
      `the certificate authority ${path} is valid from ${day(notBeforeMs)} on, but the clock of this machine says ` +
        `${today}: set the clock, or if it is right run \`scaletap ca renew\``,
    );
  }
  if (nowMs > notAfterMs) {
    throw new UserError(
      `the certificate authority ${path} was valid until ${day(notAfterMs)}, and the clock of this machine says ` +
        `${today}: run \`scaletap ca renew\` and put the new one on every phone, or set the clock if it is wrong`,
    );
  }
}

function readKey(path: string, pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    if (/ENCRYPTED/.test(pem)) {
      throw new UserError(`${path} is a key with a passphrase, which scaletap cannot open: ${howToMend}`, {
        cause,
      });
    }
    throw damaged(path, 'it holds no private key that can be read', cause);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType === 'rsa' && bits >= MIN_KEY_BITS) return key;
  throw new UserError(`${path} is not an RSA key of at least ${MIN_KEY_BITS} bits: ${howToMend}`);
}

function readCertificate(path: string, pem: string): X509Certificate {
  try {
    const found = new X509Certificate(pem);
    // Read only when asked for, and a damaged one throws then.
    found.publicKey.export({ type: 'spki', format: 'der' });
    return found;
  } catch (cause) {
    throw damaged(path, 'it holds no certificate that can be read', cause);
  }
}

/** By a trial: a damaged key may still be read, and look like the right one. */
function isKeyOf(key: KeyObject, publicKey: KeyObject): boolean {
  const trial = Buffer.from('scaletap');
  try {
    return verify('sha256', trial, publicKey, sign('sha256', trial, key));
  } catch {
    return false; // OpenSSL throws where the numbers of a key cannot be those of any
  }
}

function damaged(path: string, what: string, cause?: unknown): UserError {
  const reason = cause instanceof Error ? ` (${printable(cause.message)})` : '';
  return new UserError(`${path} is damaged, ${what}${reason}: ${howToMend}`, { cause });
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
