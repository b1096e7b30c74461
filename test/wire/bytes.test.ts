import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GatheredBytes } from '../../src/wire/bytes.js';

it('keeps a single piece without a copy', () => {
  const piece = Buffer.from('abc');
  const gathered = new GatheredBytes();
  gathered.append(piece);
  expect(gathered.view.buffer).toBe(piece.buffer);
});

it('gives back what was appended, in order, and never alters what it gave or was given', () => {
  const step = fc.oneof(
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.nat({ max: 30 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const gathered = new GatheredBytes();
      let expected = '';
      const given: [Buffer, string][] = [];
      for (const it of steps) {
        if (typeof it === 'number') {
          const count = Math.min(it, gathered.length);
          const taken = gathered.take(count);
          expect(taken.toString('latin1')).toBe(expected.slice(0, count));
          given.push([taken, expected.slice(0, count)]);
          expected = expected.slice(count);
        } else {
          given.push([it, it.toString('latin1')]);
          gathered.append(it);
          expected += it.toString('latin1');
        }
        expect(gathered.length).toBe(expected.length);
        expect(gathered.view.toString('latin1')).toBe(expected);
        given.push([gathered.view, expected]);
      }
      for (const [bytes, text] of given) expect(bytes.toString('latin1')).toBe(text);
    }),
  );
});
