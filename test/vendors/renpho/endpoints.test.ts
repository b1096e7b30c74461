import { expect, test } from 'vitest';
import { isAboutFriends, isKnownPath, labelOf } from '../../../src/vendors/renpho/endpoints.js';

test.each([
  ['/api/v3/users/sign_in.json', 'sign-in'],
  ['/api/v2/measurements/list.json', 'measurements'],
  ['/renpho-aggregation/user/login', 'login'],
  ['/renpho-aggregation/device/count', 'tables'],
  ['/RenphoHealth/scale/queryAllMeasureDataList', 'measurements'],
  ['/RenphoHealth/scale/queryBodyCompositionMeasureData', 'measurements (body composition)'],
  ['/RenphoHealth/renpho/girth/uploadGirthsDataV2', 'girth upload'],
])('%s is %s', (path, label) => {
  expect([labelOf('POST', path), isKnownPath(path)]).toEqual([label, true]);
});

test.each([
  ['POST', '/RenphoHealth/scale/upload', 'unknown POST /RenphoHealth/scale/upload'],
  ['POST', '/api/v2/users/5919278420902642176/weight', 'unknown POST /api/v2/users/#/weight'],
  ['PUT', '/x/12345678/1234567', 'unknown PUT /x/#/1234567'],
  ['GET', '/t/0123456789abcdef0123456789ABCDEF', 'unknown GET /t/#'],
  ['GET', '/u/jane.doe@example.org/x', 'unknown GET /u/#/x'],
  ['GET', '/y;jsessionid=T0ken/x', 'unknown GET /y#/x'],
  ['GET', '/reset/aB3dEfGhIjKlMnOpQr7t', 'unknown GET /reset/#'],
  ['GET', '/a\u009b\u0007', 'unknown GET /a\\x9b\\x07'],
  ['POST', `/${'long/'.repeat(1000)}`, `unknown POST /${'long/'.repeat(15)}long`],
  ['', '', 'unknown'],
  ['GET', '', 'unknown'],
])('%s %s is %s', (method, path, label) => {
  expect([labelOf(method, path), isKnownPath(path)]).toEqual([label, false]);
});

test.each([
  ['/RenphoHealth/app/friend/friendsList', true],
  ['/RenphoHealth/app/friend/measure/trend', true],
  ['/RenphoHealth/app/friends', true],
  ['/RenphoHealth/scale/queryAllMeasureDataList', false],
  ['/RenphoHealth/app/queryFriendTrend', true],
  ['/api/v2/friend_list.json', true],
  ['/RenphoHealth/Friend/trend', true],
  ['/befriended', false],
  ['/RenphoHealth/friendlyNames', false],
])('whether %s is about friends: %s', (path, about) => {
  expect(isAboutFriends(path)).toBe(about);
});
