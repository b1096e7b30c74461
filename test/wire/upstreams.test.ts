import { expect, it } from 'vitest';
import { AllowList, hostInFragment, upstreamsOf } from '../../src/wire/upstreams.js';

const first = { host: 'scalews.withings.net', address: null, port: 80 };
const second = { host: 'wbs.withings.net', address: '192.0.2.1', port: 8080 };
const allowList = new AllowList([first, second]);

it.each([
  undefined,
  '',
  'scalews.withings.net',
  'ScaleWS.Withings.NET:80',
  'scalews.withings.net.:',
  'scalews.withings.net.',
])('Host %j is the first upstream', (host) => {
  expect(allowList.pick(host)).toBe(first);
});

it('another Host is another upstream', () => {
  expect(allowList.pick('wbs.withings.net:1234')).toBe(second);
});

it.each([
  'example.com',
  'scalews.withings.net.example.com',
  'xscalews.withings.net',
  'scalews.withings.net:80:80',
  ' ',
  '[::1]:80',
  '__proto__',
])('Host %j is none', (host) => {
  expect(allowList.pick(host)).toBeUndefined();
});

it('the Host of a head that cannot be framed is found where it stands', () => {
  const of = (text: string) => hostInFragment(Buffer.from(text, 'latin1'));
  expect(of('GET / HTTP/1.1\r\nA: \0\r\nhOsT: \ta.example \r\n')).toBe('a.example');
  expect(of('GET / HTTP/1.1\nHost:a.example\nHost: b.example\n')).toBe('a.example');
  expect(of('GET / HTTP/1.1\r\nHost: a.exam')).toBeUndefined();
  expect(of('GET / HTTP/1.1\r\nX-Host: a.example\r\n')).toBeUndefined();
  expect(of('\x16\x03\x01')).toBeUndefined();
});

it('the vendors have the usual port and are looked up, unless a rule says otherwise', () => {
  const hosts = ['a.example', 'b.example'];
  expect(upstreamsOf(hosts, [])).toEqual(hosts.map((host) => ({ host, address: null, port: 80 })));
  const rules = [
    { host: 'b.example', address: '192.0.2.1', port: null },
    { host: 'c.example', address: null, port: 8080 },
  ];
  expect(upstreamsOf(hosts, rules)).toEqual([
    { host: 'a.example', address: null, port: 80 },
    { host: 'b.example', address: '192.0.2.1', port: 80 },
    { host: 'c.example', address: null, port: 8080 },
  ]);
});
