import { expect } from 'vitest';
import type { RawMessage } from '../../../src/model/exchange.js';
import { MessageReader } from '../../../src/wire/reader.js';

/**
 * The one message in the bytes of another, as the reader of the wire finds it: it must end with the last byte. For a
 * response that ends with the connection, the close is part of it.
 */
export function readBack({ head, body }: RawMessage, kind: 'request' | 'response'): RawMessage {
  const heads: Buffer[] = [];
  const bodies: Buffer[] = [];
  let ends = 0;
  const reader = new MessageReader(
    kind === 'request' ? null : () => 'POST',
    {
      onHead: (bytes) => void heads.push(bytes),
      onInterim: () => expect.unreachable('interim'),
      onBody: (slice) => void bodies.push(slice),
      onEnd: () => void ends++,
      onRefused: (reason) => expect.unreachable(reason),
      onTunnel: () => expect.unreachable('tunnel'),
    },
    100_000,
  );
  reader.push(Buffer.concat([head, body]));
  if (ends === 0) reader.end();
  expect({ heads: heads.length, ends, left: reader.partialBytes }).toEqual({ heads: 1, ends: 1, left: 0 });
  const read = Buffer.concat(bodies);
  return { head: Buffer.concat(heads), body: read, bodyBytes: read.length, complete: true };
}
