import { expect, it } from 'vitest';
import { LOOP_DEPTH, OutgoingCalls } from '../../src/wire/outgoing.js';

const head = Buffer.from('POST / HTTP/1.1\r\n\r\n');

it('counts how often a call has come back in by the port that it left from', () => {
  const calls = new OutgoingCalls();
  for (let depth = 0; depth < LOOP_DEPTH; depth++) {
    expect(calls.depth(5000 + depth, Buffer.from(head))).toBe(depth);
    calls.add(5001 + depth, head, depth);
  }
  expect(calls.depth(5000 + LOOP_DEPTH, head)).toBe(LOOP_DEPTH);
});

it('another head from the same port, or a port that is given back, is another call', () => {
  const calls = new OutgoingCalls();
  calls.add(5001, head, 0);
  expect(calls.depth(5001, Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toBe(0);
  calls.remove(5001);
  expect(calls.depth(5001, head)).toBe(0);
});
