import { expect, test } from 'vitest';
import { normalMac } from '../../../src/vendors/mac.js';
import { explains, sessionHash } from '../../../src/vendors/withings/hash.js';

// From github.com/mncoppola/ws30, which publishes the secret of its author's own scale.
test.each([
  ['00d0177b-1360777c', '0da4950e3deb50337c4597167c87f97a'],
  ['00d016bf-242e0bb1', '25fd29132cf66a5cdf1a7efdc673be26'],
  ['00d01788-20ca8486', 'b6e208c2a442973d6658e39ef92aa3fc'],
])('session hash for once %s', (once, hash) => {
  const auth = '00:24:e4:06:59:dc';
  const secret = '649a16bf977d3b3e';
  expect(sessionHash(auth, secret, once)).toBe(hash);
  expect(explains(secret, { auth, once, hash: hash.toUpperCase() })).toBe(true);
  expect(explains('649a16bf977d3b3f', { auth, once, hash })).toBe(false);
});

test.each([
  ['00:24:e4:06:59:dc', '00:24:e4:06:59:dc'],
  ['0024E40659DC', '00:24:e4:06:59:dc'],
  ['00-24-E4-06-59-dc', '00:24:e4:06:59:dc'],
  ['00:24:e4:06:59', null],
  ['00:24:e4:06:59:dc:01', null],
  ['00:24:e4:06:59:dg', null],
  ['', null],
])('MAC %j', (written, normal) => {
  expect(normalMac(written)).toBe(normal);
});
