import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { UserError } from '../model/errors.js';

/** Where systems keep the certificates that they trust: Debian and its kin, Fedora and its kin, Alpine and the BSDs. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
] as const;

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates in PEM that upstream is verified with: those of the system (the first of `bundles` that is there
 * and has any), or those that Node brings along where there are none, and those of `extraFile`. Throws a
 * {@link UserError} when that file cannot be read, holds no certificate, or one that is damaged.
 */
export async function upstreamRoots(
  extraFile: string | null,
  bundles: readonly string[] = systemBundles(),
): Promise<string[]> {
  const extra = extraFile === null ? [] : await certificatesOf(extraFile);
  for (const bundle of bundles) {
    const found = await readFile(bundle, 'latin1').then(pemBlocks, absent);
    if (found.length > 0) return [...found, ...extra];
  }
  return [...rootCertificates, ...extra];
}

/** A bundle that cannot be read is as good as none: there is another one, at last Node's own. */
function absent(): string[] {
  return [];
}

/** SSL_CERT_FILE first, which OpenSSL and most programs with it know. */
function systemBundles(): string[] {
  const { SSL_CERT_FILE: named } = process.env;
  return named ? [named, ...BUNDLES] : [...BUNDLES];
}

async function certificatesOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'latin1').catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code ?? cause.message;
    throw new UserError(`${file}: cannot be read (${why}); name another file with --upstream-ca`, { cause });
  });
  const found = pemBlocks(text);
  if (found.length === 0) {
    throw new UserError(`${file}: holds no certificate in PEM form; name another file with --upstream-ca`);
  }
  for (const [i, certificate] of found.entries()) {
    if (!isCertificate(certificate)) {
      const message = `${file}: certificate ${i + 1} of ${found.length} is damaged; name another file with --upstream-ca`;
      throw new UserError(message);
    }
  }
  return found;
}

function pemBlocks(text: string): string[] {
  return text.match(pem) ?? [];
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    // What is wrong with it is OpenSSL's error code, which helps nobody.
    return false;
  }
}
