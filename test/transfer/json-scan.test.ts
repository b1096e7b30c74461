import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ListScanner } from '../../src/transfer/json-scan.js';
import { cut } from './exchanges.js';

/** The elements of `log.entries` in a text that comes in pieces. */
async function scan(text: string, places: readonly number[] = []) {
  const scanner = new ListScanner(['log', 'entries']);
  const elements: string[] = [];
  const offsets: number[] = [];
  for await (const chunk of cut(Buffer.from(text), places)) {
    for (const { bytes, at } of scanner.push(chunk)) {
      elements.push(bytes.toString().trim());
      offsets.push(at);
    }
  }
  return { elements, offsets, found: scanner.found, closed: scanner.closed };
}

const document = fc.record({
  before: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }),
  entries: fc.array(fc.jsonValue()),
  after: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }),
  space: fc.constantFrom(undefined, 1, '\t'),
});

test('gives the elements of the list of any document, in any cuts', async () => {
  await fc.assert(
    fc.asyncProperty(document, fc.array(fc.nat()), async ({ before, entries, after, space }, places) => {
      const log = { ...before, entries, after };
      const text = JSON.stringify({ other: { entries: [0] }, log, entries: [1] }, null, space);
      const { elements, offsets, found, closed } = await scan(text, places);
      expect(elements.map((element) => JSON.parse(element))).toEqual(JSON.parse(text).log.entries);
      expect(found && closed).toBe(true);
      const whole = Buffer.from(text);
      for (const [i, at] of offsets.entries()) {
        expect(
          whole
            .subarray(at)
            .toString()
            .startsWith(elements[i] ?? '?'),
        ).toBe(true);
      }
    }),
  );
});

describe('is not led astray', () => {
  test.each([
    ['by the path in a list', '{"log":[{"entries":[1]}]}'],
    ['by the path in a text', '{"log":"{\\"entries\\":[1]}"}'],
    ['by a list that is none', '{"log":{"entries":{"a":[1]}}}'],
    ['by an element of the path further in', '{"a":{"log":{"entries":[1]}}}'],
    ['by a list of nothing', '[{"log":{"entries":[1]}}]'],
  ])('%s', async (_, text) => {
    expect(await scan(text)).toMatchObject({ elements: [], found: false, closed: true });
  });

  test('by brackets and quotes in texts', async () => {
    const { elements } = await scan('{"log":{"entries":["a]\\"b,{", "\\\\", [",]"]]}}');
    expect(elements).toEqual(['"a]\\"b,{"', '"\\\\"', '[",]"]']);
  });
});

test('knows a document that is cut short', async () => {
  const text = '{"log":{"entries":[{"a":1},{"b":2}]}}';
  for (let length = 0; length < text.length; length++) {
    expect((await scan(text.slice(0, length))).closed).toBe(false);
  }
  expect((await scan('{"log":{"entries":[{"a":1},{"b"')).elements).toEqual(['{"a":1}']);
});

test('takes any bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (chunks) => {
      const scanner = new ListScanner(['log', 'entries']);
      for (const chunk of chunks) scanner.push(Buffer.from(chunk));
    }),
  );
});
