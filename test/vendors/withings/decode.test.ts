import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../../src/model/exchange.js';
import { withings } from '../../../src/vendors/withings/index.js';
import { exchangesOf, message, post, record } from './exchanges.js';

const decoded = (exchange: Exchange | undefined) =>
  exchange === undefined
    ? []
    : withings
        .decode(exchange)
        .map(({ name, text, secret }) => `${name}: ${text}${secret ? ' (secret)' : ''}`);

describe('captures', () => {
  test('a session', () => {
    const [, open] = exchangesOf('ws30-update2.http');
    expect(decoded(open)).toEqual([
      'action: new',
      'auth: 00:24:e4:00:00:01',
      'hash: beb1902a9f2e1be43861a65080bf7f5f',
      'mfgid: 262151',
      'currentfw: 211',
      'batterylvl: 95',
      'duration: 30',
      'zreboot: 1',
      'status: 0 OK',
      'sessionid: 4924-51493147-1813ac3d (secret)',
      'user 1: id 1744475, sn MIC, wt 77.11, ht 1.727, agt 20.8, sx 0, fm 3, cr 1363702686, att 0',
      'ind.lg (language): en_GB',
      'ind.imt (body fat measuring): 1',
      'ind.stp (send configuration): 1',
      'ind.f (frequency): 0',
      'ind.g (gravity, 1e-4 m/s²): 97918',
      'syp.utc (server time): 1363751239 (2013-03-20T03:47:19.000Z)',
      'ctp.goff (offset from UTC, s): -14400',
      'ctp.dst (next change of the offset): 0',
      'ctp.ngoff (offset after it, s): 0',
    ]);
  });

  test('a configuration, both sections', () => {
    const [, , maint] = exchangesOf('ws30-update2.http');
    const fields = decoded(maint);
    expect(fields).toEqual(
      expect.arrayContaining([
        'sessionid: 4924-51493147-1813ac3d (secret)',
        'section 1 TLV 11 MFGID: 262151',
        'section 1 TLV 1 MAC: 00:24:e4:00:00:01',
        'section 1 TLV 3 KL_SECRET: 0123456789abcdef (secret)',
        'section 1 TLV 2 WSTARGET: scalews.withings.net:80/cgi-bin',
        'section 2 TLV 28 BT_DEVICE: 0102030405060708090a0b0c0d0e0f10 (secret)',
        'section 2 TLV 22 WIFI_COUNTRY: US',
        'section 2 TLV 4 TIME_CONSTANT: offset -14400, next change 0, next offset 0',
        'section 2 TLV 5 USERS: 1744475 MIC: 77.11 kg at 2013-03-19T14:18:06.000Z, 1.727 m, 20.8 years, ' +
          'sex 0, fat method 3, attrib 0',
        'section 2 TLV 7 PREFLANG: en_GB',
        'section 2 TLV 8 SCALE_CONSTANT: g 97918, imt 1, f 0, stp 1',
        'section 2 TLV 9 WIFI_CONSTANT: SSID "HomeNet-01", key of 0, auth type 0',
        'section 2 TLV 15 TIME_DELTA: 2013-03-20T03:47:09.000Z',
        'section 2 TLV 32 DISPLAY_UNIT: lb',
        'section 2 TLV 25 BATTERY: 95 %, 5915 mV',
        'status: 0 OK',
      ]),
    );
    expect(fields.join()).not.toContain('UNKNOWN:');
  });

  test('a set-up', () => {
    expect(decoded(exchangesOf('ws30-association.http')[3])).toEqual([
      'action: deviceassociationrequest',
      'sessionid: 3046-5148e2c9-6e4d325e (secret)',
      'macaddress: 00:24:e4:00:00:01',
      'status: 205 NOTYETASSOCIATED',
      'blindcode: 647341',
    ]);
  });

  test('weigh-ins in all shapes', () => {
    expect(decoded(exchangesOf('wbs01-weigh-in.http')[3])).toEqual(
      expect.arrayContaining([
        'meastime: 1283558534 (2010-09-04T00:02:14.000Z)',
        'measures[0]: 1 WEIGHT 68950e-3',
        'measures[2]: 3 RINTRA 2292e0',
      ]),
    );
    expect(decoded(exchangesOf('ws50-weigh-in.http')[2])).toEqual(
      expect.arrayContaining([
        'measuregrps[0].meastime: 1387053012 (2013-12-14T20:30:12.000Z)',
        'measuregrps[0].measures[1]: 16 R50KHZ 522e0',
        'measuregrps[1].measures[0]: 11 FCARD 93e0',
        'updatetime: 1387053020',
      ]),
    );
    expect(decoded(exchangesOf('ws50-weigh-in.http')[3])).toEqual(
      expect.arrayContaining(['measuregrps[0].measures[0]: 12 TEMPERATURE 202e-1 °C']),
    );
  });
});

describe('records', () => {
  const of = (type: number, payload: Buffer) =>
    decoded(post('maint', `source=1&type=1&data=${record(type, payload)}`, null)).slice(2);

  test('a weigh-in that waits', () => {
    const payload = Buffer.alloc(38);
    payload.writeUInt32LE(7, 0);
    payload.writeUInt32LE(2, 4);
    payload.writeUInt32LE(7, 8);
    payload.writeUInt32LE(8, 12);
    payload.writeUInt8(1, 20);
    payload.writeUInt32LE(1_399_999_990, 21);
    payload.writeFloatLE(66.85, 25);
    payload.writeFloatLE(1.7, 33);
    expect(of(6, payload)).toEqual([
      'section 1 TLV 6 STORED_MEASURE: 66.85 kg at 2014-05-13T16:53:10.000Z, user 7, candidates 7 8, attrib 1, size 1.7',
    ]);
  });

  test('the last connections, and a Wi-Fi key', () => {
    expect(of(14, Buffer.alloc(32))[0]).toBe(
      'section 1 TLV 14 LAST_CNX: Wi-Fi ok never, tried never, 0 tries, new network never, ' +
        'Bluetooth ok never, tried never, 0 tries, must flash 0',
    );
    const wifi = Buffer.alloc(108);
    wifi.write('net\x1b', 0);
    wifi.write('pass phrase', 36);
    wifi.writeUInt32LE(11, 100);
    expect(of(9, wifi)).toEqual([
      'section 1 TLV 9 WIFI_CONSTANT: SSID "net\\\\x1b", key of 11, auth type 0',
      'section 1 TLV 9 WIFI_CONSTANT: pass phrase (secret)',
    ]);
  });

  test.each([
    [0x68, 'section 1 TLV 104 SCREEN_ORDER: 0102'],
    [0x79, 'section 1 TLV 121 AUTH_DATA: 0102 (secret)'],
    [4711, 'section 1 TLV 4711 UNKNOWN: 0102 (secret)'],
    [25, 'section 1 TLV 25 BATTERY: 0102'],
    [9, 'section 1 TLV 9 WIFI_CONSTANT: 0102 (secret)'],
    [28, 'section 1 TLV 28 BT_DEVICE: 0102 (secret)'],
  ])('record %d in two bytes', (type, shown) => {
    expect(of(type, Buffer.from([1, 2]))).toEqual([shown]);
  });
});

describe('what can not be read', () => {
  test.each([
    ['once', 'hello', null, ['request: not-form-data']],
    ['once', 'a=%', '<html>', ['a: bad-percent-encoding (secret)', 'reply: not-json']],
    ['maint', 'source=1&type=1&data=03', null, ['source: 1', 'type: 1', 'data: tlv-overrun']],
    ['maint', 'source=1&type=1&data=0', null, ['source: 1', 'type: 1', 'data: bad-hex']],
    ['maint', 'source=4&type=1&data=03', null, ['source: 4', 'type: 1', 'data: 03 (secret)']],
    ['measure', 'meastime=x&measures=7', '[]', ['meastime: x', 'measures: 7']],
    ['measure', 'measures=["\u0001"]', null, ['measures: ["\\x01"] (secret)']],
    ['auth', 'password=x', '{"body":{"key":{"a":1}}}', ['password: x (secret)', 'key.a: 1 (secret)']],
    ['session', 'a=1&b=%', null, ['a: 1 (secret)', 'b: bad-percent-encoding (secret)']],
    ['session', '', '{"body":{"sp":{"users":[{"pwd":"x"}]}}}', ['user 1: pwd x (secret)']],
    ['once', '', '{"body":{"a\\u001b[2J":"\\u202e"}}', ['a\\x1b[2J: \\u202e']],
  ])('%s %s, reply %s', (path, form, reply, fields) => {
    expect(decoded(post(path, form, reply))).toEqual(fields);
  });

  test('a cut message says so', () => {
    const request = { ...message('POST /cgi-bin/once HTTP/1.1\r\n\r\n', 'a=1'), complete: false };
    expect(decoded({ ...post('once', '', null), request, response: request })).toEqual([
      'request: body-cut',
      'reply: body-cut',
    ]);
  });
});
