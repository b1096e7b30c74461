import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { certifiedName } from '../../src/trust/host.js';
import { type Issuer, mintLeaf } from '../../src/trust/leaf.js';
import { hasOpenssl, openssl, verified } from './openssl.js';
import { root } from './roots.js';

const DAY_MS = 86_400_000;
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
/** Too long for a common name. */
const long = `${'a'.repeat(60)}.qnclouds.com`;

let issuer: Issuer;

beforeAll(async () => {
  issuer = await root();
});

async function leaf(host = 'cloud.renpho.com', nowMs = Date.now()): Promise<X509Certificate> {
  return new X509Certificate((await mintLeaf(issuer, certifiedName(host), publicKey, nowMs)).pem);
}

test('a leaf is of its issuer and has the one key of leaves', async () => {
  const found = await leaf();
  expect(found.checkIssued(issuer.certificate)).toBe(true);
  expect(found.verify(issuer.certificate.publicKey)).toBe(true);
  expect(found.publicKey.equals(publicKey)).toBe(true);
  expect(found.publicKey.equals(createPublicKey(issuer.key))).toBe(false);
  expect(found.ca).toBe(false);
  expect(found.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
});

test('it is for its host and for no other', async () => {
  const name = await leaf();
  expect(name.checkHost('cloud.renpho.com')).toBe('cloud.renpho.com');
  expect(name.checkHost('renpho.com')).toBeUndefined();
  expect(name.checkHost('a.cloud.renpho.com')).toBeUndefined();
  expect((await leaf('192.0.2.7')).checkIP('192.0.2.7')).toBe('192.0.2.7');
  expect((await leaf('2001:db8::7')).checkIP('2001:db8::7')).toBe('2001:db8::7');
  expect((await leaf(long)).checkHost(long)).toBe(long);
});

test('a host of more than 64 characters is in the alternative name alone', async () => {
  expect((await leaf()).subject).toBe('CN=cloud.renpho.com');
  expect((await leaf('a'.repeat(60))).subject).toBe(`CN=${'a'.repeat(60)}`);
  expect((await leaf(long)).subject ?? '').toBe('');
});

test('it holds from a day ago for 45 days, both ends counted', async () => {
  const nowMs = Date.parse('2027-01-31T06:30:00.789Z');
  const { validFrom, validTo } = await leaf('cloud.renpho.com', nowMs);
  expect(Date.parse(validFrom)).toBe(Date.parse('2027-01-30T06:30:00Z'));
  expect(Date.parse(validTo) + 1000 - Date.parse(validFrom)).toBe(45 * DAY_MS);
});

test('it does not hold before or beyond its issuer', async () => {
  const early = await leaf('cloud.renpho.com', issuer.notBeforeMs + 5000);
  expect(Date.parse(early.validFrom)).toBe(issuer.notBeforeMs);
  const late = await leaf('cloud.renpho.com', issuer.notAfterMs - 5000);
  expect(Date.parse(late.validTo)).toBe(issuer.notAfterMs);
});

test('serials are random, of 16 bytes, positive and in their shortest form', {
  timeout: 60_000,
}, async () => {
  const serials = new Set<string>();
  for (let i = 0; i < 3000; i++) {
    // Node reads it with OpenSSL, which refuses an INTEGER with a byte too many.
    const { serialNumber, raw } = await leaf();
    expect(serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    // After version 3: an INTEGER of 16 bytes.
    expect(raw.includes(Buffer.from(`a0030201020210${serialNumber}`, 'hex'))).toBe(true);
    serials.add(serialNumber);
  }
  expect(serials.size).toBe(3000);
});

describe.skipIf(!hasOpenssl)('openssl', () => {
  test.each(['cloud.renpho.com', '192.0.2.7', '2001:db8::7', 'a_b.qnclouds.com', long])(
    'accepts that of %s as strictly as it can',
    async (host) => {
      expect(verified(issuer.certificate.toString(), (await leaf(host)).toString())).toMatch(/: OK\n$/);
    },
  );

  test('does not accept it from another root', async () => {
    const other = await root();
    expect(verified(other.certificate.toString(), (await leaf()).toString())).toMatch(/verification failed/);
  });

  test('shows what is in it', async () => {
    const text = openssl(['x509', '-noout', '-text'], (await leaf()).toString());
    for (const part of [
      /Version: 3 /,
      /Signature Algorithm: sha256WithRSAEncryption/,
      /Basic Constraints: critical\n +CA:FALSE\n/,
      /Key Usage: critical\n +Digital Signature\n/,
      /Extended Key Usage: \n +TLS Web Server Authentication\n/,
      /Subject Alternative Name: \n +DNS:cloud\.renpho\.com\n/,
      /Subject Key Identifier: \n/,
      /Authority Key Identifier: \n/,
    ]) {
      expect(text).toMatch(part);
    }
  });

  test('shows the alternative name as critical where there is no subject', async () => {
    const text = openssl(['x509', '-noout', '-text'], (await leaf(long)).toString());
    expect(text).toMatch(/Subject: *\n/);
    expect(text).toMatch(/Subject Alternative Name: critical\n/);
  });
});
