import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Exchange, RawMessage } from '../../src/model/exchange.js';
import { reasonKinds } from '../../src/transfer/reasons.js';

/** Bytes of a text, one for each character. */
export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A whole message of a head and a body. */
export function message(head: string, body = ''): RawMessage {
  return { head: bytes(head), body: bytes(body), bodyBytes: body.length, complete: true };
}

/** An exchange that is plain but for what is given. */
export function exchange(given: Partial<Exchange> & Pick<Exchange, 'request'>): Exchange {
  return {
    connection: 'c1',
    source: 'live',
    startedAtUs: 1_767_225_600_000_123,
    responseAfterUs: 1500,
    endedAfterUs: 2500,
    client: '192.0.2.9:4711',
    upstream: 'scalews.withings.net 198.51.100.1:80',
    answered: 'upstream',
    reason: null,
    interim: new Uint8Array(0),
    response: message('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n', 'ok'),
    ...given,
  };
}

/** A post of a form to a Withings endpoint. */
export function post(path: string, form: string, headers = ''): RawMessage {
  const head = `POST ${path} HTTP/1.1\r\nHost: scalews.withings.net\r\n${headers}Content-Length: ${form.length}\r\n\r\n`;
  return message(head, form);
}

/** One of the files in `captures/`. */
export function capture(name: string): Buffer {
  return readFileSync(new URL(`../../captures/${name}`, import.meta.url));
}

const anyBytes = fc.uint8Array({ maxLength: 64 });

const anyMessage: fc.Arbitrary<RawMessage> = fc
  .record({ head: anyBytes, body: anyBytes, more: fc.nat(9), complete: fc.boolean() })
  .map(({ head, body, more, complete }) => ({ head, body, bodyBytes: body.length + more, complete }));

const reasons = Object.keys(reasonKinds) as (keyof typeof reasonKinds)[];

/** Any exchange, sensible or not. */
export const anyExchange: fc.Arbitrary<Exchange> = fc.record({
  connection: fc.string(),
  source: fc.string({ unit: 'binary' }),
  startedAtUs: fc.maxSafeNat(),
  responseAfterUs: fc.option(fc.maxSafeNat()),
  endedAfterUs: fc.maxSafeNat(),
  client: fc.string(),
  upstream: fc.string(),
  answered: fc.constantFrom('upstream', 'replayed', 'refused'),
  reason: fc.option(fc.constantFrom(...reasons)),
  request: anyMessage,
  interim: anyBytes,
  response: fc.option(anyMessage),
});

/** Chunks of the bytes, cut at the given places. */
export async function* cut(data: Buffer, places: readonly number[]): AsyncGenerator<Buffer> {
  const sorted = [...places].map((place) => place % (data.length + 1)).sort((a, b) => a - b);
  let from = 0;
  for (const to of [...sorted, data.length]) {
    if (to > from) yield data.subarray(from, to);
    from = to;
  }
}
