import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { content, isChunked, parseHead } from '../../src/model/message.js';
import { contentOf, hasChunkedBody, targetOf } from '../../src/vendors/raw.js';
import { bytes, message } from './withings/exchanges.js';

const headText = fc
  .array(
    fc.constantFrom(
      'HTTP/1.1 200 OK',
      '\r\n',
      '\n',
      'Transfer-Encoding:',
      'transfer-encoding : ',
      ' ',
      '\t',
      ',',
      ';',
      ':',
      'chunked',
      'Chunked',
      'gzip',
      'x',
      'Content-Length: 3',
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''));

describe('the quick look at raw messages', () => {
  test('agrees with the slow one on chunked bodies', () => {
    fc.assert(
      fc.property(headText, (head) => {
        expect(hasChunkedBody(bytes(head))).toBe(isChunked(parseHead(bytes(head)).headers));
      }),
      { numRuns: 3000 },
    );
    expect(hasChunkedBody(bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'))).toBe(true);
  });

  test('agrees with the slow one on content', () => {
    const heads = ['HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'];
    const body = fc.array(
      fc.constantFrom('1\r\n', 'a', '\r\n', '5\r\nhello', '0\r\n\r\n', 'zz\r\n', '3;x=y\r\nabc'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...heads), body, (head, parts) => {
        const raw = message(head, parts.join(''));
        expect(Buffer.compare(contentOf(raw), content(raw))).toBe(0);
      }),
    );
  });

  test.each([
    ['POST /cgi-bin/once HTTP/1.1\r\n\r\n', '/cgi-bin/once'],
    ['POST /cgi-bin/once\r\n\r\n', '/cgi-bin/once'],
    ['GET /a?b=c HTTP/1.1\n', '/a?b=c'],
    ['POST', ''],
    ['', ''],
  ])('target of %j', (head, target) => {
    expect(targetOf(bytes(head))).toBe(target);
  });
});
