import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import { Tap } from '../../src/wire/tap.js';
import type { Peer } from '../servers/raw.js';
import { brief, host, ok, post } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';

/* What one connection does, or the tap, must not be felt by the traffic. */

let under: RelayUnderTest;
afterEach(async () => {
  vi.restoreAllMocks();
  await under.close();
});

/** Answers every whole request of {@link post} with its own path. */
function echo(peer: Peer): void {
  let answered = 0;
  peer.socket.on('data', () => {
    const asked = [
      ...peer.text.matchAll(/POST (\S+) HTTP\/1\.1\r\nHost: [^\r]+\r\nContent-Length: 10\r\n\r\n.{10}/g),
    ];
    for (const [, path] of asked.slice(answered)) peer.send(ok(path));
    answered = asked.length;
  });
}

it('more clients than allowed are turned away, until one leaves', async () => {
  under = await startRelay({ maxConnections: 2 }, echo);
  const [first, second] = [await under.connect(), await under.connect()];
  for (const client of [first, second]) {
    client.send(post('/x'));
    await client.gets(ok('/x'));
  }
  const third = await under.connect();
  await third.closed();
  expect(third.text).toBe('');
  expect(under.full).toBe(1);
  first.end();
  expect(under.exchanges).toHaveLength(2);
  (await under.origin.peer(0)).end();
  await first.closed();
  await sleep(20);
  const fourth = await under.connect();
  fourth.send(post('/y'));
  await fourth.gets(ok('/y'));
});

it('many at once, and some that misbehave: nobody else notices', async () => {
  under = await startRelay({ maxConnections: 200, headTimeoutMs: 2_000 }, echo);
  const rounds = 8;
  const scale = async (name: number): Promise<void> => {
    const client = await under.connect();
    let expected = '';
    for (let i = 0; i < rounds; i++) {
      client.send(post(`/${name}/${i}`));
      expected += ok(`/${name}/${i}`);
      await client.gets(expected.length);
      expect(client.text).toBe(expected);
    }
    client.end();
  };
  const bad = [
    '\x16\x03\x01\x02\x00',
    'POST / HT',
    `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9007199254740991\r\n\r\n${'x'.repeat(100_000)}`,
    `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffff\r\n`,
    'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n',
    '\0'.repeat(1_000),
    '\r\n'.repeat(50_000),
  ];
  const misbehave = async (bytes: string, i: number): Promise<void> => {
    const client = await under.connect();
    client.send(bytes);
    if (i % 2 === 0) {
      await sleep(10);
      client.reset();
    }
  };
  await Promise.all([
    ...Array.from({ length: 60 }, (_, name) => scale(name)),
    ...[...bad, ...bad, ...bad].map(misbehave),
  ]);
  const good = under.exchanges.map(brief).filter((text) => /^POST \/\d+\/\d+ \| 200 \| plain$/.test(text));
  expect(new Set(good).size).toBe(60 * rounds);
  expect(under.faults).toEqual([]);
});

it('whoever is told of exchanges may fail: the traffic and the next exchange do not', async () => {
  const told: Exchange[] = [];
  under = await startRelay(
    {
      onExchange: (exchange) => {
        told.push(exchange);
        if (told.length === 1) throw new Error('the disk is full');
      },
    },
    echo,
  );
  const client = await under.connect();
  client.send(post('/1') + post('/2'));
  await client.gets(ok('/1') + ok('/2'));
  client.send(post('/3'));
  await client.gets(ok('/3'));
  expect(under.faults).toEqual([new Error('the disk is full')]);
  expect(told.map(brief)).toEqual([
    'POST /1 | 200 | plain',
    'POST /2 | 200 | plain',
    'POST /3 | 200 | plain',
  ]);
});

// The tap is made to fail, for no input is known that does it.
it.each([
  ['fromClient', 1],
  ['fromClient', 2],
  ['fromUpstream', 1],
  ['clientEnded', 1],
] as const)(
  'a fault of the tap in %s, call %i, is told of, and the traffic goes on',
  async (method, call) => {
    under = await startRelay({}, echo);
    let calls = 0;
    const real = Tap.prototype[method];
    vi.spyOn(Tap.prototype, method).mockImplementation(function (this: Tap, chunk?: Buffer) {
      if (++calls === call) throw new Error('a fault');
      Reflect.apply(real, this, [chunk]);
    });
    const client = await under.connect();
    client.send(post('/1'));
    await client.gets(ok('/1'));
    client.send(post('/2').slice(0, 20));
    await sleep(5);
    client.send(post('/2').slice(20));
    await client.gets(ok('/1') + ok('/2'));
    client.end();
    const upstream = await under.origin.peer(0);
    expect(await upstream.closed()).toBe('end');
    upstream.end();
    expect(await client.closed()).toBe('end');
    expect(upstream.text).toBe(post('/1') + post('/2'));
    expect(under.faults).toEqual([new Error('a fault')]);
  },
);
