import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batch, unpack } from '../../src/recorder/batch.js';
import { plain } from '../store/stores.js';
import { anyExchange, exchange, message, post } from '../transfer/exchanges.js';

const knock = exchange({ request: post('/cgi-bin/once', 'action=get') });

test('any exchanges come out as they went in, also out of a batch that is used again', () => {
  const batch = new Batch();
  fc.assert(
    fc.property(fc.array(anyExchange, { maxLength: 8 }), (given) => {
      batch.clear();
      for (const one of given) batch.add(one);
      expect(batch.count).toBe(given.length);
      expect([...unpack(batch.packed)].map(plain)).toEqual(given.map(plain));
    }),
  );
});

test('an empty batch holds nothing', () => {
  const batch = new Batch();
  expect([batch.count, batch.bytes, [...unpack(batch.packed)]]).toEqual([0, 0, []]);
});

test('it grows with what is put in', () => {
  const batch = new Batch();
  const given = Array.from({ length: 30 }, (_, i) => ({
    ...knock,
    response: message('HTTP/1.1 200 OK\r\n\r\n', String(i).repeat(i * 10_000)),
  }));
  for (const one of given) batch.add(one);
  expect(batch.bytes).toBeGreaterThan(4_000_000);
  expect([...unpack(batch.packed)].map(plain)).toEqual(given.map(plain));
});
