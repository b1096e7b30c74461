import type { KeyObject, X509Certificate } from 'node:crypto';
import { certificate, issuerOf, leafExtensions, nameOf, type Span } from './certificate.js';
import { Der } from './der.js';
import type { CertifiedName } from './host.js';

const DAY_MS = 86_400_000;
/** What phones still take without asking, of any authority, and far below the limit that browsers have set. */
const LIFE_MS = 45 * DAY_MS;
/** For clocks of phones that are behind ours. */
const BACKDATED_MS = DAY_MS;
/** The longest common name that X.509 has room for (RFC 5280, appendix A.1, ub-common-name). */
const MAX_COMMON_NAME = 64;

/** The authority that signs: its certificate and the RSA key of it. */
export interface Issuer extends Span {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

/** A certificate for one server, and when it holds. */
interface Leaf extends Span {
  readonly pem: string;
}

/** Signs a certificate for a host: from a day ago, for 45 days in all, never beyond the life of the issuer. */
export async function mintLeaf(
  issuer: Issuer,
  host: CertifiedName,
  publicKey: KeyObject,
  nowMs: number,
): Promise<Leaf> {
  const der = await Der.load();
  const fromMs = nowMs - (nowMs % 1000) - BACKDATED_MS;
  const span = {
    notBeforeMs: Math.max(fromMs, issuer.notBeforeMs),
    notAfterMs: Math.min(fromMs + LIFE_MS - 1000, issuer.notAfterMs),
  };
  const { name, keyId } = issuerOf(der, issuer.certificate);
  const named = host.text.length <= MAX_COMMON_NAME;
  const contents = {
    ...span,
    issuer: name,
    subject: nameOf(der, named ? { commonName: host.text } : {}),
    publicKey,
    extensions: leafExtensions(der, {
      publicKey,
      issuerKeyId: keyId,
      // GeneralName: [2] is dNSName, [7] iPAddress
      name: host.kind === 'name' ? der.retagged(2, Buffer.from(host.text)) : der.retagged(7, host.bytes),
      nameIsCritical: !named,
    }),
  };
  return { ...span, pem: pemOf(await certificate(der, contents, issuer.key)) };
}

/** The PEM form of the DER of a certificate. */
export function pemOf(der: Buffer): string {
  const lines = der.toString('base64').replace(/.{1,64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`;
}
