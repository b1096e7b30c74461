import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProxyLogin } from '../../src/wire/proxy-login.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const head = (...lines: string[]): Buffer =>
  Buffer.from(['CONNECT a.example:443 HTTP/1.1', ...lines, '', ''].join('\r\n'), 'latin1');

describe('a login is admitted', () => {
  it.each([
    ['me:open sesame', `Proxy-Authorization: Basic ${base64('me:open sesame')}`],
    ['me:open sesame', `PROXY-AUTHORIZATION:basic   ${base64('me:open sesame')} `],
    ['jörg:größe:7', `Proxy-Authorization: Basic ${base64('jörg:größe:7')}`],
    ['me:', `Proxy-Authorization: Basic ${base64('me:')}`],
    // Without the padding that RFC 4648 asks for.
    ['a:b', `Proxy-Authorization: Basic ${base64('a:b').replace(/=*$/, '')}`],
  ])('%s by %s', (login, line) => {
    expect(new ProxyLogin(login).admits(head('Host: a.example:443', line))).toBe(true);
  });
});

describe('is not admitted', () => {
  const login = new ProxyLogin('me:sesame');
  const good = `Proxy-Authorization: Basic ${base64('me:sesame')}`;

  it.each([
    ['nobody'],
    ['Host: a.example'],
    [`Authorization: Basic ${base64('me:sesame')}`],
    [`Proxy-Authorization: Basic ${base64('me:sesam')}`],
    [`Proxy-Authorization: Basic ${base64('me:sesame ')}`],
    [`Proxy-Authorization: Basic ${base64('ME:sesame')}`],
    ['Proxy-Authorization: Basic me:sesame'],
    ['Proxy-Authorization: Basic '],
    ['Proxy-Authorization:'],
    [`Proxy-Authorization: Bearer ${base64('me:sesame')}`],
    [`Proxy-Authorization: ${base64('me:sesame')}`],
    [`${good}, Basic x`],
    [`${good} !`],
    [good, good],
    [good, 'proxy-authorization:'],
  ])('%s %s', (...lines) => {
    expect(login.admits(head(...lines))).toBe(false);
  });

  it('whoever sends any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (bytes, more) => {
        const start = Buffer.from('GET / HTTP/1.1\nProxy-Authorization: Basic ');
        expect(login.admits(Buffer.from(bytes))).toBe(false);
        expect(login.admits(Buffer.concat([start, bytes, Buffer.from('\n'), more]))).toBe(false);
      }),
    );
  });
});
