import type { Exchange, RefusalReason } from '../../src/model/exchange.js';
import type { HeadFacts } from '../../src/wire/head.js';
import type { TapLimits } from '../../src/wire/tap.js';
import { Tap } from '../../src/wire/tap.js';

/** A tap with what it told of. */
export interface Tapped {
  readonly tap: Tap;
  readonly exchanges: Exchange[];
  readonly limits: TapLimits;
  /** Shows the tap what the client sent; returns how much of all that it cleared. */
  client(...pieces: (string | Buffer)[]): number;
  upstream(...pieces: (string | Buffer)[]): void;
}

/** `admit` decides about every request; without it all are admitted. */
export function tapped(
  limits: Partial<Omit<TapLimits, 'budget'>> = {},
  admit: (facts: HeadFacts) => RefusalReason | null = () => null,
): Tapped {
  const exchanges: Exchange[] = [];
  const all = { maxHeadBytes: 65_536, maxBodyBytes: 4_194_304, budget: { leftBytes: 67_108_864 }, ...limits };
  const tap = new Tap('run-1', '10.0.0.7:5000', all, {
    onRequest: (_, facts) => admit(facts),
    onWhole: () => undefined,
    onAnswer: () => true,
    onExchange: (exchange) => exchanges.push(exchange),
  });
  const buffers = (pieces: (string | Buffer)[]): Buffer[] =>
    pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece));
  return {
    tap,
    exchanges,
    limits: all,
    client(...pieces) {
      for (const piece of buffers(pieces)) tap.fromClient(piece);
      return tap.clearedBytes;
    },
    upstream(...pieces) {
      for (const piece of buffers(pieces)) tap.fromUpstream(piece);
    },
  };
}

/** What an exchange holds, as text, without its times. */
export function contents({ request, interim, response, reason, answered }: Exchange): unknown {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
  const message = (m: Exchange['request'] | null) =>
    m && { head: text(m.head), body: text(m.body), bodyBytes: m.bodyBytes, complete: m.complete };
  return { request: message(request), interim: text(interim), response: message(response), reason, answered };
}
