import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientBytes, session, upstreamBytes } from './traffic.js';
import { cutAt, Transcript } from './transcript.js';

const MAX_HEAD = 300;

/** Pieces of HTTP, broken and whole, in any order: gets further into the reader than noise does. */
const fragment = fc.oneof(
  fc.constantFrom(
    'GET / HTTP/1.1\r\n',
    'POST /x HTTP/1.1\r\n',
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 101 x\r\n',
    'HTTP/1.1 204\n',
    'Content-Length: 3\r\n',
    'Content-Length: 4, 4\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Host: a\r\n',
    'A: b\n',
    'A : b\r\n',
    '\r\n',
    '\n',
    '\r',
    '\n'.repeat(MAX_HEAD - 1),
    '3\r\nabc\r\n',
    '0\r\n\r\n',
    'ffffffffffffffff\r\n',
    'x'.repeat(MAX_HEAD),
    '\0',
  ),
  fc.string({ maxLength: 5 }),
);
const anything = fc.oneof(
  fc.array(fragment, { maxLength: 20 }).map((list) => Buffer.from(list.join(''), 'latin1')),
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
);
const cuts = fc.array(fc.nat({ max: 600 }), { maxLength: 12 });
const asked = fc.option(
  fc.array(fc.constantFrom('GET', 'POST', 'HEAD', 'CONNECT', ''), { minLength: 1, maxLength: 6 }),
);

describe('any bytes, any cuts', () => {
  it('the reader tells of exactly the bytes that it was shown, and of the same however they were cut', () => {
    fc.assert(
      fc.property(anything, cuts, asked, (bytes, places, methods) => {
        const whole = new Transcript(methods, MAX_HEAD);
        const pieces = new Transcript(methods, MAX_HEAD);
        const trickling = new Transcript(methods, MAX_HEAD);
        whole.of(bytes);
        expect(pieces.of(...cutAt(bytes, places))).toEqual(whole.lines);
        expect(trickling.of(...cutAt(bytes, [...bytes.keys()]))).toEqual(whole.lines);
        expect(pieces.reader.partialBytes).toBe(whole.reader.partialBytes);
        for (const transcript of [whole, pieces, trickling]) {
          // Empty lines and half a head are not told of before it is decided what they are.
          transcript.reader.becomeTunnel('shutdown');
          expect(transcript.bytes.equals(bytes)).toBe(true);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

describe('valid traffic', () => {
  it('is framed as it was made', () => {
    fc.assert(
      fc.property(session, cuts, (generated, places) => {
        const { exchanges, last, tunnel } = generated;
        const requests = new Transcript(null, 4096);
        requests.of(...cutAt(clientBytes({ ...generated, tunnel: Buffer.alloc(0) }), places));
        const framed = exchanges.flatMap(({ request: { head, body } }) => [head, body]);
        expect(parts(requests)).toEqual(texts(framed));

        const responses = new Transcript(
          exchanges.map(({ method }) => method),
          4096,
        );
        responses.of(...cutAt(upstreamBytes(generated), places));
        if (last === 'to-close') responses.reader.end();
        const answered = exchanges.flatMap(({ interim, response: { head, body } }) => [
          ...interim,
          head,
          body,
        ]);
        expect(parts(responses)).toEqual(texts([...answered, tunnel]));
        const ends = responses.lines.filter((line) => line === 'end').length;
        expect(ends).toBe(last === 'upgrade' ? exchanges.length - 1 : exchanges.length);
        const refused = responses.lines.filter((line) => line.startsWith('refused'));
        expect(refused).toEqual(last === 'upgrade' ? ['refused upgraded'] : []);
      }),
      { numRuns: 400 },
    );
  });
});

/** The heads and bodies that a reader told of, each as one text. */
function parts(transcript: Transcript): string[] {
  return transcript.parts.map((part) => part.toString('latin1')).filter((text) => text !== '');
}

function texts(buffers: readonly Buffer[]): string[] {
  return buffers.map((buffer) => buffer.toString('latin1')).filter((text) => text !== '');
}
