import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInfluxUrl, targetName } from '../../../src/sinks/influx/url.js';

const anybody = { user: '', password: '' };

describe('what is an InfluxDB URL', () => {
  test.each([
    ['http://nas/scales', { protocol: 'http', host: 'nas', port: 8086, database: 'scales', ...anybody }],
    ['https://nas/scales', { protocol: 'https', host: 'nas', port: 8086, database: 'scales', ...anybody }],
    ['http://nas:80/scales', { protocol: 'http', host: 'nas', port: 80, database: 'scales', ...anybody }],
    ['https://nas:443/scales', { protocol: 'https', host: 'nas', port: 443, database: 'scales', ...anybody }],
    ['https://nas:80/scales', { protocol: 'https', host: 'nas', port: 80, database: 'scales', ...anybody }],
    [
      ' HTTP://NAS.local:9000/Scales/ ',
      { protocol: 'http', host: 'nas.local', port: 9000, database: 'Scales', ...anybody },
    ],
    [
      'http://[::1]:8086/scales',
      { protocol: 'http', host: '[::1]', port: 8086, database: 'scales', ...anybody },
    ],
    [
      'http://joe@nas/d',
      { protocol: 'http', host: 'nas', port: 8086, database: 'd', user: 'joe', password: '' },
    ],
    [
      'http://j%20d:p%40%2F%23%25:x@nas/my%20d%C3%A9b',
      { protocol: 'http', host: 'nas', port: 8086, database: 'my déb', user: 'j d', password: 'p@/#%:x' },
    ],
  ])('%s', (text, target) => {
    expect(parseInfluxUrl(text, '1')).toEqual(target);
  });

  test('of 2 and 3: their usual ports, and a slash in a name, as an upgraded database has', () => {
    const of = (version: '2' | '3') => parseInfluxUrl('http://nas/scaletap%2Fautogen', version);
    expect(of('2')).toMatchObject({ port: 8086, database: 'scaletap/autogen' });
    expect(of('3')).toMatchObject({ port: 8181, database: 'scaletap/autogen' });
  });

  test('the name says where, never as whom, and differs for every other place', () => {
    const names = [
      'http://joe:hush@nas/a',
      'https://nas/a',
      'http://nas:80/a',
      'http://nas/b',
      'http://nas2/a',
    ].map((text) => {
      const target = parseInfluxUrl(text, '1');
      if ('reason' in target) throw new Error(target.message);
      return targetName(target);
    });
    expect(names).toEqual([
      'http://nas:8086/a',
      'https://nas:8086/a',
      'http://nas:80/a',
      'http://nas:8086/b',
      'http://nas2:8086/a',
    ]);
  });
});

describe('what is none', () => {
  test.each<[string, string, RegExp]>([
    ['', 'bad-scheme', /begin with http:\/\/ or https:\/\//],
    ['nas:8086/scales', 'bad-scheme', /http:\/\/\[user:password@\]host\[:port\]\/database/],
    ['influx://nas:8086/scales', 'bad-scheme', /begin with/],
    ['http://', 'bad-address', /cannot be read/],
    ['http://nas:port/scales', 'bad-address', /cannot be read/],
    ['http://nas:0/scales', 'bad-address', /cannot be read/],
    ['http://nas:70000/scales', 'bad-address', /cannot be read/],
    ['http://joe:hu#sh@nas/scales', 'bad-address', /# as %23/],
    ['http://joe:hu/sh@nas/scales', 'bad-address', /\/ as %2F/],
    ['http://joe:12/sh@nas', 'bad-path', /\/ as %2F/],
    ['http://nas:8086', 'missing-database', /http:\/\/localhost:8086\/scaletap/],
    ['http://nas:8086/', 'missing-database', /names no database/],
    ['http://nas:8086/a/b', 'bad-path', /name of one database/],
    ['http://nas:8086/write?db=scales', 'bad-path', /name of one database/],
    ['http://nas:8086/scales#x', 'bad-path', /name of one database/],
    ['http://nas:8086/a%2Fb', 'bad-database', /must not/],
    ['http://nas:8086/a%22b', 'bad-database', /must not/],
    ['http://nas:8086/a%0Ab', 'bad-database', /must not/],
    ['http://joe:100%@nas/scales', 'bad-encoding', /Write % itself as %25/],
    ['http://nas/%FF', 'bad-encoding', /encodes no character/],
  ])('%j is %s', (text, reason, message) => {
    const result = parseInfluxUrl(text, '1');
    expect(result).toMatchObject({ reason, message: expect.stringMatching(message) });
  });

  test('any text gives a target or a reason, and no message holds the password', () => {
    const secret = 'hush-hush-4711';
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (before, after) => {
        for (const text of [
          before,
          `http://${before}${secret}${after}`,
          `http://u:${before}${secret}@h/${after}`,
        ]) {
          const result = parseInfluxUrl(text, '1');
          if ('reason' in result) expect(result.message).not.toContain(secret);
          else expect(result.port).toBeGreaterThan(0);
        }
      }),
    );
  });
});
