import { describe, expect, test } from 'vitest';
import { lines, Memory, post, refused } from './exchanges.js';

const device = 'macaddress=00:24:e4:00:00:01';
const time = '2014-05-13T16:53:10.000Z';
const seconds = 1_399_999_990;
const weight = '{"value":66850,"type":1,"unit":-3}';

/** A post as a WS-30 makes it. */
const ws30 = (measures: string, more = `&meastime=${seconds}`) =>
  post('measure', `action=store&${device}${more}&measures=${encodeURIComponent(measures)}`, '{"status":0}');

/** A post as a WS-50 makes it. */
const grouped = (groups: string, path = 'measure') =>
  post(path, `action=store&${device}&measuregrps=${encodeURIComponent(groups)}`, '{"status":0}');

const read = (exchange: ReturnType<typeof post>) => new Memory().play([exchange])[0];
const one = (measure: string) => read(ws30(`{"measures":[${measure}]}`));
const room = (data: string, type = 12) =>
  read(grouped(`[{"meastime":${seconds},"measures":[{"data":${data},"type":${type}}]}]`, 'v2/measure'));

describe('values', () => {
  test.each([
    ['{"value":66850,"type":1,"unit":-3}', `weight 66.85 kg ${time} nobody`],
    ['{"value":6685,"type":1,"unit":-2}', `weight 66.85 kg ${time} nobody`],
    ['{"value":583,"type":2,"unit":0}', `resistance_extra 583 ohm ${time} nobody`],
    ['{"value":-0,"type":1,"unit":0}', `weight 0 kg ${time} nobody`],
    ['{"value":5,"type":1,"unit":1}', `weight 50 kg ${time} nobody`],
    ['{"value":7,"type":999,"unit":0}', `withings_type_999 7  ${time} nobody`],
    ['{"value":7,"type":82,"unit":-1}', `withings_hrv 0.7  ${time} nobody`],
    ['{"value":21,"type":12,"unit":0}', `withings_temperature 21  ${time} nobody`],
  ])('%s', (measure, line) => {
    expect(lines(one(measure))).toEqual([line]);
    expect(refused(one(measure))).toEqual([]);
  });

  test.each([
    ['{"value":1e999,"type":1,"unit":0}', 'bad-value: measures[1].value is Infinity'],
    [
      '{"value":12345678901234567890,"type":1,"unit":0}',
      'bad-value: measures[1].value is 12345678901234567000',
    ],
    ['{"value":66.85,"type":1,"unit":0}', 'bad-value: measures[1].value is 66.85'],
    ['{"value":"abc","type":1,"unit":0}', 'bad-value: measures[1].value is "abc"'],
    ['{"value":null,"type":1,"unit":0}', 'bad-value: measures[1].value is null'],
    ['{"value":NaN,"type":1,"unit":0}', 'bad-value: measures[1].value is null'],
    ['{"value":-inf,"type":1,"unit":0}', 'bad-value: measures[1].value is null'],
    ['{"type":1,"unit":0}', 'bad-value: measures[1].value is undefined'],
    ['{"value":[1,2],"type":1,"unit":0}', 'bad-value: measures[1].value is a list of 2'],
    ['{"value":{},"type":1,"unit":0}', 'bad-value: measures[1].value is an object'],
    ['{"value":1,"type":1}', 'bad-exponent: measures[1].unit is undefined'],
    ['{"value":1,"type":1,"unit":"-3"}', 'bad-exponent: measures[1].unit is "-3"'],
    ['{"value":1,"type":1,"unit":0.5}', 'bad-exponent: measures[1].unit is 0.5'],
    ['{"value":1,"type":1,"unit":400}', 'bad-exponent: measures[1].unit is 400'],
    ['{"value":1,"type":1,"unit":-400}', 'bad-exponent: measures[1].unit is -400'],
    ['{"value":1,"unit":0}', 'bad-value: measures[1].type is undefined'],
    ['{"value":1,"type":"1","unit":0}', 'bad-value: measures[1].type is "1"'],
    ['{"value":1,"type":-1,"unit":0}', 'bad-value: measures[1].type is -1'],
    ['{"value":1,"type":65536,"unit":0}', 'bad-value: measures[1].type is 65536'],
    ['7', 'wrong-shape: measures[1] is 7'],
    ['null', 'wrong-shape: measures[1] is null'],
    ['[]', 'wrong-shape: measures[1] is a list of 0'],
  ])('%s is refused alone', (measure, refusal) => {
    const found = one(`${weight},${measure},{"value":583,"type":2,"unit":0}`);
    expect(found?.readings.map(({ kind }) => kind)).toEqual(['weight', 'resistance_extra']);
    expect(refused(found)).toEqual([refusal]);
  });

  test('a long wrong value is quoted short and harmlessly', () => {
    const [refusal] = refused(one(`{"value":"\\u001b[2J${'x'.repeat(9999)}","type":1,"unit":0}`));
    expect(refusal).toMatch(/^bad-value: measures\[0\]\.value is "\\u001b\[2Jx+…"$/);
    expect(refusal?.length).toBeLessThan(100);
  });
});

describe('shapes', () => {
  test.each([
    ['{"measures":7}', 'wrong-shape: measures holds no list'],
    ['{}', 'wrong-shape: measures holds no list'],
    ['null', 'wrong-shape: measures holds no list'],
    ['7', 'wrong-shape: measures holds no list'],
    ['{"measures":', 'not-json: measures'],
    ['', 'not-json: measures'],
  ])('measures=%s', (json, refusal) => {
    const found = read(ws30(json));
    expect(found?.readings).toEqual([]);
    expect(refused(found)).toEqual([refusal]);
  });

  test('a list without the object around it', () => {
    expect(lines(read(ws30(`[${weight}]`)))).toHaveLength(1);
    expect(lines(read(grouped(`[{"meastime":${seconds},"measures":[${weight}]}]`)))).toHaveLength(1);
  });

  test('an empty list is nothing, and no fault', () => {
    expect(read(ws30('{"measures":[]}'))).toMatchObject({ readings: [], refusals: [] });
  });

  test.each([
    ['7', 'wrong-shape: measuregrps[1] is 7'],
    [`{"measures":[${weight}]}`, 'missing-field: measuregrps[1].meastime'],
    [
      `{"meastime":"${seconds}","measures":[${weight}]}`,
      `bad-value: measuregrps[1].meastime is "${seconds}"`,
    ],
    [`{"meastime":-5,"measures":[${weight}]}`, 'time-too-early: measuregrps[1].meastime is -5'],
    [`{"meastime":1e300,"measures":[${weight}]}`, 'bad-value: measuregrps[1].meastime is 1e+300'],
    [`{"meastime":NaN,"measures":[${weight}]}`, 'bad-value: measuregrps[1].meastime is null'],
    [`{"meastime":${seconds}}`, 'wrong-shape: measuregrps[1].measures is undefined'],
    [`{"meastime":${seconds},"measures":{}}`, 'wrong-shape: measuregrps[1].measures is an object'],
  ])('a group %s is refused alone', (group, refusal) => {
    const good = `{"meastime":${seconds},"measures":[${weight}]}`;
    const found = read(grouped(`{"measuregrps":[${good},${group},${good}]}`));
    expect(found?.readings).toHaveLength(2);
    expect(refused(found)).toEqual([refusal]);
  });

  test.each([
    ['action=store', ['missing-field: measures or measuregrps']],
    ['x=1', ['missing-field: measures or measuregrps']],
    ['action=getmeas', []],
  ])('%s without measures', (form, refusals) => {
    expect(refused(read(post('measure', form, '{"status":0}')))).toEqual(refusals);
  });

  test('broken percent-encoding', () => {
    const found = read(post('measure', `${device}&meastime=${seconds}&measures=%7`, '{"status":0}'));
    expect(refused(found)).toEqual(['bad-percent-encoding: measures']);
  });
});

describe('times', () => {
  const day = 86_400;

  test.each([
    ['1198281600', '2007-12-22T00:00:00.000Z'],
    [String(1_400_000_000 + day), '2014-05-14T16:53:20.000Z'],
  ])('%s is taken', (meastime, iso) => {
    expect(lines(read(ws30(`[${weight}]`, `&meastime=${meastime}`)))).toEqual([
      `weight 66.85 kg ${iso} nobody`,
    ]);
  });

  test.each([
    ['&meastime=1198281599', 'time-too-early: meastime is 1198281599'],
    ['&meastime=-5', 'time-too-early: meastime is -5'],
    ['&meastime=0', 'time-too-early: meastime is 0'],
    [`&meastime=${1_400_000_001 + day}`, `time-in-future: meastime is ${1_400_000_001 + day}`],
    ['&meastime=999999999999999', 'time-in-future: meastime is 999999999999999'],
    ['&meastime=12345678901234567890', 'bad-value: meastime is "12345678901234567890"'],
    ['&meastime=1e9', 'bad-value: meastime is "1e9"'],
    ['&meastime=1399999990.5', 'bad-value: meastime is "1399999990.5"'],
    ['&meastime=', 'bad-value: meastime is ""'],
    ['', 'missing-field: meastime'],
  ])('%s is refused', (more, refusal) => {
    const found = read(ws30(`[${weight}]`, more));
    expect(found?.readings).toEqual([]);
    expect(refused(found)).toEqual([refusal]);
  });
});

describe('persons', () => {
  const of = (ids: string) => {
    const found = read(ws30(`[${weight}]`, `&meastime=${seconds}${ids}`));
    const [first] = found?.readings ?? [];
    return [first?.person, first?.candidates, first?.quality, refused(found)];
  };

  test.each([
    ['', null, [], []],
    ['&userid=0', null, [], []],
    ['&userid=101010', '101010', [], []],
    ['&userid=101010&attribstatus=1', '101010', [], []],
    ['&userid=101010&userid=101010', '101010', [], []],
    ['&userid=0&userid=7', '7', [], []],
    ['&userid=1234567890123456789', '1234567890123456789', [], []],
    ['&userid=7&userid=8', null, ['7', '8'], ['ambiguous-person']],
    ['&userid=7&userid=8&userid=9&attribstatus=1', null, ['7', '8', '9'], ['ambiguous-person']],
  ])('%j', (ids, person, candidates, quality) => {
    expect(of(ids)).toEqual([person, candidates, quality, []]);
  });

  test.each([
    ['&userid=x', null, [], [], 'bad-value: userid is "x"'],
    ['&userid=-1', null, [], [], 'bad-value: userid is "-1"'],
    ['&userid=%', null, [], [], 'bad-percent-encoding: userid'],
    ['&userid=7&userid=x', '7', [], [], 'bad-value: userid is "x"'],
    [
      '&userid=1&userid=2&userid=3&userid=4',
      null,
      ['1', '2', '3'],
      ['ambiguous-person'],
      'bad-value: 4 different userid',
    ],
  ])('%j is refused, the weigh-in is kept', (ids, person, candidates, quality, refusal) => {
    expect(of(ids)).toEqual([person, candidates, quality, [refusal]]);
  });
});

describe('devices', () => {
  const without = post('measure', `sessionid=s1&meastime=${seconds}&measures=[${weight}]`, '{"status":0}');

  test('no way to tell', () => {
    const found = read(without);
    expect(found?.readings).toEqual([]);
    expect(refused(found)).toEqual(['no-device: no macaddress, session or connection tells']);
  });

  test('an address that can not be read is not replaced by the one of the session', () => {
    const opened = post('session', 'action=new&auth=00:24:e4:00:00:07&hash=x', null);
    const bad = post('measure', `macaddress=me&meastime=${seconds}&measures=[${weight}]`, '{"status":0}');
    const found = new Memory().play([opened, without, bad]);
    expect(found[1]?.readings[0]?.device).toBe('00:24:e4:00:00:07');
    expect(found[2]?.readings).toEqual([]);
    expect(found[2]?.refusals.map(({ reason }) => reason)).toEqual(['bad-value', 'no-device']);
  });

  test('an address in another spelling is the same device', () => {
    const spelt = post('measure', `macaddress=0024E4000001&meastime=${seconds}&measures=[${weight}]`, null);
    expect(read(spelt)?.readings[0]?.id).toBe(read(ws30(`[${weight}]`))?.readings[0]?.id);
  });
});

test.each([
  ['no reply', null, []],
  ['another status', '{"status":225}', []],
  ['a reply that is no JSON', '<html>', ['not-json: reply']],
])('a weigh-in is read with %s: it happened', (_, reply, refusals) => {
  const found = read(post('measure', `${device}&meastime=${seconds}&measures=[${weight}]`, reply));
  expect(lines(found)).toEqual([`weight 66.85 kg ${time} nobody`]);
  expect(refused(found)).toEqual(refusals);
});

describe('v2/measure', () => {
  test.each([
    ['{"mantissa":202,"exponent":-1,"unit":11}', 12, `room_temperature 20.2 c ${time} nobody`],
    ['{"mantissa":680,"exponent":-1,"unit":13}', 12, `room_temperature 20 c ${time} nobody`],
    ['{"mantissa":-4,"exponent":0,"unit":11}', 12, `room_temperature -4 c ${time} nobody`],
    ['{"mantissa":655,"exponent":0,"unit":12}', 35, `co2 655 ppm ${time} nobody`],
    ['{"mantissa":1502,"exponent":-1,"unit":2}', 1, `weight 68.1296 kg ${time} nobody`],
    ['{"mantissa":45,"exponent":0,"unit":15}', 13, `room_humidity 45 pct ${time} nobody`],
    ['{"mantissa":45,"exponent":0,"unit":16}', 999, `withings_type_999 45  ${time} nobody`],
  ])('%s of type %d', (data, type, line) => {
    expect(lines(room(data, type))).toEqual([line]);
  });

  test.each([
    ['{"mantissa":202,"exponent":-1,"unit":12}', 'unknown-unit: measuregrps[0].measures[0].data.unit is 12'],
    ['{"mantissa":202,"exponent":-1,"unit":99}', 'unknown-unit: measuregrps[0].measures[0].data.unit is 99'],
    ['{"mantissa":202,"exponent":-1}', 'unknown-unit: measuregrps[0].measures[0].data.unit is undefined'],
    ['{"mantissa":202,"unit":11}', 'bad-exponent: measuregrps[0].measures[0].data.exponent is undefined'],
    ['{"exponent":-1,"unit":11}', 'bad-value: measuregrps[0].measures[0].data.mantissa is undefined'],
    [
      '{"mantissa":1,"exponent":999,"unit":11}',
      'bad-exponent: measuregrps[0].measures[0].data.exponent is 999',
    ],
    ['7', 'wrong-shape: measuregrps[0].measures[0].data is 7'],
    ['null', 'wrong-shape: measuregrps[0].measures[0].data is null'],
  ])('%s', (data, refusal) => {
    expect(room(data)?.readings).toEqual([]);
    expect(refused(room(data))).toEqual([refusal]);
  });
});
