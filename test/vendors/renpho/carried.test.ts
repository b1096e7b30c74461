import { expect, test } from 'vitest';
import { isPlain, isTaken } from '../../../src/vendors/renpho/carried.js';
import { renphoExchange } from '../../../src/vendors/renpho/exchange.js';
import { read } from '../../../src/vendors/renpho/read.js';
import { newSession, sessionText } from '../../../src/vendors/renpho/session.js';
import type { Known } from '../../../src/vendors/vendor.js';
import { account, call } from './calls.js';

const row = { timeStamp: 1_781_160_072, weight: 80.5, bUserId: `#${account}` };
const uploaded = (token: string) => call({ path: 'RenphoHealth/scale/up', token, sent: [row], got: [] });

/** What is known when a session with this token has crossed. */
function knowing(token: string | null): Known {
  const session = token === null ? null : newSession(uploaded(token).request);
  return {
    value: (_, name) => (name === 'session' && session ? sessionText(session) : undefined),
    note: () => undefined,
  };
}

test.each<[string, string | null, boolean]>([
  ['the one that is known', 'mine', true],
  ['the first one that crosses', null, true],
  ['another one than is known', 'other', false],
])('what was sent in a session counts as taken in %s', (_, token, taken) => {
  expect(isTaken(renphoExchange(uploaded('mine')), knowing(token))).toBe(taken);
});

test('nothing counts as taken without a session, or when the cloud refused it', () => {
  const without = call({ path: 'RenphoHealth/scale/up', sent: [row], got: [] });
  expect(isTaken(renphoExchange(without), knowing(null))).toBe(false);
  const refused = call({ path: 'RenphoHealth/scale/up', token: 'mine', sent: [row], code: 401 });
  expect(isTaken(renphoExchange(refused), knowing('mine'))).toBe(false);
});

test('what crossed in the clear proves nothing, teaches nothing and deletes nothing', () => {
  const got = { last_ary: [row], delete_ary: [7] };
  const asked = call({ path: 'RenphoHealth/scale/queryAllMeasureDataList', token: 'mine', got });
  const secure = { ...asked, upstream: 'cloud.renpho.com 192.0.2.1:443' };
  const plain = { ...asked, upstream: 'cloud.renpho.com 192.0.2.1:80' };
  expect([isPlain(renphoExchange(secure)), isPlain(renphoExchange(plain))]).toEqual([false, true]);
  expect(read(secure, knowing(null))).toMatchObject({ readings: [{ quality: [] }], deleted: ['7'] });
  const found = read(plain, knowing(null));
  expect(found).toMatchObject({ readings: [{ quality: ['unverified'], cloudId: null }], deleted: [] });
  expect(found.values).toEqual([]);
  expect(read(secure, knowing(null)).values).not.toEqual([]);
});
