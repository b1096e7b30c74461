import { expect, it } from 'vitest';
import { plainHostName } from '../../src/wire/host-name.js';

const longest = `${'a'.repeat(63)}.`.repeat(3) + 'b'.repeat(61);

it.each([
  ['Cloud.Renpho.COM.', 'cloud.renpho.com'],
  ['localhost', 'localhost'],
  ['_dmarc.a-b-.example', '_dmarc.a-b-.example'],
  ['9.example', '9.example'],
  ['0x7f.example', '0x7f.example'],
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.1.', '192.0.2.1'],
  [longest, longest],
])('%s is the host %s', (text, host) => {
  expect(plainHostName(text)).toBe(host);
});

it.each([
  '',
  '.',
  '.example',
  'a..example',
  'a.example..',
  `${longest}b`,
  `${'a'.repeat(64)}.example`,
  'a b',
  'a\0',
  'a.example\n',
  'a%2eexample',
  'a/b',
  'a@b',
  'a:80',
  'müller.example',
  // The Kelvin sign, which is a k in lower case.
  '\u212a.example',
  '::1',
  '[::1]',
  '127.1',
  '127.0.0.1.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  'a.0x7F',
  'a.0x',
  '0177.0.0.1',
  '127.0.0.01',
  '256.0.0.1',
])('%j is none', (text) => {
  expect(plainHostName(text)).toBeNull();
});
