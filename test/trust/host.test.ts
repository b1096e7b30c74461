import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { certifiedName } from '../../src/trust/host.js';

describe('a name is taken', () => {
  test.each([
    ['cloud.renpho.com', 'cloud.renpho.com'],
    ['Cloud.RENPHO.com', 'cloud.renpho.com'],
    ['cloud.renpho.com.', 'cloud.renpho.com'],
    ['localhost', 'localhost'],
    ['a_b-1.example', 'a_b-1.example'],
    ['1.2.3.4.example', '1.2.3.4.example'],
    [`${'a'.repeat(63)}.b`, `${'a'.repeat(63)}.b`],
    [`${'a.'.repeat(126)}b`, `${'a.'.repeat(126)}b`],
  ])('%s', (host, text) => expect(certifiedName(host)).toEqual({ kind: 'name', text }));
});

describe('an address is taken', () => {
  test.each([
    ['192.0.2.7', 'c0000207'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['1::', '00010000000000000000000000000000'],
    ['2001:DB8::8:0:1', '20010db8000000000000000800000001'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:192.0.2.7', '00000000000000000000ffffc0000207'],
  ])('%s', (host, hex) => {
    expect(certifiedName(host)).toEqual({
      kind: 'address',
      text: host.toLowerCase(),
      bytes: Buffer.from(hex, 'hex'),
    });
  });
});

describe('refused is', () => {
  test.each([
    ['nothing', ''],
    ['a dot', '.'],
    ['an empty label', 'a..b'],
    ['a label of 64', `${'a'.repeat(64)}.b`],
    ['a name of 254', `${'a.'.repeat(126)}bb`],
    ['a name of 300', 'a'.repeat(300)],
    ['a wildcard', '*.qnclouds.com'],
    ['a space', 'a b'],
    ['a line feed at the end', 'cloud.renpho.com\n'],
    ['a NUL', 'cloud.renpho.com\0.example'],
    ['a letter beyond ASCII', 'bücher.example'],
    ['a sign of which the lower case is a plain letter', '\u212aelvin.example'],
    ['a port', 'cloud.renpho.com:443'],
    ['a slash', 'a/b'],
    ['an address with too large a number', '256.1.1.1'],
    ['an address with a zero before', '192.0.2.07'],
    ['an address of three parts', '1.2.3'],
    ['an address in hexadecimal', '0x7f.0x1'],
    ['an address in brackets', '[::1]'],
    ['an address with a zone', 'fe80::1%eth0'],
    ['too many colons', '1:2:3:4:5:6:7:8:9'],
  ])('%s', (_, host) => {
    expect(() => certifiedName(host)).toThrow(/^".*" is not a host that a certificate can be made for$/);
  });

  test('what is refused is shown cut, and cannot move the cursor', () => {
    expect(() => certifiedName(`\u001b[2J${'a'.repeat(1000)}`)).toThrow(/^"\\u001b\[2Ja{76}\.\.\." is not/);
  });
});

test('any text is a name, an address or refused', () => {
  const hosts = fc.oneof(fc.string(), fc.domain(), fc.ipV4(), fc.ipV6(), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(hosts, (host) => {
      try {
        const found = certifiedName(host);
        if (found.kind === 'name') expect(found.text).toMatch(/^[a-z0-9_.-]{1,253}$/);
        else expect(found.bytes).toHaveLength(isIP(found.text) === 4 ? 4 : 16);
        expect(isIP(found.text) > 0).toBe(found.kind === 'address');
      } catch (error) {
        expect(error).toHaveProperty('message', expect.stringMatching(/certificate can be made for$/));
      }
    }),
  );
});
