import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contents, tapped } from './tapped.js';
import type { GeneratedExchange, Session } from './traffic.js';
import { clientBytes, session, upstreamBytes } from './traffic.js';

/** How long the pieces are and who speaks next; used up again and again. */
const cutting = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 150 })), {
  minLength: 1,
  maxLength: 20,
});

it('the exchanges are those that were made, however both directions are cut and interleaved', () => {
  fc.assert(
    fc.property(session, cutting, (generated, cuts) => {
      const { tap, exchanges, limits } = tapped();
      const whole = limits.budget.leftBytes;
      play(generated, cuts, tap);
      tap.close('client-left');
      expect(exchanges.map(contents)).toEqual(generated.exchanges.map((made) => expected(made, generated)));
      expect(tap.openCount).toBe(0);
      expect(limits.budget.leftBytes).toBe(whole);
    }),
    { numRuns: 400 },
  );
});

it('whatever crosses, the tap tells of it and holds nothing when it is over', () => {
  const noise = fc.array(
    fc.tuple(
      fc.boolean(),
      fc.oneof(
        fc.constantFrom(
          'POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc',
          'GET / HTTP/1.1\r\n\r\n',
          'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab',
          'HTTP/1.1 100 Continue\r\n\r\n',
          'HTTP/1.1 101 x\r\n\r\n',
          'HTTP/1.1 200 OK\r\n\r\n',
          'POST / HT',
          '\r\n',
        ),
        fc.string({ maxLength: 8 }),
      ),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(noise, fc.boolean(), fc.boolean(), (pieces, refusing, ending) => {
      const { tap, exchanges, limits } = tapped({}, () => (refusing ? 'host-not-allowed' : null));
      const whole = limits.budget.leftBytes;
      for (const [byClient, text] of pieces) {
        const before = tap.clearedBytes;
        if (byClient) tap.fromClient(Buffer.from(text));
        else tap.fromUpstream(Buffer.from(text));
        // Only empty lines may be taken back: they are passed on before it is known what they begin.
        expect(tap.clearedBytes).toBeGreaterThanOrEqual(Math.min(before, before - 2 * pieces.length));
      }
      if (ending) {
        tap.clientEnded();
        tap.upstreamEnded();
      }
      tap.close('shutdown');
      expect(tap.openCount).toBe(0);
      expect(limits.budget.leftBytes).toBe(whole);
      for (const { startedAtUs, responseAfterUs, endedAfterUs } of exchanges) {
        expect(startedAtUs).toBeGreaterThan(0);
        expect(responseAfterUs ?? 0).toBeLessThanOrEqual(endedAfterUs);
      }
    }),
    { numRuns: 500 },
  );
});

/** Shows a tap both directions in pieces, an answer never before the head that it answers. */
function play(
  generated: Session,
  cuts: readonly (readonly [boolean, number])[],
  tap: ReturnType<typeof tapped>['tap'],
) {
  const client = clientBytes({ ...generated, tunnel: Buffer.alloc(0) });
  const upstream = upstreamBytes(generated);
  /** Up to where upstream may speak when the client has said so much. */
  const allowed = (): number => {
    let asked = 0;
    let answered = 0;
    for (const { request, interim, response } of generated.exchanges) {
      asked += request.head.length;
      if (clientAt < asked) return answered;
      asked += request.body.length;
      answered += [...interim, response.head, response.body].reduce((sum, part) => sum + part.length, 0);
    }
    return upstream.length;
  };
  let clientAt = 0;
  let upstreamAt = 0;
  for (let i = 0; clientAt < client.length || upstreamAt < upstream.length; i++) {
    const [byClient, length] = cuts[i % cuts.length] ?? [true, 1];
    const upstreamTo = Math.min(upstreamAt + length, allowed());
    if ((byClient && clientAt < client.length) || upstreamTo === upstreamAt) {
      const piece = client.subarray(clientAt, clientAt + length);
      clientAt += piece.length;
      tap.fromClient(piece);
    } else {
      const piece = upstream.subarray(upstreamAt, upstreamTo);
      upstreamAt = upstreamTo;
      tap.fromUpstream(piece);
    }
  }
  if (generated.tunnel.length > 0) tap.fromClient(generated.tunnel);
  if (generated.last === 'to-close') tap.upstreamEnded();
}

function expected(made: GeneratedExchange, { exchanges, last, tunnel }: Session): unknown {
  const upgraded = last === 'upgrade' && made === exchanges.at(-1);
  const said = upgraded ? tunnel.toString('latin1') : '';
  const message = ({ head, body }: GeneratedExchange['request'], complete: boolean) => ({
    head: head.toString('latin1'),
    body: body.toString('latin1') + said,
    bodyBytes: body.length + said.length,
    complete,
  });
  return {
    request: message(made.request, true),
    interim: made.interim.join(''),
    response: message(made.response, !upgraded),
    reason: upgraded ? 'upgraded' : null,
    answered: 'upstream',
  };
}
