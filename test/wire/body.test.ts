import { describe, expect, it } from 'vitest';
import type { BodyFraming } from '../../src/wire/body.js';
import { ChunkedBody, LengthBody, toCloseBody } from '../../src/wire/body.js';

/** Gives the pieces to the body; what is of the body, and then the state with what is left of the last piece. */
function take(body: BodyFraming, ...pieces: string[]): [taken: string, state: string, left: string] {
  let taken = '';
  let left = '';
  for (const piece of pieces) {
    const end = body.take(Buffer.from(piece, 'latin1'), 0);
    taken += piece.slice(0, end);
    left = piece.slice(end);
    if (body.state !== 'open') break;
  }
  return [taken, body.state, left];
}

describe('a body of known length', () => {
  it('ends with its last byte', () => {
    expect(take(new LengthBody(5), 'ab', 'cdeNEXT')).toEqual(['abcde', 'ended', 'NEXT']);
    expect(take(new LengthBody(5), 'abcd')).toEqual(['abcd', 'open', '']);
  });
});

describe('a body that runs to the close', () => {
  it('never ends by itself', () => {
    expect(take(toCloseBody, 'ab', '0\r\n\r\n')).toEqual(['ab0\r\n\r\n', 'open', '']);
  });
});

describe('a chunked body', () => {
  it.each([
    '0\r\n\r\n',
    '3\r\nabc\r\n0\r\n\r\n',
    '00A;x="z";y\r\n0123456789\r\n0\r\n\r\n',
    '3 \r\nabc\r\n1\t;x\r\nd\r\n000\r\n\r\n',
    '3\r\nabc\r\n0\r\nA: b\r\nC: d\r\n\r\n',
    '1\r\n\r\r\n1\r\n\n\r\n0;last\r\n\r\n',
  ])('%j is whole, however it is cut', (text) => {
    expect(take(new ChunkedBody(100), `${text}NEXT`)).toEqual([text, 'ended', 'NEXT']);
    expect(take(new ChunkedBody(100), ...text)).toEqual([text, 'ended', '']);
  });

  it.each([
    ['3\r\nab', 'open', ''],
    ['3\r\nabc\r\n0\r\n', 'open', ''],
    ['xyz', 'bad-chunk-size', 'xyz'],
    ['\r\n', 'bad-chunk-size', '\r\n'],
    ['-1\r\n', 'bad-chunk-size', '-1\r\n'],
    ['0x3\r\nabc', 'bad-chunk-size', 'x3\r\nabc'],
    ['3\nabc', 'bad-chunk-size', '\nabc'],
    ['3;x\nabc', 'bad-chunk-size', '\nabc'],
    ['3\rabc', 'bad-chunk-size', 'abc'],
    ['ffffffffffffff\r\n', 'bad-chunk-size', 'f\r\n'],
    ['3\r\nabcd\r\n', 'bad-chunk-end', 'd\r\n'],
    ['3\r\nabc\r0', 'bad-chunk-end', '0'],
    ['3\r\nabc\n0', 'bad-chunk-end', '\n0'],
  ])('of %j it says %s before %j', (text, state, left) => {
    const expected = [text.slice(0, text.length - left.length), state, left];
    expect(take(new ChunkedBody(100), text)).toEqual(expected);
  });

  it('does not wait for ever for the end of a size line or of trailers', () => {
    expect(take(new ChunkedBody(100), '0'.repeat(5000))[1]).toBe('bad-chunk-size');
    expect(take(new ChunkedBody(100), `3;${'x'.repeat(5000)}`)[1]).toBe('bad-chunk-size');
    expect(take(new ChunkedBody(100), `0\r\n${'A: b\r\n'.repeat(100)}`)[1]).toBe('trailer-too-large');
  });
});
