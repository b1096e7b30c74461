import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Exchange, RawMessage } from '../../src/model/exchange.js';
import type { CallOptions, UpstreamCall } from '../../src/wire/call.js';
import { CallError, openCall } from '../../src/wire/call.js';
import { startDeafServer } from '../servers/deaf.js';
import { freePort } from '../servers/ports.js';
import type { Peer, RawOrigin } from '../servers/raw.js';
import { startOrigin } from '../servers/raw.js';
import { brief, host, ok, post } from './messages.js';

/** Longer than any of this takes. */
const AMPLE_MS = 10_000;

let origin: RawOrigin;
let call: UpstreamCall | undefined;
let told: Exchange[] = [];

afterEach(async () => {
  call?.close();
  call = undefined;
  told = [];
  await origin?.close();
});

function request(text = post()): RawMessage {
  const at = text.indexOf('\r\n\r\n') + 4;
  const body = Buffer.from(text.slice(at), 'latin1');
  return { head: Buffer.from(text.slice(0, at), 'latin1'), body, bodyBytes: body.length, complete: true };
}

function open(port: number, given: Partial<CallOptions> = {}): UpstreamCall {
  call = openCall(
    { host, address: '127.0.0.1', port },
    {
      dial: {
        lookUp: () => Promise.reject(new Error('nothing is to be looked up')),
        connectTimeoutMs: 1_000,
        listeners: [],
      },
      connection: 'own-1',
      maxHeadBytes: 4_096,
      maxBodyBytes: 4_096,
      onExchange: (exchange) => told.push(exchange),
      ...given,
    },
  );
  return call;
}

/** A call to an upstream that answers each request with what the script says, in turn. */
async function openTo(...script: ((peer: Peer) => unknown)[]): Promise<UpstreamCall> {
  let asked = 0;
  origin = await startOrigin((peer) => {
    peer.socket.on('data', () => script[asked++]?.(peer));
  });
  return open(origin.port);
}

function text(message: RawMessage): string {
  return Buffer.concat([message.head, message.body]).toString('latin1');
}

async function failure(exchange: Promise<RawMessage>): Promise<CallError> {
  const outcome: unknown = await exchange.catch((error: unknown) => error);
  if (!(outcome instanceof CallError)) throw new Error(`no CallError: ${JSON.stringify(outcome)}`);
  return outcome;
}

describe('an exchange of our own', () => {
  it('sends the request byte for byte and gives the answer as it came', async () => {
    const to = await openTo((peer) => peer.send(ok()));
    const answer = await to.exchange(request(), AMPLE_MS);
    expect(text(answer)).toBe(ok());
    expect(answer).toMatchObject({ complete: true, bodyBytes: 12 });
    expect(origin.peers[0]?.text).toBe(post());
  });

  it('is told of, like one of a client', async () => {
    const to = await openTo((peer) => peer.send(ok()));
    const before = Date.now() * 1000;
    await to.exchange(request(), AMPLE_MS);
    expect(told.map(brief)).toEqual(['POST /cgi-bin/once | 200 | plain']);
    expect(told[0]).toMatchObject({
      connection: 'own-1',
      source: 'catch-up',
      client: '',
      upstream: `${host} 127.0.0.1:${origin.port}`,
      answered: 'upstream',
    });
    expect(told[0]?.startedAtUs).toBeGreaterThanOrEqual(before);
    expect(told[0]?.responseAfterUs).toBeLessThanOrEqual(told[0]?.endedAfterUs ?? 0);
  });

  it('passes interim answers over', async () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n';
    const to = await openTo((peer) => peer.send(interim + ok()));
    expect(text(await to.exchange(request(), AMPLE_MS))).toBe(ok());
    expect(Buffer.from(told[0]?.interim ?? []).toString()).toBe(interim);
  });

  it('gives a chunked answer with its framing, however it is cut', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n{"status":0}\r\n0\r\n\r\n';
    const to = await openTo((peer) => void peer.trickle([...Buffer.from(chunked)].map((b) => Buffer.of(b))));
    expect(text(await to.exchange(request(), AMPLE_MS))).toBe(chunked);
  });

  it('takes a body that runs to the close', async () => {
    const to = await openTo((peer) => {
      peer.send('HTTP/1.1 200 OK\r\n\r\n{"status":0}');
      peer.end();
    });
    expect(text(await to.exchange(request(), AMPLE_MS))).toContain('{"status":0}');
  });

  it('is one at a time', async () => {
    const to = await openTo();
    const first = failure(to.exchange(request(), AMPLE_MS));
    await expect(to.exchange(request(), AMPLE_MS)).rejects.toThrow('one exchange at a time');
    to.close();
    await first;
  });
});

describe('the connection', () => {
  it('is kept for the next exchange', async () => {
    const answer = (peer: Peer) => peer.send(ok());
    const to = await openTo(answer, answer, answer);
    for (let i = 0; i < 3; i++) await to.exchange(request(), AMPLE_MS);
    expect(origin.peers).toHaveLength(1);
  });

  it.each([
    ['says that it will close', ok().replace('\r\n', '\r\nConnection: TE, Close\r\n')],
    ['is HTTP/1.0', ok().replace('1.1', '1.0')],
    ['is not all that came', `${ok()}HTTP/1.1 200 OK\r\n`],
  ])('is a new one when the answer before %s', async (_, answer) => {
    const to = await openTo(
      (peer) => peer.send(answer),
      (peer) => peer.send(ok('second')),
    );
    expect(text(await to.exchange(request(), AMPLE_MS))).toContain('{"status":0}');
    expect(text(await to.exchange(request(), AMPLE_MS))).toBe(ok('second'));
    expect(origin.peers).toHaveLength(2);
  });

  it.each(['end', 'reset', 'unasked bytes'])('is a new one when there was %s in between', async (how) => {
    const answer = (peer: Peer) => peer.send(ok());
    const to = await openTo(answer, answer);
    await to.exchange(request(), AMPLE_MS);
    const [first] = origin.peers;
    if (how === 'end') first?.end();
    else if (how === 'reset') first?.reset();
    else first?.send(ok());
    // Our side closes too when it has seen it.
    if (how === 'reset') await sleep(50);
    else await first?.closed();
    expect(text(await to.exchange(request(), AMPLE_MS))).toBe(ok());
    expect(origin.peers.map((peer) => peer.text)).toEqual([post(), post()]);
  });

  it('is closed in the end', async () => {
    const to = await openTo((peer) => peer.send(ok()));
    await to.exchange(request(), AMPLE_MS);
    to.close();
    expect(await origin.peers[0]?.closed()).toBe('end');
    expect(await failure(to.exchange(request(), AMPLE_MS))).toMatchObject({ reason: 'closed', sent: false });
  });
});

describe('an upstream that', () => {
  it('refuses connections', async () => {
    const to = open(await freePort());
    expect(await failure(to.exchange(request(), AMPLE_MS))).toMatchObject({
      reason: 'connect-refused',
      sent: false,
    });
    expect(told).toEqual([]);
  });

  it('does not take the call', async () => {
    const deaf = await startDeafServer();
    try {
      const error = await failure(open(deaf.port).exchange(request(), 80));
      expect(error).toMatchObject({ reason: 'connect-timeout', sent: false });
      expect(error.message).toBe(`no connection to ${host} within 0.08 s`);
    } finally {
      deaf.stop();
    }
  });

  it('cannot be looked up', async () => {
    const to = openCall(
      { host, address: null, port: 80 },
      {
        dial: {
          lookUp: () => Promise.reject(new Error('no way out')),
          connectTimeoutMs: 100,
          listeners: [],
        },
        connection: '',
        maxHeadBytes: 1,
        maxBodyBytes: 1,
      },
    );
    const error = await failure(to.exchange(request(), AMPLE_MS));
    expect(error).toMatchObject({ reason: 'lookup-failed', sent: false });
    expect(error.message).toContain('no way out');
  });

  it('closes on being connected to', async () => {
    origin = await startOrigin((peer) => peer.end());
    expect(await failure(open(origin.port).exchange(request(), AMPLE_MS))).toMatchObject({
      reason: 'connection-lost',
    });
  });

  it.each<[string, (peer: Peer) => void, string, string]>([
    ['resets', (peer) => peer.reset(), 'connection-lost', '- | upstream-left'],
    ['closes without an answer', (peer) => peer.end(), 'connection-lost', '- | upstream-left'],
    [
      'closes after half a head',
      (peer) => {
        peer.send('HTTP/1.1 200 OK\r\nContent-Le');
        peer.end();
      },
      'connection-lost',
      '- | upstream-left',
    ],
    [
      'closes in the body',
      (peer) => {
        peer.send(ok().slice(0, -3));
        peer.end();
      },
      'connection-lost',
      '200~ | upstream-left',
    ],
    [
      'resets in a body that runs to the close',
      (peer) => {
        peer.send('HTTP/1.1 200 OK\r\n\r\n{"status"');
        setTimeout(() => peer.reset(), 50);
      },
      'connection-lost',
      '200~ | upstream-left',
    ],
    [
      'sends too large a head',
      (peer) => peer.send(`HTTP/1.1 200 ${'x'.repeat(5_000)}`),
      'answer-too-large',
      '',
    ],
    [
      'sends too large a body',
      (peer) => peer.send(ok('x'.repeat(5_000))),
      'answer-too-large',
      '200 | client-left',
    ],
    [
      'sends interim answers without end',
      (peer) => peer.send('HTTP/1.1 100 Continue\r\n\r\n'.repeat(200)),
      'answer-too-large',
      '- | client-left',
    ],
    ['speaks TLS', (peer) => peer.send('\x16\x03\x01\x00\x05hello'), 'answer-unreadable', ' | not-http'],
    [
      'frames its answer in two ways',
      (peer) => peer.send('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'),
      'answer-unreadable',
      'length-with-transfer-encoding',
    ],
    ['upgrades', (peer) => peer.send('HTTP/1.1 101 Up\r\n\r\n'), 'answer-unreadable', '101~ | upgraded'],
  ])('%s', async (_, behave, reason, inJournal) => {
    const to = await openTo(behave, (peer) => peer.send(ok()));
    const error = await failure(to.exchange(request(), AMPLE_MS));
    expect(error).toMatchObject({ reason, sent: true });
    expect(error.message).toContain(host);
    expect(told.map(brief)).toEqual([expect.stringContaining(inJournal)]);
    // The fate of that one is not known, and the next one has nothing to do with it.
    expect(text(await to.exchange(request(), AMPLE_MS))).toBe(ok());
    expect(origin.peers.map((peer) => peer.text)).toEqual([post(), post()]);
  });

  it('hangs', async () => {
    const to = await openTo();
    const error = await failure(to.exchange(request(), 60));
    expect(error).toMatchObject({ reason: 'answer-timeout', sent: true });
    expect(error.message).toBe(`${host} gave no whole answer within 0.06 s`);
    expect(told.map(brief)).toEqual(['POST /cgi-bin/once | - | answer-timeout']);
    await origin.peers[0]?.closed();
  });

  it('drips', async () => {
    let drop: NodeJS.Timeout | undefined;
    const bytes = [...ok()];
    const to = await openTo((peer) => {
      drop = setInterval(() => peer.send(bytes.shift() ?? ''), 10);
    });
    expect(await failure(to.exchange(request(), 150))).toMatchObject({ reason: 'answer-timeout' });
    clearInterval(drop);
  });

  it('is left by us', async () => {
    const to = await openTo(() => to.close());
    expect(await failure(to.exchange(request(), AMPLE_MS))).toMatchObject({ reason: 'closed', sent: true });
    expect(told.map(brief)).toEqual(['POST /cgi-bin/once | - | shutdown']);
    await origin.peers[0]?.closed();
  });
});

it('any bytes are an answer or a named failure', async () => {
  let bytes: Uint8Array = new Uint8Array(0);
  origin = await startOrigin((peer) => {
    peer.socket.on('data', () => {
      peer.send(Buffer.from(bytes));
      peer.end();
    });
  });
  const anyAnswer = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 60 }).map((tail) => Buffer.concat([Buffer.from(ok()), tail])),
    fc
      .tuple(fc.nat(200), fc.uint8Array({ maxLength: 200 }))
      .map(([length, body]) =>
        Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`), body]),
      ),
  );
  await fc.assert(
    fc.asyncProperty(anyAnswer, async (given) => {
      bytes = given;
      const to = open(origin.port);
      try {
        const outcome = await to.exchange(request(), AMPLE_MS).catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(outcome).toBeInstanceOf(CallError);
          expect((outcome as CallError).reason).toMatch(/^(connection-lost|answer-(unreadable|too-large))$/);
        } else expect(outcome).toMatchObject({ complete: true });
      } finally {
        to.close();
      }
    }),
    { numRuns: 150 },
  );
});
