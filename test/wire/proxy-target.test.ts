import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeadFacts } from '../../src/wire/head.js';
import { readHead } from '../../src/wire/head.js';
import { originHead, proxyTarget } from '../../src/wire/proxy-target.js';

const facts = { status: 0, contentLength: -1, transfer: 'none', host: 'decoy.example' } as const;
const asked = (method: string, target: string) => proxyTarget({ ...facts, method, target });

describe('CONNECT', () => {
  it.each([
    ['Cloud.Renpho.com:443', 'cloud.renpho.com', 443],
    ['a.example.:8443', 'a.example', 8443],
    ['192.0.2.1:80', '192.0.2.1', 80],
    ['[2001:DB8:0::1]:443', '2001:db8::1', 443],
    ['[::ffff:7f00:1]:443', '127.0.0.1', 443],
    ['a.example:65535', 'a.example', 65_535],
  ])('%s', (target, host, port) => {
    expect(asked('CONNECT', target)).toEqual({ kind: 'connect', host, port });
  });
});

describe('a whole URL', () => {
  it.each([
    ['GET', 'http://A.example/x?y#z', 'a.example', 80, '/x?y#z', 'a.example'],
    ['GET', 'HTTP://a.example', 'a.example', 80, '/', 'a.example'],
    ['GET', 'http://a.example:80?y', 'a.example', 80, '/?y', 'a.example'],
    ['GET', 'http://a.example:/', 'a.example', 80, '/', 'a.example'],
    ['POST', 'http://a.example.:8080//x@y:z', 'a.example', 8080, '//x@y:z', 'a.example:8080'],
    ['GET', 'http://[2001:db8::1]/', '2001:db8::1', 80, '/', '[2001:db8::1]'],
    ['GET', 'http://[2001:db8::1]:81/', '2001:db8::1', 81, '/', '[2001:db8::1]:81'],
    ['OPTIONS', 'http://a.example', 'a.example', 80, '*', 'a.example'],
    ['OPTIONS', 'http://a.example/', 'a.example', 80, '/', 'a.example'],
    ['GET', 'http://scaletap.setup.example/', 'scaletap.setup.example', 80, '/', 'scaletap.setup.example'],
  ])('%s %s', (method, url, host, port, target, authority) => {
    expect(asked(method, url)).toEqual({ kind: 'forward', host, port, target, authority });
  });
});

it.each([
  ['/', '/'],
  ['//a.example/x', '//a.example/x'],
  ['/http://a.example/', '/http://a.example/'],
  ['http://scaletap.setup', '/'],
  ['http://ScaleTap.Setup.:80/ca.pem?x', '/ca.pem?x'],
])('%s is for the proxy itself', (target, path) => {
  expect(asked('GET', target)).toEqual({ kind: 'own', path });
});

describe('refused', () => {
  it.each([
    ['CONNECT', ''],
    ['CONNECT', '*'],
    ['CONNECT', '/'],
    ['CONNECT', 'a.example'],
    ['CONNECT', 'a.example:'],
    ['CONNECT', 'a.example:0'],
    ['CONNECT', 'a.example:65536'],
    ['CONNECT', 'a.example:+443'],
    ['CONNECT', 'a.example:4e2'],
    ['CONNECT', 'a.example:000443'],
    ['CONNECT', 'a.example:443:443'],
    ['CONNECT', 'https://a.example:443'],
    ['CONNECT', ':443'],
    ['CONNECT', '[]:443'],
    ['CONNECT', '[::1:443'],
    ['CONNECT', '::1:443'],
    ['CONNECT', '[192.0.2.1]:443'],
    ['CONNECT', '[fe80::1%eth0]:443'],
    ['CONNECT', '[fe80::1%25eth0]:443'],
    ['CONNECT', '127.1:443'],
    ['CONNECT', '2130706433:443'],
    ['CONNECT', '0x7f.1:443'],
    ['CONNECT', '0177.0.0.1:443'],
    ['CONNECT', 'a%2eexample:443'],
    ['CONNECT', 'm\xfcller.example:443'],
    ['CONNECT', `${'a'.repeat(64)}.example:443`],
    ['CONNECT', `${'a.'.repeat(127)}a:443`],
    ['CONNECT', 'a.example\x7f:443'],
    ['CONNECT', 'a.example\0:443'],
    ['GET', ''],
    ['OPTIONS', '*'],
    ['GET', 'a.example:443'],
    ['GET', 'a.example/'],
    ['GET', 'https://a.example/'],
    ['GET', 'ws://a.example/'],
    ['GET', 'http:a.example'],
    ['GET', 'http:/a.example/'],
    ['GET', 'http://'],
    ['GET', 'http:///x'],
    ['GET', 'http://a.example:x/'],
    ['GET', 'http://a.example:0/'],
    ['GET', 'http://a.example\\@b.example/'],
    ['GET', 'http://a.example\\b/'],
    ['GET', 'http://%61.example/'],
    ['GET', 'http://0x7f.1/'],
    ['GET', 'http://a.example/\x01'],
    ['GET', '/a b'],
  ])('%s %j', (method, target) => {
    expect(asked(method, target)).toEqual({
      reason: 'bad-target',
      message: expect.stringMatching(/^[ -~\xa0-\xff]{1,200}$/),
    });
  });

  it('with a user or password, which the message does not show', () => {
    for (const target of ['http://me:secret@a.example/', 'http://secret@a.example']) {
      expect(asked('GET', target)).toEqual({
        reason: 'bad-target',
        message: expect.not.stringContaining('secret'),
      });
    }
    expect(asked('CONNECT', 'secret@a.example:443')).toEqual({
      reason: 'bad-target',
      message: expect.not.stringContaining('secret'),
    });
  });
});

describe('any target', () => {
  const piece = fc.constantFrom(
    'http://',
    'https://',
    '[',
    ']',
    ':',
    '::1',
    '@',
    '/',
    '.',
    'a',
    '80',
    '127',
    '%',
    '#',
    '?',
  );
  const target = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  );

  it('gives a good host and port, or a refusal', () => {
    fc.assert(
      fc.property(fc.constantFrom('GET', 'CONNECT', 'OPTIONS'), target, (method, text) => {
        const found = asked(method, text);
        if ('reason' in found) return;
        if (found.kind === 'own') {
          expect(found.path).toMatch(/^\//);
          return;
        }
        expect(found.host).toMatch(/^([a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]+)$/);
        expect(found.port).toSatisfy((port: number) => Number.isInteger(port) && port > 0 && port < 65_536);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('the head as upstream gets it', () => {
  const origin = (head: string, target = '/x', host = 'a.example') =>
    originHead(Buffer.from(head, 'latin1'), target, host).toString('latin1');

  it('has the target in origin form and nothing that is for the proxy', () => {
    const head =
      'POST http://a.example/x HTTP/1.1\r\nhOst:  A.example:80 \r\nProxy-Connection: keep-alive\r\nX-b:c\r\n' +
      'proxy-authorization: Basic c2VjcmV0\r\nX-B: d\r\nContent-Length: 3\r\n\r\n';
    expect(origin(head)).toBe(
      'POST /x HTTP/1.1\r\nhOst:  A.example:80 \r\nX-b:c\r\nX-B: d\r\nContent-Length: 3\r\n\r\n',
    );
  });

  it('keeps white space, bare line feeds, empty lines before it and bytes that are not ASCII', () => {
    expect(
      origin('\r\n\nGET  http://a.example/x\tHTTP/1.1 \nHost:a.example\nProxy-X: y\nX: \xe9\t\n\n'),
    ).toBe('\r\n\nGET  /x\tHTTP/1.1 \nHost:a.example\nX: \xe9\t\n\n');
  });

  it.each([
    ['HOST: b.example\r\n', 'HOST: a.example:8080\r\n'],
    ['Host: a.example\n', 'Host: a.example:8080\n'],
    ['Host: A.EXAMPLE.:8080\r\n', 'Host: A.EXAMPLE.:8080\r\n'],
    ['Host:\r\n', 'Host: a.example:8080\r\n'],
    ['Host: b\r\nX: y\r\nHost: c\r\n', 'Host: a.example:8080\r\nX: y\r\n'],
    ['X: y\r\n', 'Host: a.example:8080\r\nX: y\r\n'],
    ['', 'Host: a.example:8080\r\n'],
  ])("with the headers %j it has %j: the Host is the URL's", (before, after) => {
    expect(origin(`GET http://a.example:8080/x HTTP/1.1\r\n${before}\r\n`, '/x', 'a.example:8080')).toBe(
      `GET /x HTTP/1.1\r\n${after}\r\n`,
    );
  });

  it('is a good head again, of the same body, whatever the headers are', () => {
    const line = fc.oneof(
      fc.constantFrom(
        'Host: b',
        'Host: a.example',
        'Proxy-Authorization: x',
        'Content-Length: 5',
        'X:',
        'proxy-a:b',
      ),
      fc.stringMatching(/^[A-Za-z-]{1,8}:[ -~]{0,10}$/),
    );
    const ending = fc.constantFrom('\r\n', '\n');
    fc.assert(
      fc.property(fc.array(fc.tuple(line, ending), { maxLength: 8 }), ending, (lines, end) => {
        const head = `GET http://a.example/x HTTP/1.1\r\n${lines.map(([a, b]) => a + b).join('')}${end}`;
        const before = framed(head);
        if (typeof before === 'string') return;
        const after = origin(head);
        expect(framed(after)).toEqual({ ...before, target: '/x', host: 'a.example' });
        expect(after).not.toMatch(/^proxy-/im);
      }),
    );
  });

  it('comes to an end with any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(originHead(Buffer.from(bytes), '/x', 'a.example').length).toBeGreaterThan(0);
      }),
    );
  });
});

function framed(head: string): HeadFacts | string {
  return readHead(Buffer.from(head, 'latin1'), 0, head.length, 'request');
}
