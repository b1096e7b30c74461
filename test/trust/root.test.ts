import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/model/errors.js';
import { makeRoot } from '../../src/trust/root.js';
import { hasOpenssl, openssl } from './openssl.js';
import { root } from './roots.js';

test('a root is one that signs itself, with an RSA key of 2048 bits', async () => {
  const { certificate, key } = await root();
  expect(certificate.ca).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(key)).toBe(true);
  expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048);
});

test('two roots can be told apart by their names', async () => {
  const names = [await root(), await root()].map(({ certificate }) => certificate.subject);
  for (const name of names) expect(name).toMatch(/^O=scaletap\nCN=scaletap CA [0-9a-f]{6}$/);
  expect(names[0]).not.toBe(names[1]);
});

test('its key is PKCS#8', async () => {
  expect((await makeRoot(Date.now())).key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
});

test.each([
  ['2027-01-31T06:30:00.789Z', '2027-01-30T06:30:00Z', '2037-01-30T06:30:00Z'],
  ['2028-03-01T00:00:00Z', '2028-02-29T00:00:00Z', '2038-03-01T00:00:00Z'],
  // From 2050 on a date has another form in a certificate.
  ['2039-12-31T23:59:59Z', '2039-12-30T23:59:59Z', '2049-12-30T23:59:59Z'],
  ['2045-06-01T12:00:00Z', '2045-05-31T12:00:00Z', '2055-05-31T12:00:00Z'],
  ['2051-06-01T12:00:00Z', '2051-05-31T12:00:00Z', '2061-05-31T12:00:00Z'],
])('made at %s it holds from %s until %s', async (now, from, until) => {
  const { validFrom, validTo } = new X509Certificate((await makeRoot(Date.parse(now))).certificate);
  expect([validFrom, validTo].map((date) => Date.parse(date))).toEqual([from, until].map(Date.parse));
});

test.each(['1970-01-01T00:00:10Z', '2024-12-31T23:59:59Z'])('none is made at %s', async (now) => {
  const making = makeRoot(Date.parse(now));
  await expect(making).rejects.toThrow(UserError);
  await expect(making).rejects.toThrow(`the clock of this machine says ${now.slice(0, 10)}`);
});

test.skipIf(!hasOpenssl)('openssl shows what is in it', async () => {
  const text = openssl(['x509', '-noout', '-text'], (await root()).certificate.toString());
  for (const part of [
    /Version: 3 /,
    /Basic Constraints: critical\n +CA:TRUE, pathlen:0\n/,
    /Key Usage: critical\n +Certificate Sign, CRL Sign\n/,
    /Subject Key Identifier: \n/,
  ]) {
    expect(text).toMatch(part);
  }
});

describe.skipIf(!hasOpenssl)('a date from 2050 on', () => {
  test.each([
    [2039, /UTCTIME +:491230000000Z/],
    [2040, /GENERALIZEDTIME +:20501230000000Z/],
  ])('has its long form: a root of %i', async (year, form) => {
    const { certificate } = await makeRoot(Date.UTC(year, 11, 31));
    expect(openssl(['asn1parse'], certificate)).toMatch(form);
  });
});
