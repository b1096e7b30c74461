import type { KeyObject } from 'node:crypto';
import { createHash, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { Der, Piece } from './der.js';

/** X.509 certificates of version 3 (RFC 5280), signed by an RSA key with SHA-256. */

const signAsync = promisify(sign);

const OID = {
  organization: '2.5.4.10',
  commonName: '2.5.4.3',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

/** From when to when, both ends included, in whole seconds. */
export interface Span {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

interface Contents extends Span {
  readonly issuer: Piece;
  readonly subject: Piece;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Piece[];
}

/** The DER of a certificate, signed by the RSA key of its issuer. The signing happens beside the event loop. */
export async function certificate(der: Der, contents: Contents, issuerKey: KeyObject): Promise<Buffer> {
  const { issuer, subject, publicKey, extensions, notBeforeMs, notAfterMs } = contents;
  const algorithm = der.sequence(der.oid(OID.sha256WithRsa), der.nothing());
  const toSign = der.sequence(
    der.tagged(0, der.integer(Buffer.of(2))), // counted from 0: version 3
    der.integer(serial()),
    algorithm,
    issuer,
    der.sequence(der.time(notBeforeMs), der.time(notAfterMs)),
    subject,
    der.parse(publicKey.export({ type: 'spki', format: 'der' })),
    der.tagged(3, der.sequence(...extensions)),
  );
  const signature = await signAsync('sha256', der.bytes(toSign), issuerKey);
  return der.bytes(der.sequence(toSign, algorithm, der.bits(signature)));
}

/**
 * 16 random bytes, the first from 0x40 to 0x7f: so the number is positive and has no byte too many, whatever the
 * others are. OpenSSL refuses a certificate whose serial is not in its shortest form.
 */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes;
}

/** A distinguished name; with neither part it is the empty one. */
export function nameOf(der: Der, { organization, commonName }: NameParts): Piece {
  const part = (oid: string, text: string | undefined) =>
    text === undefined ? [] : [der.set(der.sequence(der.oid(oid), der.text(text)))];
  return der.sequence(...part(OID.organization, organization), ...part(OID.commonName, commonName));
}

interface NameParts {
  readonly organization?: string;
  readonly commonName?: string;
}

/** The extensions of a root that signs servers' certificates and nothing below it. */
export function rootExtensions(der: Der, publicKey: KeyObject): Piece[] {
  const pathLength = der.integer(Buffer.of(0));
  return [
    extension(der, OID.basicConstraints, der.sequence(der.yes(), pathLength), { critical: true }),
    extension(der, OID.keyUsage, der.bits(Buffer.of(0b0000_0110), 1), { critical: true }), // keyCertSign, cRLSign
    extension(der, OID.subjectKeyIdentifier, der.octets(keyIdentifier(publicKey))),
  ];
}

/** What the certificate of a server says beside its name. */
interface LeafClaims {
  readonly publicKey: KeyObject;
  /** Key identifier of the issuer, as the issuer's own certificate has it. */
  readonly issuerKeyId: Buffer;
  /** The `GeneralName` of the server. */
  readonly name: Piece;
  /** Whether that name is the only one, because the subject is empty. */
  readonly nameIsCritical: boolean;
}

/** The extensions of a certificate for one server. */
export function leafExtensions(der: Der, claims: LeafClaims): Piece[] {
  const { publicKey, issuerKeyId, name, nameIsCritical } = claims;
  return [
    extension(der, OID.basicConstraints, der.sequence(), { critical: true }), // cA is false when left out
    extension(der, OID.keyUsage, der.bits(Buffer.of(0b1000_0000), 7), { critical: true }), // digitalSignature
    extension(der, OID.extKeyUsage, der.sequence(der.oid(OID.serverAuth))),
    extension(der, OID.subjectAltName, der.sequence(name), { critical: nameIsCritical }),
    extension(der, OID.subjectKeyIdentifier, der.octets(keyIdentifier(publicKey))),
    extension(der, OID.authorityKeyIdentifier, der.sequence(der.retagged(0, issuerKeyId))),
  ];
}

function extension(der: Der, oid: string, value: Piece, { critical = false } = {}): Piece {
  const octets = der.octets(der.bytes(value));
  return critical ? der.sequence(der.oid(oid), der.yes(), octets) : der.sequence(der.oid(oid), octets);
}

/** SHA-1 of the key's bits, without the algorithm that stands before them (RFC 5280, 4.2.1.2, method 1). */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const bits =
    publicKey.asymmetricKeyType === 'rsa'
      ? publicKey.export({ type: 'pkcs1', format: 'der' })
      : publicKey.export({ type: 'spki', format: 'der' }).subarray(-P256_POINT_BYTES);
  return createHash('sha1').update(bits).digest();
}

/** An uncompressed point of P-256, the end of its SubjectPublicKeyInfo: 0x04 and two coordinates. */
const P256_POINT_BYTES = 65;

/** The subject of a certificate, byte for byte as the issuer of others, and its key identifier. */
export function issuerOf(
  der: Der,
  { raw, publicKey }: { readonly raw: Buffer; readonly publicKey: KeyObject },
): { readonly name: Piece; readonly keyId: Buffer } {
  // version, serial, algorithm, issuer, validity, subject, key, then tagged fields; of these, 3 is the extensions
  const [, , , , , name, , ...tagged] = der.inside(der.inside(der.parse(raw))[0]);
  if (name === undefined) throw new Error('a certificate without a subject');
  const wanted = der.oid(OID.subjectKeyIdentifier).value;
  const extensions = tagged.flatMap((field) => der.inside(der.inside(field)[0]));
  const found = extensions.map((one) => der.inside(one)).find(([oid]) => oid?.value === wanted);
  const octets = found?.at(-1)?.value;
  // The value is an OCTET STRING in an OCTET STRING; the inner one has a head of two bytes.
  const keyId =
    typeof octets === 'string' ? Buffer.from(octets, 'latin1').subarray(2) : keyIdentifier(publicKey);
  return { name, keyId };
}
