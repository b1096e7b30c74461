import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Form, parseForm } from '../../../src/vendors/form.js';
import { contentOf } from '../../../src/vendors/raw.js';
import { readdress } from '../../../src/vendors/withings/readdress.js';
import { step } from '../../../src/vendors/withings/step.js';
import { captures, exchangesOf, message, requestHead, text } from './exchanges.js';
import { readBack } from './read-back.js';

const of = (head: string, body: string, session = '6-7') => {
  const moved = readdress(message(head, body), session);
  return moved && text(moved.head) + text(moved.body);
};

const head = (lines: string[]) =>
  ['POST /cgi-bin/measure HTTP/1.1', 'Host: scalews.withings.net', ...lines, '', ''].join('\r\n');

test('a real post, to the byte', () => {
  const [, , measure] = exchangesOf('wbs01-weigh-in.http');
  const request = measure?.request ?? message('', '');
  const moved = readdress(request, '123456-4c818c8e-3b918091') ?? message('', '');
  expect(text(moved.head)).toBe(text(request.head).replace(': 233', ': 236'));
  expect(text(moved.body)).toBe(text(request.body).replace('546-4c', '123456-4c'));
  expect(moved).toMatchObject({ bodyBytes: 236, complete: true });
});

describe('the head', () => {
  const body = 'a=1&sessionid=4-5&b=%2D';
  const moved = 'a=1&sessionid=6-7&b=%2D';

  test.each([
    [['Content-Length: 23'], ['Content-Length: 23']],
    [
      ['CONTENT-LENGTH:\t9  ', 'x : y'],
      ['CONTENT-LENGTH:\t23', 'x : y'],
    ],
    [
      ['Content-Length: 23', 'Expect: 100-continue', 'X: y'],
      ['Content-Length: 23', 'X: y'],
    ],
    [['expect:100-continue', 'Content-Length: 23'], ['Content-Length: 23']],
    [['Content-Length: 23', 'Content-Length: 23'], ['Content-Length: 23']],
  ])('%j becomes %j', (lines, edited) => {
    expect(of(head(lines), body)).toBe(head(edited) + moved);
  });

  test('line ends are kept as they are', () => {
    const bare = 'POST / HTTP/1.1\nContent-Length: 11\n\n';
    expect(of(bare, 'sessionid=4')).toBe('POST / HTTP/1.1\nContent-Length: 13\n\nsessionid=6-7');
  });

  test('a chunked body gets a length', () => {
    const chunked = head(['User-Agent: x', 'Transfer-Encoding: chunked', 'Accept: */*']);
    expect(of(chunked, '6\r\nsessio\r\n8;x=y\r\nnid=4&a=\r\n0\r\nT: 1\r\n\r\n')).toBe(
      `${head(['User-Agent: x', 'Content-Length: 16', 'Accept: */*'])}sessionid=6-7&a=`,
    );
  });
});

describe('the body', () => {
  const whole = head(['Content-Length: 1']);
  const body = (form: string, session?: string) => of(whole, form, session)?.split('\r\n\r\n')[1];

  test.each([
    ['sessionid=', 'sessionid=6-7'],
    ['sessionid=1&x=2&sessionid=3', 'sessionid=6-7&x=2&sessionid=6-7'],
    ['%73essionid=1', '%73essionid=6-7'],
    ['x=sessionid=1', undefined],
    ['x=1', undefined],
    ['', undefined],
    ['sessionid', undefined],
  ])('%s', (form, moved) => {
    expect(body(form)).toBe(moved);
  });

  test('a session id that needs encoding', () => {
    expect(body('sessionid=1', 'a&b=c d+\u00e9/\ud800')).toBe('sessionid=a%26b%3Dc%20d%2B%C3%A9%2F%EF%BF%BD');
  });

  test('that is cut or coded cannot be moved', () => {
    const request = message(whole, 'sessionid=1');
    expect(readdress(request, 's')).toBeDefined();
    expect(readdress({ ...request, complete: false }, 's')).toBeUndefined();
    expect(readdress({ ...request, bodyBytes: 12 }, 's')).toBeUndefined();
    expect(of(head(['Transfer-Encoding: gzip, chunked']), 'b\r\nsessionid=1\r\n0\r\n\r\n')).toBeUndefined();
    const twice = ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'];
    expect(of(head(twice), 'b\r\nsessionid=1\r\n0\r\n\r\n')).toBeUndefined();
    expect(of(head(['Transfer-Encoding: gzip']), 'sessionid=1')).toBeUndefined();
    expect(of(head([]), 'sessionid=1')).toBeUndefined();
  });
});

const reports = captures.flatMap(exchangesOf).filter(({ request }) => step(request).kind === 'report');

test('whatever the session, only the session changes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...reports),
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom('', 'Expect: 100-continue\r\n'),
      ({ request }, session, expectLine) => {
        const body = `${text(request.body)}&z=1`;
        const lines = `${expectLine}Content-Length: ${body.length}\r\n`;
        const moved = readdress(message(requestHead('/cgi-bin/measure', lines), body), session);
        if (step(request).session === null) {
          expect(moved).toBeUndefined();
          return;
        }
        const read = readBack(moved ?? message('', ''), 'request');
        expect(text(read.head)).not.toContain('Expect');
        expect(Buffer.from(step(read).session ?? '')).toEqual(Buffer.from(session));
        expect(otherFields(read)).toEqual(otherFields(message('', body)));
      },
    ),
  );
});

function otherFields(request: Parameters<typeof contentOf>[0]): string[] {
  const form = parseForm(text(contentOf(request)));
  const fields = form instanceof Form ? form.fields : [];
  return fields
    .filter(({ name }) => name !== 'sessionid')
    .map((field) => `${field.name}=${(form as Form).raw(field)}`);
}

test('any bytes give a request that can be framed, or none', () => {
  const raw = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  const form = fc.oneof(
    raw,
    raw.map((end) => `sessionid=1&x=${encodeURIComponent(end)}`),
    raw.map((start) => `${start}&sessionid=`),
  );
  const content = fc.oneof(
    form,
    form.map((text) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`),
  );
  const lines = fc.constantFrom(
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: x',
    'A: b',
  );
  fc.assert(
    fc.property(lines, raw, content, (line, start, body) => {
      const moved = readdress(message(head([line]), body), 's');
      if (moved !== undefined) expect(step(readBack(moved, 'request')).session).toBe('s');
      readdress(message(start, body), 's');
    }),
    { numRuns: 500 },
  );
});
