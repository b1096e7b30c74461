import { printable } from '../../model/escape.js';

/**
 * What the apps ask of their clouds, by path: all that is published, from clients of both APIs (renpho notes,
 * Endpoints; docs/protocols/renpho.md has the sources). Nobody has published the uploads of weigh-ins.
 */
const labels: ReadonlyMap<string, string> = new Map([
  // Old cloud
  ['/api/v3/users/sign_in.json', 'sign-in'],
  ['/api/v3/scale_users/list_scale_user', 'scale users'],
  ['/api/v2/measurements/list.json', 'measurements'],
  ['/api/v2/device_binds/get_device.json', 'devices'],
  ['/api/v3/devices/list_lastest_model.json', 'device models'],
  ['/api/v3/girths/list_girth.json', 'girths'],
  ['/api/v3/girth_goals/list_girth_goal.json', 'girth goals'],
  ['/api/v3/growth_records/list_growth_record.json', 'growth records'],
  ['/api/v2/messages/list.json', 'messages'],
  ['/api/v2/users/request_user.json', 'user request'],
  ['/api/v3/users/reach_goal.json', 'goal reached'],
  // New cloud
  ['/renpho-aggregation/user/login', 'login'],
  ['/renpho-aggregation/device/count', 'tables'],
  ['/RenphoHealth/app/sync/getTokenTime', 'token time'],
  ['/RenphoHealth/scale/queryAllMeasureDataList', 'measurements'],
  ['/RenphoHealth/scale/queryBodyCompositionMeasureData', 'measurements (body composition)'],
  ['/RenphoHealth/scale/bodyCompositionScaleCount', 'body composition count'],
  ['/RenphoHealth/healthManage/dailyCalories', 'day summary'],
  ['/RenphoHealth/centerUser/queryFamilyMemberList', 'family'],
  ['/RenphoHealth/app/friend/friendsList', 'friends'],
  ['/RenphoHealth/app/friend/measure/trend', 'friend trend'],
  ['/RenphoHealth/renpho/girth/queryAllGirthsDataList', 'girths'],
  ['/RenphoHealth/renpho/girth/uploadGirthsDataV2', 'girth upload'],
]);

const LONGEST_PATH = 80;

/**
 * What may name or authenticate somebody in a path: long numbers, long hexadecimals, e-mail addresses, parameters, and
 * long segments with several digits, as of a key.
 */
const telling = /[^/]*@[^/]*|;[^/]*|(?=[^/]*\d[^/]*\d)[^/]{20,}|[0-9a-f]{16,}|\d{8,}/gi;

/** Whether anybody has published what this path is. */
export function isKnownPath(path: string): boolean {
  return labels.has(path);
}

/** Friends as a word of its own: `/friend/`, `friendsList`, `queryFriendTrend`, `friend_list.json`. */
const friends = /(?:^|[/_.-])friends?(?![a-z])|[a-z\d]Friends?(?![a-z])|[/_.-]Friends?(?![a-z])/;

/** Whether this is about the account's friends, whose weigh-ins are not the account's. */
export function isAboutFriends(path: string): boolean {
  return friends.test(path);
}

/** What an exchange is called in listings. Those that nobody has published are told apart by method and path. */
export function labelOf(method: string, path: string): string {
  const known = labels.get(path);
  if (known !== undefined) return known;
  if (method === '' || path === '') return 'unknown';
  const plain = printable(path.slice(0, 1000).replace(telling, '#')).slice(0, LONGEST_PATH);
  return `unknown ${printable(method.slice(0, 16))} ${plain}`;
}
