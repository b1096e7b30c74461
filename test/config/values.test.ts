import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  InvalidValue,
  maskUrl,
  parseDevice,
  parseEndpoint,
  parseInfluxUrl,
  parseLanguage,
  parseNumber,
  parseResolver,
  parseSince,
  parseSwitch,
  parseTimeZone,
  parseUpstream,
} from '../../src/config/values.js';

const seconds = { unit: 'seconds', example: 300, min: 0.001, max: 1000, fraction: true };
const days = { unit: 'days', example: 30, min: 0, max: 36500, fraction: false };

describe('numbers', () => {
  test('are taken in their range', () => {
    expect(parseNumber('0.5', seconds)).toBe(0.5);
    expect(parseNumber('1000', seconds)).toBe(1000);
    expect(parseNumber('0', days)).toBe(0);
  });

  test.each(['soon', '', '-1', '+1', '1e3', '0x10', ' 5', '5s', 'NaN', 'Infinity', '99999999999999999999'])(
    '%j is not one',
    (text) => {
      expect(() => parseNumber(text, seconds)).toThrow('is not a number of seconds; write one such as 300');
    },
  );

  test('say their limits', () => {
    expect(() => parseNumber('1001', seconds)).toThrow('is not a number of seconds from 0.001 to 1000');
    expect(() => parseNumber('0', seconds)).toThrow('from 0.001');
    expect(() => parseNumber('1.5', days)).toThrow('is not a whole number of days');
  });
});

test('numbers may be below zero where the range says so', () => {
  const degrees = { unit: 'degrees', example: 50, min: -90, max: 90, fraction: true };
  expect(parseNumber('-33.9', degrees)).toBe(-33.9);
  expect(parseNumber('-0', degrees)).toBeCloseTo(0);
  expect(() => parseNumber('-90.1', degrees)).toThrow('is not a number of degrees from -90 to 90');
  expect(() => parseNumber('--1', degrees)).toThrow('is not a number of degrees; write one such as 50');
});

describe('time zones', () => {
  test.each(['Europe/Berlin', 'UTC', 'Asia/Kathmandu', 'America/Argentina/Buenos_Aires'])('%s', (name) => {
    expect(parseTimeZone(name)).toBe(name);
  });

  test.each(['', 'Berlin', 'Europe/Berlln', '+01:00', 'Europe/Berlin ', '../etc/passwd'])(
    'not %j',
    (name) => {
      expect(() => parseTimeZone(name)).toThrow('is not the name of a time zone, such as Europe/Berlin');
    },
  );
});

test('languages are tags that a scale can hold', () => {
  expect(['de', 'EN-gb', 'en_GB', 'Pt_br'].map(parseLanguage)).toEqual(['de', 'en_GB', 'en_GB', 'pt_BR']);
  for (const text of ['', 'e', 'eng', 'en_', 'en_GBR', 'en GB', 'zh-Hans']) {
    expect(() => parseLanguage(text)).toThrow('is not a language, such as en_GB or de');
  }
});

test('switches are yes or no in many words', () => {
  for (const text of ['true', 'YES', 'on', '1']) expect(parseSwitch(text)).toBe(true);
  for (const text of ['false', 'No', 'OFF', '0']) expect(parseSwitch(text)).toBe(false);
  expect(() => parseSwitch('maybe')).toThrow('neither true nor false');
});

describe('endpoints', () => {
  test.each([
    ['8081', null, 8081],
    ['0', null, 0],
    ['192.0.2.1:80', '192.0.2.1', 80],
    ['localhost:8080', 'localhost', 8080],
    ['[::1]:80', '::1', 80],
    ['[::]:0', '::', 0],
  ])('%s', (text, host, port) => {
    expect(parseEndpoint(text)).toEqual({ host, port });
  });

  test.each([
    ['nas', 'has no port'],
    ['::1', 'has no port'],
    ['[::1]', 'has no port'],
    ['nas:70000', 'not between 0 and 65535'],
    ['nas:http', 'not between 0 and 65535'],
    ['70000', 'not between 0 and 65535'],
    ['::1:80:90:zz:1', 'without brackets'],
    ['[nas]:80', 'no IPv6 address between its brackets'],
    ['a b:80', 'is not host:port'],
    ['', 'has no port'],
  ])('%j: %s', (text, problem) => {
    expect(() => parseEndpoint(text)).toThrow(problem);
  });
});

describe('upstreams', () => {
  test.each([
    ['Scale.Example', { host: 'scale.example', address: null, port: null }],
    ['scale.example=192.0.2.7', { host: 'scale.example', address: '192.0.2.7', port: null }],
    ['scale.example=192.0.2.7:8080', { host: 'scale.example', address: '192.0.2.7', port: 8080 }],
    ['scale.example=[2001:db8::1]:80', { host: 'scale.example', address: '2001:db8::1', port: 80 }],
    ['scale.example=2001:db8::1', { host: 'scale.example', address: '2001:db8::1', port: null }],
  ])('%s', (text, rule) => {
    expect(parseUpstream(text)).toEqual(rule);
  });

  test.each([
    ['', 'is not host'],
    ['=192.0.2.7', 'is not host'],
    ['http://scale.example', 'is not host'],
    ['scale.example=nas', 'no IP address after "="'],
    ['scale.example=', 'no IP address after "="'],
    ['scale.example=192.0.2.7:0', 'port 0'],
  ])('%j: %s', (text, problem) => {
    expect(() => parseUpstream(text)).toThrow(problem);
  });
});

test('resolvers are addresses, in the form that Node takes', () => {
  expect(parseResolver('9.9.9.9')).toBe('9.9.9.9');
  expect(parseResolver('127.0.0.1:5353')).toBe('127.0.0.1:5353');
  expect(parseResolver('2620:fe::fe')).toBe('2620:fe::fe');
  expect(parseResolver('[2620:fe::fe]:53')).toBe('[2620:fe::fe]:53');
  expect(() => parseResolver('dns.example')).toThrow('not the IP address of a resolver');
});

describe('the address of InfluxDB', () => {
  test.each(['http://nas:8086/scales', 'https://u:p%40ss@nas/scales', 'http://[::1]:8086/scales'])(
    '%s',
    (url) => {
      expect(parseInfluxUrl(url)).toBe(url);
    },
  );

  test.each([
    ['nas:8086/scales', 'is not http'],
    ['/scales', 'is not a URL'],
    ['http://nas:8086', 'the name of one database'],
    ['http://nas:8086/', 'the name of one database'],
    ['http://nas:8086/a/b', 'the name of one database'],
    ['http://nas:8086/a?db=b', 'something after the database'],
  ])('%s: %s', (url, problem) => {
    expect(() => parseInfluxUrl(url)).toThrow(problem);
  });

  test('is shown without user and password, whatever is wrong with it', () => {
    expect(maskUrl('http://nas:8086/scales')).toBe('http://nas:8086/scales');
    expect(maskUrl('http://me:hunter2@nas:8086/scales')).toBe('http://***@nas:8086/scales');
    expect(maskUrl('htp:/me:hunter2@nas')).toBe('htp:/***@nas');
    expect(maskUrl('me:hunter2@nas')).toBe('me:***@nas');
    expect(maskUrl('http://me:hunt@er2@nas')).toBe('http://***@nas');
  });

  test('never shows the password', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: false }),
        fc.base64String({ minLength: 8 }),
        (url, password) => {
          const masked = maskUrl(url.replace('://', `://me:${password}@`));
          expect(masked).not.toContain(password);
        },
      ),
    );
  });
});

test('devices that are MACs come in lower case with colons', () => {
  expect(parseDevice('00-24-E4-00-00-01')).toBe('00:24:e4:00:00:01');
  expect(parseDevice('Bathroom-1')).toBe('Bathroom-1');
  expect(() => parseDevice(' ')).toThrow('is empty');
});

describe('points in time', () => {
  const now = Date.UTC(2026, 0, 31, 12);

  test.each([
    ['7d', 7 * 86400e3],
    ['12h', 12 * 3600e3],
    ['90m', 90 * 60e3],
    ['30s', 30e3],
    ['2w', 14 * 86400e3],
  ])('%s ago', (text, ms) => {
    expect(parseSince(text, now)).toBe(now - ms);
  });

  test('dates are local, and so are times without offset', () => {
    expect(parseSince('2026-01-30', now)).toBe(new Date(2026, 0, 30).getTime());
    expect(parseSince('2026-01-30T06:30', now)).toBe(new Date(2026, 0, 30, 6, 30).getTime());
    expect(parseSince('2026-01-30 06:30:15', now)).toBe(new Date(2026, 0, 30, 6, 30, 15).getTime());
    expect(parseSince('2026-01-30T06:30Z', now)).toBe(Date.UTC(2026, 0, 30, 6, 30));
    expect(parseSince('2026-01-30T06:30:00+02:00', now)).toBe(Date.UTC(2026, 0, 30, 4, 30));
  });

  test.each(['yesterday', '7', '7y', '2026-13-01', '2026-1-1', '2026-01-30T25:00', '-7d', ''])(
    '%j is none',
    (text) => {
      expect(() => parseSince(text, now)).toThrow('is not a time; write 12h, 7d');
    },
  );
});

test('any text is a value or an InvalidValue', () => {
  const parsers = [parseSwitch, parseEndpoint, parseUpstream, parseResolver, parseInfluxUrl, parseDevice];
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...parsers), (text, parse) => {
      try {
        parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidValue);
      }
    }),
  );
});
