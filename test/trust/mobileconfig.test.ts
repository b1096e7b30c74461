import { expect, test } from 'vitest';
import { mobileconfig } from '../../src/trust/mobileconfig.js';

const authority = {
  subject: 'O=scaletap, CN=scaletap CA 1f2e3d',
  fingerprintSha256: Array.from({ length: 32 }, (_, i) => `0${i % 10}`).join(':'),
  der: Buffer.from(Array.from({ length: 200 }, (_, i) => i)),
};

/** What stands in the elements of a kind, in order. */
function all(profile: string, element: string): string[] {
  return [...profile.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map(
    ([, text = '']) => text,
  );
}

test('the profile holds the certificate as a root', () => {
  const profile = mobileconfig(authority);
  const strings = all(profile, 'string');
  expect(strings).toContain('Configuration');
  expect(strings).toContain('com.apple.security.root');
  expect(strings).toContain(authority.subject);
  expect(Buffer.from(all(profile, 'data').join(''), 'base64')).toEqual(authority.der);
});

test('its ids are those of the authority: the same again, others for another', () => {
  const ids = (profile: string) =>
    all(profile, 'string').filter((text) => /^scaletap\.ca\.|^[0-9A-F-]{36}$/.test(text));
  const own = ids(mobileconfig(authority));
  expect(new Set(own).size).toBe(4);
  expect(own.filter((id) => /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/.test(id))).toHaveLength(2);
  expect(ids(mobileconfig({ ...authority, subject: 'another name' }))).toEqual(own);
  const others = ids(
    mobileconfig({ ...authority, fingerprintSha256: authority.fingerprintSha256.replace('00', 'FF') }),
  );
  expect(others.filter((id) => own.includes(id))).toEqual([]);
});

test('a name cannot break it', () => {
  const profile = mobileconfig({ ...authority, subject: '</string>&amp;<!--]]>\u0000\n\ufffe\ud800' });
  expect(all(profile, 'string')).toContain('&lt;/string&gt;&amp;amp;&lt;!--]]&gt;\\x00\\x0a');
});
