import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange, RefusalReason } from '../../src/model/exchange.js';
import type { RelayOptions } from '../../src/wire/relay.js';
import { Relay } from '../../src/wire/relay.js';
import type { Peer, RawOrigin } from '../servers/raw.js';
import { connectRaw, startOrigin } from '../servers/raw.js';
import { host } from './messages.js';

/** What is told of, beside the traffic. */
interface Told {
  readonly exchanges: Exchange[];
  readonly refusals: { readonly reason: RefusalReason; readonly message: string; readonly client: string }[];
  readonly faults: unknown[];
  full: number;
}

/** A relay on loopback, between a raw client and a raw origin, all over real sockets. */
export interface RelayUnderTest extends Told {
  readonly relay: Relay;
  readonly origin: RawOrigin;
  readonly port: number;
  connect(): Promise<Peer>;
  /** A client and, when the client has sent `first`, the origin's side of its connection. */
  pair(first: string | Buffer): Promise<{ client: Peer; upstream: Peer }>;
  /** Resolves when so many exchanges are over. */
  exchange(index: number): Promise<Exchange>;
  close(): Promise<void>;
}

/** Starts the origin and a relay with one upstream, {@link host}, that leads to it, unless `options` say otherwise. */
export async function startRelay(
  options: Partial<RelayOptions> = {},
  talk?: (peer: Peer) => void,
): Promise<RelayUnderTest> {
  const origin = await startOrigin(talk);
  const told: Told = { exchanges: [], refusals: [], faults: [], full: 0 };
  const relay = new Relay({
    upstreams: [{ host, address: '127.0.0.1', port: origin.port }],
    lookUp: () => Promise.reject(new Error('nothing is to be looked up')),
    maxConnections: 64,
    maxHeadBytes: 65_536,
    maxBodyBytes: 4_194_304,
    headTimeoutMs: 20_000,
    connectTimeoutMs: 2_000,
    idleTimeoutMs: 20_000,
    onExchange: (exchange) => told.exchanges.push(exchange),
    onRefused: (reason, message, client) => told.refusals.push({ reason, message, client }),
    onFull: () => {
      told.full++;
    },
    onFault: (error) => told.faults.push(error),
    ...options,
  });
  const { port } = await relay.listen('127.0.0.1', 0);
  const clients: Peer[] = [];
  const connect = async (): Promise<Peer> => {
    const client = await connectRaw(port);
    clients.push(client);
    return client;
  };
  return Object.assign(told, {
    relay,
    origin,
    port,
    connect,
    async pair(first: string | Buffer) {
      const before = origin.peers.length;
      const client = await connect();
      client.send(first);
      return { client, upstream: await origin.peer(before) };
    },
    async exchange(index: number) {
      const until = performance.now() + 5_000;
      for (;;) {
        const exchange = told.exchanges[index];
        if (exchange) return exchange;
        if (performance.now() > until) throw new Error(`exchange ${index} is not over`);
        await sleep(2);
      }
    },
    async close() {
      for (const client of clients) client.socket.destroy();
      await origin.close();
      await relay.close();
    },
  });
}
