import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brief } from './messages.js';
import type { Authorities } from './proxy-under-test.js';
import { authorities, other, read, startProxy, until } from './proxy-under-test.js';

/**
 * A phone uses scaletap as its proxy. What it says to the host of a vendor is relayed inside TLS byte for byte, and
 * tapped; all that it says to other hosts passes without being looked at. A cut stays a cut on both ways.
 */
let given: Authorities;
beforeAll(async () => {
  given = await authorities();
});
afterAll(() => given.close());

const get = `GET /a?b=c HTTP/1.1\r\nhOST: ${read}\r\nX-Odd :  yes \r\n\r\n`.replace('X-Odd ', 'X-Odd');
const ok = 'HTTP/1.1 200 Fine\r\nContent-length:2\r\nset-COOKIE: a\r\n\r\nhi';

describe('a host that is read', () => {
  test('gets the very bytes that the client sent inside TLS, and the client those of the host', async () => {
    const { secure, origins, exchange } = await startProxy(given);
    const client = await secure();
    for (const turn of [0, 1, 2]) {
      client.send(get);
      const upstream = await origins.secure.peer(0);
      await upstream.gets(get.length * (turn + 1));
      expect(upstream.text).toBe(get.repeat(turn + 1));
      upstream.send(ok);
      await client.gets(ok.length * (turn + 1));
      expect(client.text).toBe(ok.repeat(turn + 1));
    }
    const { request, response, upstream, client: from } = await exchange(2);
    expect(Buffer.from(request.head).toString()).toBe(get);
    expect(Buffer.from(response?.head ?? []).toString() + Buffer.from(response?.body ?? [])).toBe(ok);
    expect(upstream).toBe(`${read} 127.0.0.1:${origins.secure.port}`);
    expect(from).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test('is reached with a body of 8 MiB each way, whole and unchanged', async () => {
    const { secure, origins, exchange } = await startProxy(given, { maxBodyBytes: 1000 });
    const body = randomBytes(8 * 1024 * 1024);
    const head = Buffer.from(`POST /up HTTP/1.1\r\nHost: ${read}\r\nContent-Length: ${body.length}\r\n\r\n`);
    const client = await secure();
    client.send(Buffer.concat([head, body]));
    const upstream = await origins.secure.peer(0);
    await upstream.gets(head.length + body.length);
    expect(upstream.received.equals(Buffer.concat([head, body]))).toBe(true);
    const answer = Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`),
      body,
    ]);
    upstream.send(answer);
    await client.gets(answer.length);
    expect(client.received.equals(answer)).toBe(true);
    expect((await exchange(0)).response).toMatchObject({ bodyBytes: body.length, complete: true });
  });

  test('may upgrade to a WebSocket, whose bytes pass both ways', async () => {
    const { secure, origins, exchanges } = await startProxy(given);
    const client = await secure();
    client.send(`GET /ws HTTP/1.1\r\nHost: ${read}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`);
    const upstream = await origins.secure.peer(0);
    await upstream.gets('\r\n\r\n');
    const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
    upstream.send(`${switching}\x81\x02hi`);
    await client.gets('hi');
    client.send('\x81\x82\0\0\0\0yo');
    await upstream.gets('yo');
    client.end();
    upstream.end();
    await until('the exchange', () => exchanges[0]);
    expect(exchanges.map(brief)).toEqual(['GET /ws | 101~ | upgraded']);
  });

  test('is spoken to in the clear where the client does so', async () => {
    const { tunnel, origins, exchange } = await startProxy(given);
    const client = await tunnel(`${read}:80`);
    client.send(get);
    const upstream = await origins.readPlain.peer(0);
    await upstream.gets(get.length);
    upstream.send(ok);
    await client.gets('hi');
    expect(upstream.text).toBe(get);
    expect(brief(await exchange(0))).toBe('GET /a?b=c | 200 | plain');
  });

  test('that leaves in the middle of an answer leaves the client with a cut one', async () => {
    const { secure, origins, exchange } = await startProxy(given);
    const client = await secure();
    client.send(get);
    const upstream = await origins.secure.peer(0);
    await upstream.gets(get.length);
    upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    await client.gets('half');
    upstream.socket.destroy();
    await client.closed();
    client.end();
    expect(client.text.endsWith('half')).toBe(true);
    expect(brief(await exchange(0))).toBe('GET /a?b=c | 200~ | upstream-left');
  });

  test('hears of a client that leaves, and the exchange is kept', async () => {
    const { secure, origins, exchange } = await startProxy(given);
    const client = await secure();
    client.send(`POST /x HTTP/1.1\r\nHost: ${read}\r\nContent-Length: 100\r\n\r\nhalf`);
    const upstream = await origins.secure.peer(0);
    await upstream.gets('half');
    client.socket.destroy();
    await upstream.closed();
    expect(brief(await exchange(0))).toBe('POST /x~ | - | client-left');
  });

  test('is found by the name in the hello when the client asks for an address', async () => {
    const { secure, origins, minted } = await startProxy(given);
    const client = await secure('1.1.1.1:443');
    client.send(get);
    await (await origins.secure.peer(0)).gets(get.length);
    expect(minted).toEqual([read]);
  });

  test('is taken from the CONNECT when the hello has no name', async () => {
    const { secure, origins, minted } = await startProxy(given);
    const client = await secure(`${read}:443`, { servername: '', checkServerIdentity: () => undefined });
    client.send(get);
    await (await origins.secure.peer(0)).gets(get.length);
    expect(minted).toEqual([read]);
  });
});

describe('a host that is not read', () => {
  test('is joined with the client, whatever they say to each other, and nothing is told of it', async () => {
    const { tunnel, origins, exchanges, minted } = await startProxy(given);
    const client = await tunnel(`${other}:443`);
    const bytes = Buffer.concat([Buffer.from('\x16\x03\x01 GET / \0'), randomBytes(300_000)]);
    client.send(bytes);
    const upstream = await origins.other.peer(0);
    await upstream.gets(bytes.length);
    expect(upstream.received.equals(bytes)).toBe(true);
    upstream.send(bytes);
    await client.gets(bytes.length + 10);
    expect(client.received.subarray(-bytes.length).equals(bytes)).toBe(true);
    expect(exchanges).toEqual([]);
    expect(minted).toEqual([]);
  });

  test('may speak first', async () => {
    const { tunnel, origins } = await startProxy(given);
    const client = await tunnel(`${other}:443`);
    (await origins.other.peer(0)).send('220 hello');
    await client.gets('220 hello');
  });

  test('gets what came right behind the CONNECT', async () => {
    const { connect, origins } = await startProxy(given);
    const client = await connect();
    client.send(`CONNECT ${other}:443 HTTP/1.1\r\n\r\nearly`);
    await (await origins.other.peer(0)).gets('early');
  });

  test('sees a half-close as one, and a reset as one', async () => {
    const { tunnel, origins } = await startProxy(given);
    const client = await tunnel(`${other}:443`);
    client.end();
    const upstream = await origins.other.peer(0);
    expect(await upstream.closed()).toBe('end');
    upstream.send('late');
    await client.gets('late');
    const [second, secondUp] = [await tunnel(`${other}:443`), await origins.other.peer(1)];
    second.reset();
    expect(await secondUp.closed()).toBe('reset');
  });

  test('is joined when an address is asked for whose hello names nobody that is read', async () => {
    const { tunnel, refusals } = await startProxy(given, { connectTimeoutMs: 200 });
    const client = await tunnel('192.88.98.1:443');
    client.send('no TLS at all');
    await client.closed();
    expect(refusals).toEqual([]);
  });
});
